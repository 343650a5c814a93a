use std::fs::File;
use std::io;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use memchr::memchr;
use tidegate_event::LogFlag;

use super::Now;
use super::batch::Batch;
use super::cursor::Place;
use super::identity::{HEAD, Inode, digest, head, is_nameless, read_at};
use crate::find::Found;
use crate::lines::Lines;
use crate::raw::LONGEST;

/// How much is read at once.
const CHUNK: usize = 256 * 1024;
/// How long a file must not have grown until its last line, or record of several lines, is taken to be whole.
const SETTLED: Duration = Duration::from_millis(500);

/// A file that is open, and how far it was read.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) found: Found,
    pub(super) inode: Inode,
    /// Which of two of the same order comes first.
    pub(super) born: u64,
    /// Since when its path has not led to it.
    pub(super) gone_since: Option<Duration>,
    /// When it was last seen to have changed.
    pub(super) changed_at: Duration,
    /// Since when it could not be read.
    pub(super) failed_since: Option<Duration>,
    file: File,
    head: Vec<u8>,
    digest: String,
    offset: u64,
    /// Whether the rest of a line is to be left out.
    goes_on: bool,
    /// Its size and time of change when it was looked at last.
    stamp: Option<(u64, Option<SystemTime>)>,
    /// The time of its last line that told one.
    told_at: Option<DateTime<Utc>>,
}

/// Why no more was read of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The batch is full.
    Full,
    /// All of it was.
    End,
    /// All but a last line that may yet go on.
    Pending,
}

impl Followed {
    /// Follows `file` from `offset` on.
    pub(super) fn new(found: Found, file: File, born: u64, now: Duration) -> io::Result<Self> {
        let inode = Inode::of(&file.metadata()?);
        let mut followed = Self {
            found,
            inode,
            born,
            gone_since: None,
            changed_at: now,
            failed_since: None,
            file,
            head: Vec::new(),
            digest: String::new(),
            offset: 0,
            goes_on: false,
            stamp: None,
            told_at: None,
        };
        followed.set_head(head(&followed.file)?);
        Ok(followed)
    }

    fn set_head(&mut self, head: Vec<u8>) {
        self.digest = digest(&head);
        self.head = head;
    }

    /// Goes to its end: what begins there is read, and the rest of a line that has begun is not.
    pub(super) fn skip_to_end(&mut self) -> io::Result<()> {
        let size = self.file.metadata()?.len();
        let mut last = Vec::new();
        if let Some(before) = size.checked_sub(1) {
            read_at(&self.file, before, 1, &mut last)?;
        }
        self.offset = size;
        self.goes_on = last.first().is_some_and(|byte| *byte != b'\n');
        Ok(())
    }

    /// Goes to `place`, where that is of this file.
    pub(super) fn resume(&mut self, place: &Place) -> io::Result<bool> {
        let is_there = self.found.path.to_str() == Some(&*place.path) && !place.inode.is_another(self.inode);
        let is_it = place.inode.is(self.inode) || is_there;
        if !is_it || self.head.get(..place.head).is_none_or(|head| digest(head) != place.digest) {
            return Ok(false);
        }
        let size = self.file.metadata()?.len();
        if size >= place.offset {
            (self.offset, self.goes_on) = (place.offset, place.goes_on);
        } else if place.head == HEAD {
            self.offset = size; // cut back
        }
        Ok(true)
    }

    pub(super) fn place(&self) -> Place {
        Place {
            path: self.found.path.to_string_lossy().into_owned(),
            row: self.found.row.clone(),
            order: self.found.order.clone(),
            inode: self.inode,
            head: self.head.len(),
            digest: self.digest.clone(),
            offset: self.offset,
            goes_on: self.goes_on,
        }
    }

    /// Reads from `file` instead; gives what it read from.
    #[cfg(test)]
    pub(super) fn swap(&mut self, file: File) -> File {
        std::mem::replace(&mut self.file, file)
    }

    /// Whether no name leads to it any more, as far as can be told.
    pub(super) fn is_removed(&self) -> bool {
        self.file.metadata().is_ok_and(|metadata| is_nameless(&metadata))
    }

    /// Looks whether it has grown, or become another.
    fn refresh(&mut self, now: Duration) -> io::Result<()> {
        let metadata = self.file.metadata()?;
        let stamp = (metadata.len(), metadata.modified().ok());
        if self.stamp.as_ref() == Some(&stamp) {
            return Ok(());
        }
        let head = head(&self.file)?;
        if !head.starts_with(&self.head) {
            tracing::info!(file = %self.found.path.display(), "begins anew: it was cut or written over");
            (self.offset, self.goes_on) = (0, false);
        } else if stamp.0 < self.offset {
            tracing::info!(file = %self.found.path.display(), "was cut back to what was read before");
            (self.offset, self.goes_on) = (stamp.0, false);
        }
        if head != self.head {
            self.set_head(head);
        }
        if self.stamp.is_some_and(|(size, _)| size != stamp.0) {
            self.changed_at = now;
        }
        self.stamp = Some(stamp);
        Ok(())
    }

    /// Reads on until `batch` is full or nothing is left. `is_over`: nobody writes to it any more.
    pub(super) fn read(
        &mut self,
        lines: &mut Lines,
        batch: &mut Batch,
        buffer: &mut Vec<u8>,
        now: Now,
        is_over: bool,
    ) -> io::Result<Stop> {
        self.refresh(now.since_start)?;
        let is_quiet = now.since_start.saturating_sub(self.changed_at) >= SETTLED;
        let mut most = CHUNK;
        while !batch.is_full() {
            if self.stamp.is_some_and(|(size, _)| size <= self.offset) {
                return Ok(Stop::End);
            }
            read_at(&self.file, self.offset, most, buffer)?;
            let is_end = buffer.len() < most;
            let is_line = buffer.last() == Some(&b'\n') && matches!(lines, Lines::Text(_));
            let taken = self.take(lines, batch, buffer, now.at, is_end && is_quiet && (is_over || is_line));
            self.offset += taken as u64;
            batch.bytes += taken;
            if batch.is_full() {
                break;
            }
            if is_end {
                return Ok(if taken == buffer.len() { Stop::End } else { Stop::Pending });
            }
            // A line is longer than was read.
            most = if taken == 0 { LONGEST + CHUNK } else { CHUNK };
        }
        Ok(Stop::Full)
    }

    /// Takes the records at the beginning of `buffer`; gives how many bytes they are.
    fn take(&mut self, lines: &mut Lines, batch: &mut Batch, buffer: &[u8], now: DateTime<Utc>, is_all: bool) -> usize {
        let mut taken = 0;
        let tells_time = !matches!(lines, Lines::Text(_));
        while let Some(rest) = buffer.get(taken..).filter(|rest| !rest.is_empty() && !batch.is_full()) {
            if self.goes_on {
                let end = memchr(b'\n', rest);
                self.goes_on = end.is_none();
                taken += end.map_or(rest.len(), |end| end + 1);
                continue;
            }
            let Some(piece) = lines.next(rest, is_all, self.told_at.unwrap_or(now)) else { break };
            taken += piece.bytes;
            self.goes_on = piece.goes_on;
            if let Some(record) = piece.record {
                if tells_time && !record.flags.contains(&LogFlag::Unparsed) {
                    self.told_at = Some(record.at);
                }
                batch.push(record);
            }
        }
        taken
    }
}
