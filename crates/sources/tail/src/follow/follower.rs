use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tidegate_event::{Cursor, Signal};
use tidegate_source::SourceError;

use super::batch::Batch;
use super::cursor::{Place, Places};
use super::file::{Followed, Stop};
use crate::builder::Settings;
use crate::find::{Found, Order};
use crate::lines::Lines;

/// How many files are open, and how many that went are remembered.
pub(super) const MOST: usize = 256;
/// How long a file that another one follows must not have changed until it is done with.
const RETIRED: Duration = Duration::from_mins(1);
/// How long a file that was removed must not have changed until it is closed. One that only has another name is closed
/// after [`RETIRED`]: it may still be written to.
const CLOSED: Duration = Duration::from_secs(5);
/// How long a file that went must not have been readable until it is given up.
const LOST: Duration = Duration::from_mins(10);

/// The time of a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    /// For lines that tell no time.
    pub(crate) at: DateTime<Utc>,
    /// For all that takes a while.
    pub(crate) since_start: Duration,
}

/// All files of a tail, and how far each was read. A step blocks on the disk, and on nothing else.
#[derive(Debug)]
pub(crate) struct Follower {
    pub(super) settings: Arc<Settings>,
    pub(super) lines: Lines,
    /// The files that are open, those of a row in the order in which they are read.
    pub(super) files: Vec<Followed>,
    /// Those that are not open yet, in the same order.
    pub(super) waiting: Vec<Found>,
    /// Up to which file each row is done with.
    pub(super) done: BTreeMap<String, Order>,
    /// How far files were read that are not open.
    pub(super) remembered: Vec<Place>,
    /// What was there at any look, by row.
    pub(super) known: HashMap<String, HashSet<PathBuf>>,
    pub(super) looked_at: Option<Duration>,
    /// Whether it was ever started before: then no file is new that was there all along.
    pub(super) is_resumed: bool,
    /// What was said about paths, once each.
    pub(super) said: BTreeSet<String>,
    /// When they were forgotten for being too many.
    pub(super) forgot_at: Duration,
    pub(super) unsaid: Vec<Signal>,
    /// Why a file could not be opened since the last look, where that was for want of permission.
    pub(super) denied: Option<SourceError>,
    pub(super) born: u64,
    turn: usize,
    buffer: Vec<u8>,
}

impl Follower {
    pub(crate) fn new(settings: Arc<Settings>, cursor: Option<&Cursor>) -> Self {
        let places = cursor.and_then(Places::read);
        if let (Some(cursor), None) = (cursor, &places) {
            tracing::error!(source = %settings.name, ?cursor, "this is not the cursor of a tail; it starts as if for the first time");
        }
        let is_resumed = places.is_some();
        let (done, remembered) = places.map(|places| (places.done, places.files)).unwrap_or_default();
        Self {
            lines: settings.lines(),
            settings,
            files: Vec::new(),
            waiting: Vec::new(),
            done: done.into_iter().collect(),
            remembered,
            known: HashMap::new(),
            looked_at: None,
            is_resumed,
            said: BTreeSet::new(),
            forgot_at: Duration::ZERO,
            unsaid: Vec::new(),
            denied: None,
            born: 0,
            turn: 0,
            buffer: Vec::new(),
        }
    }

    /// What can be read now, up to a full batch.
    pub(crate) fn step(&mut self, now: Now) -> Result<Batch, SourceError> {
        let is_first = self.looked_at.is_none();
        if self.looked_at.is_none_or(|at| now.since_start.saturating_sub(at) >= self.settings.interval) {
            self.look(now.since_start)?;
        }
        let mut batch = Batch { signals: std::mem::take(&mut self.unsaid), ..Batch::default() };
        let rows = self.rows();
        for turn in 0..rows.len() {
            let row = &rows[(self.turn + turn) % rows.len()];
            self.read_row(row, &mut batch, now);
        }
        // The next batch begins with another row, so that none waits for one that is always full.
        self.turn = self.turn.wrapping_add(1);
        if self.files.is_empty()
            && let Some(denied) = self.denied.take()
        {
            return Err(denied);
        }
        batch.signals.append(&mut self.unsaid);
        // At the first start it is said where that was, so that nothing is passed over that is written before the next.
        if batch.bytes > 0 || (is_first && !self.is_resumed) {
            batch.cursor = Some(self.cursor());
            self.is_resumed = true;
        }
        Ok(batch)
    }

    fn rows(&self) -> Vec<String> {
        let open = self.files.iter().map(|file| &file.found.row);
        let all: BTreeSet<&String> = open.chain(self.waiting.iter().map(|found| &found.row)).collect();
        all.into_iter().cloned().collect()
    }

    /// Reads the files of a row, the older one to its end before the next.
    fn read_row(&mut self, row: &str, batch: &mut Batch, now: Now) {
        let mut at = self.files.partition_point(|file| *file.found.row < *row);
        while !batch.is_full() {
            let Some(file) = self.files.get(at).filter(|file| file.found.row == row) else {
                if self.open_next(row, now.since_start) {
                    // It may be older than those that are open: it is read where it stands.
                    at = self.files.partition_point(|file| *file.found.row < *row);
                    continue;
                }
                return;
            };
            let is_over = file.gone_since.is_some() || self.has_later(at);
            let Some(stop) = self.read_file(at, batch, now, is_over) else {
                // It may have more, and is tried again.
                at += usize::from(!self.give_up(at, now.since_start));
                continue;
            };
            match stop {
                Stop::Full => return,
                Stop::Pending if is_over => return,
                Stop::End if is_over && self.let_go(at, now.since_start) => {}
                Stop::End | Stop::Pending => at += 1,
            }
        }
    }

    /// Whether the row goes on with another file.
    fn has_later(&self, at: usize) -> bool {
        let Some(this) = self.files.get(at).map(|file| &file.found) else { return false };
        let is_later = |other: &Found| other.row == this.row && other.order > this.order;
        self.files.iter().any(|file| is_later(&file.found)) || self.waiting.iter().any(is_later)
    }

    /// `None` where it cannot be read.
    fn read_file(&mut self, at: usize, batch: &mut Batch, now: Now, is_over: bool) -> Option<Stop> {
        let file = self.files.get_mut(at)?;
        match file.read(&mut self.lines, batch, &mut self.buffer, now, is_over) {
            Ok(stop) => {
                if file.failed_since.take().is_some() {
                    let path = file.found.path.clone();
                    self.heard(&path);
                }
                Some(stop)
            }
            Err(error) => {
                file.failed_since.get_or_insert(now.since_start);
                let path = file.found.path.clone();
                self.say(&path, &format!("cannot be read: {error}"));
                None
            }
        }
    }

    /// Closes a file that no path leads to and that could not be read for long, as one that was removed on a server. It is
    /// remembered how far it was read.
    fn give_up(&mut self, at: usize, now: Duration) -> bool {
        let is_lost = |file: &Followed| {
            let since = file.gone_since.zip(file.failed_since).map(|(gone, failed)| gone.max(failed));
            since.is_some_and(|since| now.saturating_sub(since) >= LOST)
        };
        if !self.files.get(at).is_some_and(is_lost) {
            return false;
        }
        let file = self.files.remove(at);
        self.remember(file.place());
        true
    }

    /// Closes a file that was read to its end, where it has not changed for long enough.
    fn let_go(&mut self, at: usize, now: Duration) -> bool {
        let Some(file) = self.files.get(at) else { return false };
        let since = |then: Duration| now.saturating_sub(then);
        let is_oldest = at == 0 || self.files.get(at - 1).is_none_or(|before| before.found.row != file.found.row);
        match file.gone_since {
            Some(gone) if since(gone).min(since(file.changed_at)) >= patience(file) => {
                let file = self.files.remove(at);
                self.remember(file.place());
                true
            }
            // What is done with is told by the last of it: nothing older may be open.
            None if is_oldest && since(file.changed_at) >= RETIRED => {
                let Found { row, order, .. } = self.files.remove(at).found;
                let done = self.done.entry(row).or_default();
                *done = order.max(std::mem::take(done));
                true
            }
            _ => false,
        }
    }

    fn remember(&mut self, place: Place) {
        // A cursor may have brought more: it has those that were open, too.
        while self.remembered.len() >= MOST {
            self.remembered.remove(0);
        }
        self.remembered.push(place);
    }

    fn cursor(&self) -> Cursor {
        let done = self.done.iter().map(|(row, order)| (row.clone(), order.clone())).collect();
        let open = self.files.iter().map(Followed::place);
        Places::new(done, self.remembered.iter().cloned().chain(open).collect()).to_cursor()
    }
}

/// How long a file that went is kept open.
fn patience(file: &Followed) -> Duration {
    if file.is_removed() { CLOSED } else { RETIRED }
}
