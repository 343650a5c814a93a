//! Where signals become events, and events become durable: one task, in order.

mod ahead;
mod alarm;
mod aside;
mod book;
mod catalog;
mod housekeeping;
mod intake;
mod own_issues;
mod place;
mod start;
mod step;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::mem::Discriminant;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tidegate_base::Random;
use tidegate_detect::{Condition, Detector, Finding, Ratios};
use tidegate_event::{Cursor, EpisodeId, Event, Name, Resource};
use tidegate_sink::EventKinds;
use tidegate_source::{Intake, SourceError};
use tidegate_store::{Position, Space};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};
use tokio::task::JoinSet;

use self::ahead::Ahead;
use self::aside::Aside;
pub(crate) use self::book::Book;
use self::catalog::Catalog;
pub(crate) use self::place::Lanes;
use self::write::{Write, Writing};
use crate::driver::{Command, Driver};
use crate::lane::{Openings, later};
use crate::status::{Board, SourceStatus, Trouble};
use crate::stores::{Stores, pause};
use crate::{Health, Integration, Leftover, RouterError, RouterErrorKind, Snapshot};

/// How long after the grace period drivers may take to save and end.
const LONGEST_END: Duration = Duration::from_secs(6);

/// What reaches the core.
#[derive(Debug)]
pub(crate) enum Input {
    /// A source handed something in. `None`: an embedder did, by the handle.
    Intake { source: Option<usize>, intake: Intake, room: OwnedSemaphorePermit },
    /// A source could not be opened, or ended with an error. The answer is where to open it again.
    Down { source: usize, error: SourceError, resume: oneshot::Sender<Option<Cursor>> },
    /// A source was closed, since all that it watches is retired. The answer is where to open it again.
    Rests { source: usize, resume: oneshot::Sender<Option<Cursor>> },
    /// A source was opened.
    Up { source: usize },
    /// A source has said all it had to say.
    Ended { source: usize },
}

/// What the core knows of a source.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) name: Name,
    /// The resources that the configuration names for it.
    pub(crate) resources: Vec<Resource>,
    /// It is closed while all of them are retired.
    is_polled: bool,
    away: Option<(DateTime<Utc>, String)>,
    /// When it was last opened; none where it has failed since.
    opened_at: Option<DateTime<Utc>>,
    /// An issue tells that it is away.
    reported: bool,
    ended: bool,
    /// Whether all that it watches is retired, for its pump.
    resting: watch::Sender<bool>,
    mark: u64,
    pub(crate) cursor: Option<Cursor>,
}

impl Watched {
    pub(crate) fn new(name: Name, resources: Vec<Resource>, is_polled: bool) -> Self {
        Self {
            name,
            resources,
            is_polled,
            away: None,
            opened_at: None,
            reported: false,
            ended: false,
            resting: watch::Sender::new(false),
            mark: 0,
            cursor: None,
        }
    }
}

/// What the core knows of an integration.
struct Seat {
    integration: Integration,
    kinds: EventKinds,
    lanes: Lanes,
    commands: mpsc::UnboundedSender<Command>,
    board: Board,
    /// What was last turned into a finding: whether it is away, and in which way.
    reported: Option<(bool, Discriminant<Health>)>,
    /// Ends when the driver has.
    ended: watch::Receiver<bool>,
    /// How often in a row its driver panicked, and when it is begun anew.
    panics: u32,
    again_at: Option<DateTime<Utc>>,
}

/// The core and all that it needs.
pub(crate) struct Core {
    stores: Stores,
    random: Random,
    detectors: Vec<Box<dyn Detector>>,
    ratios: Ratios,
    book: Book,
    catalog: Catalog,
    sources: Vec<Watched>,
    seats: BTreeMap<Name, Seat>,
    /// Integrations that were removed; each is told when its state is forgotten.
    leaving: BTreeMap<Name, watch::Receiver<bool>>,
    drivers: JoinSet<()>,
    findings: Vec<Finding>,
    refused: u64,
    /// The journal up to which the saved book holds.
    book_position: Position,
    book_saved_at: Option<DateTime<Utc>>,
    /// It is being saved up to that position.
    book_saving: Option<Aside<Position>>,
    /// What it could not be saved for.
    book_trouble: Option<Trouble>,
    /// About how much of the journal the saved book lacks.
    unsaved_bytes: usize,
    released: (Position, Position),
    stopping: watch::Receiver<bool>,
    /// What was decided and is not durable yet.
    writing: Option<Writing>,
    /// What was decided since; it comes after.
    behind: Option<Write>,
    /// About how many bytes may be decided ahead of what is being written.
    reserve: usize,
    /// The journal's end, for the drivers.
    appended: watch::Sender<Position>,
    ahead: Ahead,
    stores_well_since: Option<DateTime<Utc>>,
    /// What was decided last will never be durable: the router was stopped over it.
    given_up: bool,
}

/// The store failed for so long that the router was stopped over it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GivenUp;

impl From<GivenUp> for RouterError {
    fn from(GivenUp: GivenUp) -> Self {
        let context =
            "the router was stopped while a store could not be written; what was not acknowledged is not taken";
        Self::new(RouterErrorKind::Store, context)
    }
}

impl Core {
    fn now(&self) -> DateTime<Utc> {
        self.stores.clock.now()
    }

    /// Starts an integration's driver, after the one that had its name before.
    pub(crate) fn seat(&mut self, integration: Integration, lanes: Lanes) {
        let name = integration.name().clone();
        let before = self.seats.remove(&name).map(|seat| seat.ended);
        let (commands, received) = mpsc::unbounded_channel();
        let (end, ended) = watch::channel(false);
        let board = Board::new(name.clone());
        let kinds = integration.subscription().kinds().intersection(integration.sink().profile().kinds());
        let seat = Seat {
            integration: integration.clone(),
            kinds,
            lanes,
            commands,
            board: board.clone(),
            reported: None,
            ended,
            panics: 0,
            again_at: None,
        };
        self.seats.insert(name, seat);
        let driver = Driver::new(
            self.stores.clone(),
            integration,
            lanes,
            board,
            received,
            self.appended.subscribe(),
            self.random.fork(),
        );
        let openings = self.openings(0);
        self.ahead.given = true;
        self.drivers.spawn(async move {
            if let Some(mut before) = before {
                // An error means that it is gone, which is what we wait for.
                let _ = before.wait_for(|ended| *ended).await;
            }
            driver.run(openings).await;
            end.send_replace(true);
        });
    }

    /// Tells an integration's driver to end: it begins nothing new and lets what is on its way end.
    fn leave(&self, seat: &Seat) {
        let deadline = later(self.now(), seat.integration.policy().delivery_timeout);
        // A driver that is gone needs no telling.
        let _ = seat.commands.send(Command::Leave { deadline });
    }

    /// The issues that are open now.
    fn openings(&self, salt: u64) -> Openings {
        // What the journal lacks comes by itself, after the close of an earlier episode.
        let undurable: BTreeSet<EpisodeId> = self.undurable().filter_map(|event| ahead::opened_by(event)).collect();
        let open = self.book.ledger.open().filter(|issue| !undurable.contains(&issue.episode));
        let issues = open.map(|issue| Arc::new(Event::from(issue.clone()))).collect();
        Openings { at: self.book.position, issues, salt }
    }

    /// Replaces the integration of that name, or adds one.
    pub(crate) async fn replace(&mut self, integration: Integration) -> Result<(), RouterError> {
        if self.is_ahead() {
            // It would be told as open what may never be in the journal.
            let context = format!(
                "the journal takes nothing now, so that it cannot be said where the integration `{}` begins; nothing was \
                 changed. Try again, or remove the one that is away and fills it, and add that anew",
                integration.name()
            );
            return Err(RouterError::new(RouterErrorKind::Store, context));
        }
        let context = format!("cannot save where the integration `{}` begins; nothing was changed", integration.name());
        let lanes = place::place(&self.stores, self.book.position, &integration)
            .await
            .map_err(|error| RouterError::new(RouterErrorKind::Store, context).with_source(error))?;
        if let Some(seat) = self.seats.get(integration.name()) {
            self.leave(seat);
        }
        self.seat(integration, lanes);
        Ok(())
    }

    /// Ends the integration of that name and forgets its state. Its destination keeps what it was told.
    pub(crate) fn remove(&mut self, name: &str) -> bool {
        let Some(seat) = self.seats.remove(name) else { return false };
        self.leave(&seat);
        // If an issue tells that it is away, nobody else would ever close it. The next tick does.
        let key = own_issues::integration_key(&Name::from(name));
        let cause = "The integration is not configured any more.".to_owned();
        let condition = Condition::Cleared { cause, evidence: Vec::new() };
        self.findings.push(Finding { key, condition, at: self.now() });
        let (forget, forgotten) = watch::channel(false);
        self.leaving.insert(Name::from(name), forgotten);
        let (stores, name, mut ended) = (self.stores.clone(), name.to_owned(), seat.ended);
        self.drivers.spawn(async move {
            // An error means that it is gone, which is what we wait for.
            let _ = ended.wait_for(|ended| *ended).await;
            let all = [Space::Key, Space::History, Space::DeadLetter, Space::Lane];
            let mut failures = 0;
            while let Err(error) = start::forget_integration(&stores, &name, &all).await {
                tracing::warn!(
                    integration = name,
                    error = &error as &dyn std::error::Error,
                    "cannot forget the removed integration's state; trying again"
                );
                tokio::time::sleep(pause(failures)).await;
                failures += 1;
            }
            forget.send_replace(true);
        });
        true
    }

    /// Whether an integration of that name was removed and has not ended yet.
    pub(crate) fn is_leaving(&mut self, name: &str) -> bool {
        self.leaving.retain(|_, forgotten| !*forgotten.borrow());
        self.leaving.contains_key(name)
    }

    /// Where a source is to begin.
    pub(crate) fn cursor(&self, source: usize) -> Option<Cursor> {
        self.sources.get(source).and_then(|source| source.cursor.clone())
    }

    /// Whether a source is to be closed, and when that changes.
    pub(crate) fn resting(&self, source: usize) -> watch::Receiver<bool> {
        let unknown = || watch::Sender::new(false).subscribe();
        self.sources.get(source).map_or_else(unknown, |source| source.resting.subscribe())
    }

    /// Whether there is an integration of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.seats.contains_key(name)
    }

    /// Tells an integration all open issues again, as new deliveries.
    pub(crate) fn retell(&mut self, name: &str) -> Result<(), RouterError> {
        let salt = self.random.below(u64::MAX) | 1;
        if self.is_ahead() {
            let context = "what is open now is not in the journal yet; nothing was told";
            return Err(RouterError::new(RouterErrorKind::Store, context));
        }
        let openings = self.openings(salt);
        if let Some(seat) = self.seats.get(name) {
            // A driver that is gone is begun anew, with what is open then.
            let _ = seat.commands.send(Command::Tell(openings));
        }
        Ok(())
    }

    /// Lets an integration deliver its dead letters that are asked for. Whether there is one of that name.
    pub(crate) fn redeliver(&self, name: &str) -> bool {
        let Some(seat) = self.seats.get(name) else { return false };
        // A driver that is gone is begun anew, and does it then.
        let _ = seat.commands.send(Command::Redeliver);
        true
    }

    /// Begins the driver of that name anew, so that it finds what it is asked for.
    pub(crate) fn replay(&mut self, name: &str) -> Result<(), RouterError> {
        if self.is_ahead() {
            let context = "what is open now is not in the journal yet; nothing was told";
            return Err(RouterError::new(RouterErrorKind::Store, context));
        }
        if let Some(seat) = self.seats.get(name) {
            self.leave(seat);
            self.seat(seat.integration.clone(), seat.lanes);
        }
        Ok(())
    }

    /// A driver that ended without being told to has panicked. It is begun anew where it was, with backoff, so that it
    /// holds neither its integration nor the logs up for ever. From the second time on it is away.
    fn look_after_drivers(&mut self) {
        while let Some(ended) = self.drivers.try_join_next() {
            if let Err(error) = ended.map_err(|error| error.to_string()) {
                tracing::error!(error, "a driver panicked");
            }
        }
        let (now, ahead) = (self.now(), self.is_ahead());
        let mut again = Vec::new();
        for (name, seat) in &mut self.seats {
            if seat.ended.has_changed().is_ok() || *seat.ended.borrow() {
                continue;
            }
            let at = *seat.again_at.get_or_insert_with(|| later(now, pause(seat.panics)));
            // What is open here is told to the new one only once it is in the journal.
            if at <= now && !ahead {
                again.push((name.clone(), seat.integration.clone(), seat.lanes, seat.panics + 1, seat.reported));
            }
        }
        for (name, integration, lanes, panics, reported) in again {
            tracing::error!(integration = %name, panics, "the driver of an integration panicked, and is begun anew");
            self.seat(integration, lanes);
            if let Some(seat) = self.seats.get_mut(&name) {
                (seat.panics, seat.reported) = (panics, reported);
            }
        }
    }

    /// Everything that a status page shows.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            issues: self.book.ledger.open().cloned().collect(),
            retired: self.book.ledger.retired().map(|(resource, why)| (resource.clone(), why.to_owned())).collect(),
            sources: self
                .sources
                .iter()
                .map(|source| SourceStatus {
                    name: source.name.clone(),
                    away: source.away.clone(),
                    resting: *source.resting.borrow(),
                    ended: source.ended,
                })
                .collect(),
            integrations: self.seats.values().map(|seat| seat.board.with(|report| report.status.clone())).collect(),
            store_failing: self.failing(),
            refused: self.refused,
        }
    }

    fn failing(&self) -> Option<String> {
        let now = self.now();
        let shown = |trouble: &Trouble| !trouble.is_late() || trouble.has_lasted(alarm::LASTING, now);
        self.troubles().into_iter().find(shown).map(|trouble| trouble.why)
    }

    /// Waits, unless the router is stopped in the meantime: then nobody would hear of it any more.
    async fn wait_or_stop(&mut self, wait: Duration) -> Result<(), GivenUp> {
        tokio::select! {
            biased;
            _ = self.stopping.wait_for(|stopping| *stopping) => Err(GivenUp),
            () = tokio::time::sleep(wait) => Ok(()),
        }
    }

    /// Stops the drivers: they deliver what they can within `grace`. Tells what was left.
    pub(crate) async fn stop(mut self, grace: Duration) -> Leftover {
        self.take_back_alarm();
        let journal = self.book.position;
        let bulk = tokio::time::timeout(LONGEST_END, self.stores.bulk_end()).await;
        // Where the end cannot be told, nothing counts as the last until the grace is over.
        let known = bulk.ok().and_then(Result::ok);
        let bulk = known.unwrap_or(Position::new(u64::MAX));
        let deadline = later(self.now(), grace);
        for seat in self.seats.values() {
            // A driver that is gone needs no telling.
            let _ = seat.commands.send(Command::Finish { journal, bulk, deadline });
        }
        // One that cannot even begin, or lets a delivery of before it was replaced end, is not waited for any longer.
        let all_ended = async { while self.drivers.join_next().await.is_some() {} };
        if tokio::time::timeout(grace.saturating_add(LONGEST_END), all_ended).await.is_err() {
            tracing::warn!("an integration has not ended in time and is given up; what it had to tell is told later");
            self.drivers.shutdown().await;
        }
        if tokio::time::timeout(LONGEST_END, self.save_book()).await.is_err() {
            tracing::warn!("the ledger cannot be saved in time; the next start reads more of the journal");
        }
        let left = self.seats.values().filter_map(|seat| {
            let (status, read) = seat.board.with(|report| (report.status.clone(), report.read));
            let given_up = !*seat.ended.borrow();
            let behind = (seat.lanes.issues && read.0.is_none_or(|read| read < journal))
                || (seat.lanes.batch && known.is_some_and(|end| read.1.is_none_or(|read| read < end)));
            (given_up || behind || status.issues_waiting + status.batch_waiting > 0).then_some((
                status.name,
                status.issues_waiting,
                status.batch_waiting,
            ))
        });
        Leftover { integrations: left.collect() }
    }

    /// The names that the configuration gives to resources.
    fn named_resources(&self) -> BTreeSet<Resource> {
        self.sources.iter().flat_map(|source| source.resources.iter().cloned()).collect()
    }
}
