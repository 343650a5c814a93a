//! Runs one integration's lanes: reads the logs, saves, delivers, sleeps.

mod calls;
mod retention;
mod start;
mod told;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use tidegate_base::Random;
use tidegate_event::Event;
use tidegate_sink::{Delivery, Outcome, Probe, SinkError};
use tidegate_store::{Change, Chunk, Position, Space, StoreError};
use tokio::sync::{mpsc, watch};

use self::calls::{Awaited, arrived, attempt, probe, read, sleep_for};
use self::retention::Retention;
use self::told::{note_save, tell_health};
use crate::core::Lanes;
use crate::lane::{Action, BatchLane, DeadLetter, Foretold, Gate, IssueLane, Openings, Ticket, later};
use crate::status::{Board, Dealing};
use crate::stores::Stores;
use crate::{Health, Integration};

/// About how much is read from a log at once.
const READ_BYTES: usize = 512 * 1024;

/// How long a driver that is to end tries to save after its deadline.
const SAVING: Duration = Duration::from_secs(5);

/// What the router tells a driver.
#[derive(Debug)]
pub(crate) enum Command {
    /// Tell these open issues.
    Tell(Openings),
    /// Tell what the journal does not have yet.
    Foretell(Foretold),
    /// The journal has all that was foretold, up to there.
    NothingIsAhead(Position),
    /// Deliver the dead letters that are asked for.
    Redeliver,
    /// Deliver what there is up to these ends of the logs, until `deadline` at the latest; save, and end.
    Finish { journal: Position, bulk: Position, deadline: DateTime<Utc> },
    /// Begin no delivery any more, let those on their way end, until `deadline` at the latest; save, and end.
    Leave { deadline: DateTime<Utc> },
}

/// How a driver is to end.
#[derive(Debug, Clone, Copy)]
struct Finish {
    /// The ends of the logs up to which there is to deliver.
    journal: Position,
    bulk: Position,
    deadline: DateTime<Utc>,
    /// Only what is on its way is waited for.
    leaving: bool,
}

#[derive(Debug, Clone, Copy)]
enum Lane {
    Issue,
    Batch,
}

type Settled = (Lane, Ticket, Result<Vec<Outcome>, SinkError>);
type Read = Awaited<Result<Chunk, StoreError>>;

/// One integration at work.
pub(crate) struct Driver {
    stores: Stores,
    integration: Integration,
    lanes: Lanes,
    board: Board,
    commands: mpsc::UnboundedReceiver<Command>,
    gate: Gate,
    issue: Option<IssueLane>,
    batch: Option<BatchLane>,
    deliveries: FuturesUnordered<BoxFuture<'static, Settled>>,
    saves: FuturesUnordered<BoxFuture<'static, Lane>>,
    journal_read: Read,
    bulk_read: Read,
    letters_read: Awaited<Result<Vec<DeadLetter>, StoreError>>,
    /// The sink is asked whether it would take something, since there is nothing to show that by.
    probing: Awaited<Result<Probe, SinkError>>,
    retention: Retention,
    /// The journal's end, as the last append gave it.
    appended: watch::Receiver<Position>,
    /// What came before there was a lane for it.
    foretold: Vec<Foretold>,
    complete_at: Option<Position>,
    finish: Option<Finish>,
    /// Something was delivered since the start.
    proven: bool,
    told_health: Health,
}

impl Driver {
    pub(crate) fn new(
        stores: Stores,
        integration: Integration,
        lanes: Lanes,
        board: Board,
        commands: mpsc::UnboundedReceiver<Command>,
        appended: watch::Receiver<Position>,
        random: Random,
    ) -> Self {
        let gate = Gate::new(integration.sink().profile(), integration.policy(), random);
        Self {
            stores,
            integration,
            lanes,
            board,
            commands,
            gate,
            issue: None,
            batch: None,
            deliveries: FuturesUnordered::new(),
            saves: FuturesUnordered::new(),
            journal_read: None,
            bulk_read: None,
            letters_read: None,
            probing: None,
            retention: Retention::default(),
            appended,
            foretold: Vec::new(),
            complete_at: None,
            finish: None,
            proven: false,
            told_health: Health::Working,
        }
    }

    /// Delivers until it is told to finish. `openings` are the issues that are open now.
    pub(crate) async fn run(mut self, openings: Openings) {
        if self.start(openings).await.is_break() {
            return;
        }
        loop {
            let mut wake = self.act();
            if self.hasten() {
                wake = self.act();
            }
            self.report();
            if self.is_finished() {
                return;
            }
            self.wait(wake).await;
        }
    }

    /// Does all that the lanes want done now; tells when they want more.
    fn act(&mut self) -> Option<DateTime<Utc>> {
        let now = self.stores.clock.now();
        let appended = *self.appended.borrow();
        self.issue.iter_mut().for_each(|lane| lane.appended(appended));
        let mut wake = self.finish.map(|finish| finish.wake(now));
        for lane in [Lane::Issue, Lane::Batch] {
            loop {
                let action = match (lane, &mut self.issue, &mut self.batch) {
                    (Lane::Issue, Some(issue), _) => issue.next(&mut self.gate, now),
                    (Lane::Batch, _, Some(batch)) => batch.next(&mut self.gate, now),
                    _ => Action::Idle,
                };
                match action {
                    Action::Save(mut changes) => {
                        self.retention.follow(&mut changes, now);
                        self.saves.push(self.save(lane, changes));
                    }
                    Action::Deliver(ticket, batch) => self.deliveries.push(self.deliver(lane, ticket, batch)),
                    Action::SleepUntil(at) => {
                        wake = Some(wake.map_or(at, |wake| wake.min(at)));
                        break;
                    }
                    Action::Idle => break,
                }
            }
        }
        match self.probe_at() {
            Some(at) if at <= now => {
                self.gate.probed(now);
                self.probing =
                    Some(probe(Arc::clone(self.integration.sink()), self.integration.policy().delivery_timeout));
            }
            Some(at) => wake = Some(wake.map_or(at, |wake| wake.min(at))),
            None => {}
        }
        wake
    }

    /// When to ask the sink whether it is well again: where it was not, and has nothing to deliver by which that would show.
    fn probe_at(&self) -> Option<DateTime<Utc>> {
        let free = self.finish.is_none() && self.probing.is_none() && self.is_idle();
        free.then(|| self.gate.probe_at()).flatten()
    }

    fn is_idle(&self) -> bool {
        let waiting =
            self.issue.as_ref().map_or(0, IssueLane::waiting) + self.batch.as_ref().map_or(0, BatchLane::waiting);
        waiting == 0 && !self.issue.as_ref().is_some_and(IssueLane::is_behind)
    }

    fn heard(&mut self, answer: Result<Probe, SinkError>) {
        match answer {
            Ok(probe) => self.gate.probed_well(&probe),
            Err(error) => self.gate.failed(&error, self.stores.clock.now()),
        }
    }

    async fn wait(&mut self, wake: Option<DateTime<Utc>>) {
        self.read_on();
        let sleep = wake.map(|at| (at - self.stores.clock.now()).to_std().unwrap_or_default());
        tokio::select! {
            biased;
            Some((lane, ticket, result)) = self.deliveries.next() => self.settle(lane, ticket, result),
            Some(lane) = self.saves.next() => match lane {
                Lane::Issue => self.issue.iter_mut().for_each(IssueLane::saved),
                Lane::Batch => self.batch.iter_mut().for_each(BatchLane::saved),
            },
            Some(command) = self.commands.recv() => self.obey(command),
            chunk = arrived(&mut self.journal_read) => self.offer_issues(chunk),
            chunk = arrived(&mut self.bulk_read) => self.offer_batch(chunk),
            letters = arrived(&mut self.letters_read) => self.offer_letters(letters),
            answer = arrived(&mut self.probing) => self.heard(answer),
            () = sleep_for(sleep) => {}
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Tell(openings) => self.issue.iter_mut().for_each(|lane| lane.tell(openings.clone())),
            Command::Foretell(foretold) => match &mut self.issue {
                Some(lane) => lane.foretell(foretold),
                None => self.foretold.push(foretold),
            },
            Command::NothingIsAhead(end) => {
                self.foretold.clear();
                match &mut self.issue {
                    Some(lane) => lane.nothing_is_ahead(end),
                    None => self.complete_at = Some(end),
                }
            }
            Command::Redeliver => self.letters_read = Some(self.read_letters()),
            Command::Finish { journal, bulk, deadline } => {
                self.finish = Some(Finish { journal, bulk, deadline, leaving: false });
                self.batch.iter_mut().for_each(BatchLane::flush);
            }
            Command::Leave { deadline } => {
                let (journal, bulk) = (Position::START, Position::START);
                self.finish = Some(Finish { journal, bulk, deadline, leaving: true });
                self.gate.leave();
                // It reads no further: what it would read is for the one that comes after.
                self.journal_read = None;
                self.bulk_read = None;
                self.letters_read = None;
            }
        }
    }

    /// Reads on where a lane has room. At the least one event comes, so that a window is passed by one at the most.
    fn read_on(&mut self) {
        if self.finish.is_some_and(|finish| finish.leaving) {
            return;
        }
        if let Some(lane) = self.issue.as_ref().filter(|lane| lane.room() > 0)
            && self.journal_read.is_none()
        {
            let most = lane.room().min(READ_BYTES);
            self.journal_read = Some(read(Arc::clone(&self.stores.journal), lane.position(), most));
        }
        if let Some(lane) = self.batch.as_ref().filter(|lane| lane.room() > 0)
            && self.bulk_read.is_none()
        {
            let most = lane.room().min(READ_BYTES);
            self.bulk_read = Some(read(Arc::clone(&self.stores.bulk), lane.position(), most));
        }
    }

    fn offer_issues(&mut self, chunk: Result<Chunk, StoreError>) {
        match chunk {
            Ok(chunk) => {
                self.note_read(Dealing::Journal);
                let Some(lane) = &mut self.issue else { return };
                if chunk.lost > 0 {
                    tracing::error!(integration = %self.integration.name(), lost = chunk.lost,
                        "the journal no longer holds everything that this integration has yet to read");
                }
                for (position, event) in &chunk.events {
                    lane.offer(*position, event);
                }
                lane.advance(chunk.next);
            }
            Err(error) => {
                self.note_failed_read(Dealing::Journal, &error);
                self.issue.iter_mut().for_each(IssueLane::foretell_alarm);
            }
        }
    }

    fn offer_batch(&mut self, chunk: Result<Chunk, StoreError>) {
        match chunk {
            Ok(chunk) => {
                self.note_read(Dealing::Bulk);
                let Some(lane) = &mut self.batch else { return };
                let now = self.stores.clock.now();
                for (position, event) in &chunk.events {
                    lane.offer(*position, event, now);
                }
                lane.advance(chunk.next, chunk.lost);
            }
            Err(error) => self.note_failed_read(Dealing::Bulk, &error),
        }
    }

    fn read_letters(&self) -> BoxFuture<'static, Result<Vec<DeadLetter>, StoreError>> {
        let (state, prefix) = (Arc::clone(&self.stores.state), format!("{}/", self.integration.name()));
        async move { Ok(DeadLetter::asked_for(&state.load(Space::DeadLetter, &prefix).await?)) }.boxed()
    }

    fn offer_letters(&mut self, letters: Result<Vec<DeadLetter>, StoreError>) {
        match letters {
            Ok(letters) => self.offer_again(letters),
            Err(error) => {
                tracing::warn!(integration = %self.integration.name(), error = &error as &dyn std::error::Error,
                    "cannot read the dead letters that are to be delivered again; they are after the next start");
            }
        }
    }

    /// Offers each letter to the lane that it is one of.
    fn offer_again(&mut self, letters: Vec<DeadLetter>) {
        let is_of_batch = |letter: &DeadLetter| matches!(*letter.event, Event::Log(_) | Event::Metric(_));
        let (batch, issues): (Vec<_>, Vec<_>) = letters.into_iter().partition(is_of_batch);
        let now = self.stores.clock.now();
        if let Some(lane) = &mut self.issue {
            lane.offer_again(issues);
        }
        if let Some(lane) = &mut self.batch {
            lane.offer_again(batch, now);
        }
    }

    fn note_failed_read(&self, dealing: Dealing, error: &StoreError) {
        let now = self.stores.clock.now();
        if self.board.with(|report| report.dealt(dealing, Some(error), now)) {
            tracing::warn!(integration = %self.integration.name(), error = error as &dyn std::error::Error,
                "cannot read a log; trying again until it can");
        }
    }

    fn note_read(&self, dealing: Dealing) {
        let now = self.stores.clock.now();
        if self.board.with(|report| report.dealt(dealing, None, now)) {
            tracing::warn!(integration = %self.integration.name(), "the log can be read again");
        }
    }

    fn save(&self, lane: Lane, changes: Vec<Change>) -> BoxFuture<'static, Lane> {
        let (stores, board) = (self.stores.clone(), self.board.clone());
        async move {
            let dealing = match lane {
                Lane::Issue => Dealing::SaveIssues,
                Lane::Batch => Dealing::SaveBatch,
            };
            let waiting = |since| board.with(|report| report.saving_since[lane as usize] = since);
            waiting(Some(stores.clock.now()));
            let failing = |error: Option<&StoreError>| {
                note_save(&board, dealing, error, stores.clock.now());
            };
            stores.save(&changes, failing).await;
            waiting(None);
            lane
        }
        .boxed()
    }

    fn deliver(&self, lane: Lane, ticket: Ticket, batch: Vec<Delivery>) -> BoxFuture<'static, Settled> {
        let sink = Arc::clone(self.integration.sink());
        let timeout = self.integration.policy().delivery_timeout;
        async move { (lane, ticket, attempt(&*sink, &batch, timeout).await) }.boxed()
    }

    fn settle(&mut self, lane: Lane, ticket: Ticket, result: Result<Vec<Outcome>, SinkError>) {
        let now = self.stores.clock.now();
        let count =
            |wanted: fn(&Outcome) -> bool| result.iter().flatten().filter(|outcome| wanted(outcome)).count() as u64;
        let delivered = count(|outcome| matches!(outcome, Outcome::Accepted(_)));
        let rejected = count(|outcome| matches!(outcome, Outcome::Rejected(_)));
        self.proven |= delivered + rejected > 0;
        self.board.with(|report| {
            report.status.delivered += delivered;
            report.status.rejected += rejected;
        });
        match lane {
            Lane::Issue => {
                if let Some(lane) = &mut self.issue {
                    lane.settle(ticket, result, &mut self.gate, now);
                }
            }
            Lane::Batch => {
                if let Some(lane) = &mut self.batch {
                    lane.settle(ticket, result, &mut self.gate, now);
                }
            }
        }
    }

    /// Tells the router, and once for each change also whoever reads the program's own log.
    fn report(&mut self) {
        let health = self.gate.health();
        if std::mem::discriminant(&health) != std::mem::discriminant(&self.told_health) {
            tell_health(self.integration.name(), &health);
            self.told_health = health.clone();
        }
        let (issue, batch, idle) = (self.issue.as_ref(), self.batch.as_ref(), self.is_idle());
        self.board.with(|report| {
            let status = &mut report.status;
            status.health = health;
            status.issues_waiting = issue.map_or(0, IssueLane::waiting);
            status.batch_waiting = batch.map_or(0, BatchLane::waiting);
            status.waiting_bytes =
                issue.map_or(0, IssueLane::waiting_bytes) + batch.map_or(0, BatchLane::waiting_bytes);
            status.lost = batch.map_or(0, BatchLane::lost);
            status.given_up = issue.map_or(0, IssueLane::given_up);
            report.unavailable_from = self.gate.unavailable_from();
            report.recovered = self.proven || idle;
            report.wants_openings = issue.and_then(IssueLane::wants_openings);
            report.read = (issue.map(IssueLane::position), batch.map(BatchLane::position));
            report.journal = issue.and_then(IssueLane::durable_position);
            report.bulk = batch.and_then(BatchLane::durable_position);
        });
    }

    /// Has everything saved now that nothing more is to be delivered. Whether there is anything to save.
    fn hasten(&mut self) -> bool {
        let hasten = self.finish.is_some_and(|finish| self.is_over(finish)) && !self.is_saved();
        if hasten {
            self.issue.iter_mut().for_each(IssueLane::checkpoint);
            self.batch.iter_mut().for_each(BatchLane::flush);
        }
        hasten
    }

    /// Whether it may end: nothing more is to be delivered, and what is known is saved.
    fn is_finished(&self) -> bool {
        let Some(finish) = self.finish else { return false };
        self.stores.clock.now() >= finish.given_up_at() || (self.is_over(finish) && self.is_saved())
    }

    fn is_saved(&self) -> bool {
        self.issue.as_ref().is_none_or(IssueLane::is_saved) && self.batch.as_ref().is_none_or(BatchLane::is_saved)
    }

    /// Whether everything was delivered, or the time for that is over.
    fn is_over(&self, finish: Finish) -> bool {
        let now = self.stores.clock.now();
        now >= finish.deadline || self.is_flushed(finish, now)
    }

    fn is_flushed(&self, finish: Finish, now: DateTime<Utc>) -> bool {
        let issues_told = |lane: &IssueLane| lane.position() >= finish.journal && lane.is_flushed(now);
        let batches_told = |lane: &BatchLane| lane.position() >= finish.bulk && lane.is_flushed();
        let told = self.issue.as_ref().is_none_or(issues_told) && self.batch.as_ref().is_none_or(batches_told);
        self.deliveries.is_empty() && (finish.leaving || told)
    }
}

impl Finish {
    /// A store that fails does not keep us for ever.
    fn given_up_at(self) -> DateTime<Utc> {
        later(self.deadline, SAVING)
    }

    fn wake(self, now: DateTime<Utc>) -> DateTime<Utc> {
        if now < self.deadline { self.deadline } else { self.given_up_at() }
    }
}
