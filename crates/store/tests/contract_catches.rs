//! A store that breaks a rule is caught, and the rule is named.

use std::panic::AssertUnwindSafe;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use futures::FutureExt;
use futures::executor::LocalPool;
use futures::task::LocalSpawnExt;
use tidegate_store::{
    Append, Change, Chunk, EventLog, Mark, MemoryLog, MemoryState, Position, Space, StateStore, StoreError, contract,
};

#[derive(Debug, Clone, Copy, PartialEq)]
enum LogFault {
    AppendsHalf,
    AppendsOneByOne,
    AppendsTwice,
    TellsNoLoss,
    TellsTooMuchLoss,
    ReleasesTooMuch,
    ReadsTooMuch,
    ReadsEmptyInsteadOfWaiting,
    RepeatsTheLast,
    ForgetsMarksOnRelease,
    LastMarkCounts,
    WaitsBehindWhatWasReleased,
}

struct FaultyLog {
    log: MemoryLog,
    fault: LogFault,
    marks: Mutex<Vec<Mark>>,
}

#[async_trait]
impl EventLog for FaultyLog {
    async fn append(&self, mut append: Append) -> Result<Position, StoreError> {
        match self.fault {
            LogFault::AppendsHalf if append.events.len() > 3 => append.events.truncate(3),
            LogFault::AppendsTwice if append.events.len() == 1 => append.events.push(append.events[0].clone()),
            LogFault::AppendsOneByOne => {
                for event in std::mem::take(&mut append.events) {
                    self.log.append(Append::new().with_events(vec![event])).await?;
                    yield_once().await;
                }
            }
            LogFault::LastMarkCounts => {
                let mut marks = self.marks.lock().expect("not poisoned");
                marks.retain(|known| append.marks.iter().all(|mark| mark.name != known.name));
                marks.append(&mut append.marks);
            }
            _ => {}
        }
        self.log.append(append).await
    }

    async fn read(&self, from: Position, max_bytes: usize) -> Result<Chunk, StoreError> {
        let max_bytes = if self.fault == LogFault::ReadsTooMuch { usize::MAX } else { max_bytes };
        let from = match self.fault {
            LogFault::RepeatsTheLast => Position::new(from.number().saturating_sub(1)),
            _ => from,
        };
        let read = self.log.read(from, max_bytes);
        let mut chunk = match self.fault {
            LogFault::ReadsEmptyInsteadOfWaiting => match read.now_or_never() {
                Some(chunk) => chunk?,
                None => Chunk { events: Vec::new(), next: from, lost: 0 },
            },
            LogFault::WaitsBehindWhatWasReleased if self.log.is_empty() => futures::future::pending().await,
            _ => read.await?,
        };
        match self.fault {
            LogFault::TellsNoLoss => chunk.lost = 0,
            LogFault::TellsTooMuchLoss => chunk.lost += 1,
            _ => {}
        }
        Ok(chunk)
    }

    async fn release(&self, before: Position) -> Result<(), StoreError> {
        let more = u64::from(self.fault == LogFault::ReleasesTooMuch);
        self.log.release(Position::new(before.number() + more)).await
    }

    async fn marks(&self) -> Result<Vec<Mark>, StoreError> {
        match self.fault {
            LogFault::LastMarkCounts => Ok(self.marks.lock().expect("not poisoned").clone()),
            LogFault::ForgetsMarksOnRelease if self.log.is_empty() => Ok(Vec::new()),
            _ => self.log.marks().await,
        }
    }
}

/// Lets others go on, and whoever waits give up.
async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum StateFault {
    OneSpaceForAll,
    MatchesAnywhere,
    Unordered,
    PutsBeforeDeletes,
    TakesLongKeys,
    TrimsKeys,
    NeverDeletes,
}

struct FaultyState {
    state: MemoryState,
    fault: StateFault,
}

#[async_trait]
impl StateStore for FaultyState {
    async fn load(&self, space: Space, prefix: &str) -> Result<Vec<(String, Bytes)>, StoreError> {
        let space = if self.fault == StateFault::OneSpaceForAll { Space::Lane } else { space };
        match self.fault {
            StateFault::MatchesAnywhere => {
                let mut all = self.state.load(space, "").await?;
                all.retain(|(key, _)| key.contains(prefix));
                Ok(all)
            }
            StateFault::Unordered => self.state.load(space, prefix).await.map(|all| all.into_iter().rev().collect()),
            _ => self.state.load(space, prefix).await,
        }
    }

    async fn save(&self, changes: &[Change]) -> Result<(), StoreError> {
        let mut changes = changes.to_vec();
        match self.fault {
            StateFault::OneSpaceForAll => changes.iter_mut().for_each(|change| change.space = Space::Lane),
            StateFault::PutsBeforeDeletes => changes.sort_by_key(|change| change.value.is_none()),
            StateFault::TakesLongKeys => changes.retain(|change| change.key.len() <= Change::LONGEST_KEY),
            StateFault::TrimsKeys => changes.iter_mut().for_each(|change| change.key = change.key.trim().to_owned()),
            StateFault::NeverDeletes => changes.retain(|change| change.value.is_some()),
            _ => {}
        }
        self.state.save(&changes).await
    }
}

/// What the check says of a store: `None` where it finds nothing wrong.
fn complaint(check: impl Future<Output = ()> + 'static) -> Option<String> {
    let mut pool = LocalPool::new();
    let checked = pool.spawner().spawn_local_with_handle(AssertUnwindSafe(check).catch_unwind()).expect("a pool");
    pool.run_until_stalled();
    match checked.now_or_never() {
        None => Some("stalled".to_owned()),
        Some(Ok(())) => None,
        Some(Err(panic)) => panic.downcast_ref::<String>().cloned(),
    }
}

#[test]
fn a_log_that_breaks_a_rule_is_caught_by_name() {
    for (fault, rule) in [
        (LogFault::AppendsHalf, "append::appends_at_once_all_arrive_each_in_its_order"),
        (LogFault::AppendsOneByOne, "append::an_append_that_is_given_up_stands_whole_or_not_at_all"),
        (LogFault::AppendsTwice, "append::an_append_that_is_given_up_stands_whole_or_not_at_all"),
        (LogFault::TellsNoLoss, "release::what_was_forgotten_is_told_as_lost"),
        (LogFault::TellsTooMuchLoss, "release::nothing_is_lost_without_a_release"),
        (LogFault::ReleasesTooMuch, "release::a_release_forgets_only_what_stands_before"),
        (LogFault::ReadsTooMuch, "read::a_chunk_passes_the_asked_bytes_by_no_event_but_its_first"),
        (LogFault::ReadsEmptyInsteadOfWaiting, "read::a_read_waits_for_an_append"),
        (LogFault::RepeatsTheLast, "read::a_read_at_next_neither_repeats_nor_omits"),
        (LogFault::ForgetsMarksOnRelease, "marks::marks_outlive_the_events_they_came_with"),
        (LogFault::LastMarkCounts, "marks::the_highest_mark_of_a_name_counts"),
        (LogFault::WaitsBehindWhatWasReleased, "stalled"),
    ] {
        let complaint = complaint(contract::check_log(move || {
            Box::new(FaultyLog { log: MemoryLog::new(), fault, marks: Mutex::default() })
        }));
        assert!(complaint.as_ref().is_some_and(|said| said.contains(rule)), "{fault:?}: {complaint:?}");
    }
}

#[test]
fn a_bounded_log_that_tells_no_loss_is_caught_by_name() {
    for (fault, rule) in [
        (LogFault::TellsNoLoss, "bounded::the_newest_events_stay_and_the_loss_is_told"),
        (LogFault::TellsTooMuchLoss, "bounded::a_reader_that_keeps_up_loses_nothing"),
    ] {
        let complaint = complaint(contract::check_bounded_log(16 * 1024, move || {
            Box::new(FaultyLog { log: MemoryLog::bounded(16 * 1024), fault, marks: Mutex::default() })
        }));
        assert!(complaint.as_ref().is_some_and(|said| said.contains(rule)), "{fault:?}: {complaint:?}");
    }
}

#[test]
fn a_state_store_that_breaks_a_rule_is_caught_by_name() {
    for (fault, rule) in [
        (StateFault::OneSpaceForAll, "state::spaces_are_separate"),
        (StateFault::MatchesAnywhere, "state::a_prefix_selects_what_starts_with_it"),
        (StateFault::Unordered, "state::records_come_by_key"),
        (StateFault::PutsBeforeDeletes, "state::of_two_changes_of_a_key_the_later_counts"),
        (StateFault::TakesLongKeys, "state::a_key_may_be_long_and_not_longer"),
        (StateFault::TrimsKeys, "state::keys_may_hold_any_character"),
        (StateFault::NeverDeletes, "state::a_deleted_record_is_gone"),
    ] {
        let complaint =
            complaint(contract::check_state(move || Box::new(FaultyState { state: MemoryState::new(), fault })));
        assert!(complaint.as_ref().is_some_and(|said| said.contains(rule)), "{fault:?}: {complaint:?}");
    }
}
