use super::File;
use super::fault::from_io;
use super::frame::{HEADER, Header, Kind, Place};
use crate::StoreError;

/// The segment that is written to.
#[derive(Debug)]
pub(super) struct Active {
    file: Box<dyn File>,
    path: String,
    sequence: u64,
    /// Where its durable frames end.
    end: u64,
    /// How much of the disk it has.
    size: u64,
}

impl Active {
    pub(super) fn new(file: Box<dyn File>, path: String, sequence: u64, end: u64, size: u64) -> Self {
        Self { file, path, sequence, end, size }
    }

    pub(super) fn sequence(&self) -> u64 {
        self.sequence
    }

    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// How much fits in, with the frame that closes it.
    pub(super) fn room(&self) -> u64 {
        self.size.saturating_sub(self.end + HEADER as u64)
    }

    /// Writes behind what is durable.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<(), StoreError> {
        self.file.write_at(bytes, self.end).map_err(|error| from_io(format!("writing {}", self.path), error))
    }

    /// Makes durable what was written, up to `end`.
    pub(super) fn sync_to(&mut self, end: u64) -> Result<(), StoreError> {
        self.file.sync_data().map_err(|error| from_io(format!("syncing {}", self.path), error))?;
        self.end = end;
        Ok(())
    }

    /// Ends the segment where it is durable, as far as that goes: readers pass by what may stand behind.
    pub(super) fn abandon(self) {
        let _ = self.file.set_length(self.end);
    }

    /// Gives back what it has of the disk and does not need any more.
    pub(super) fn trim(self) {
        let _ = self.file.set_length(self.end);
    }

    /// Writes that all of it is durable; the next event has the number `next`.
    pub(super) fn close(self, next: u64) -> Result<(), StoreError> {
        let place = Place { sequence: self.sequence, offset: self.end };
        self.write(&Header::bare(Kind::Closed, next).to_bytes(place))?;
        self.file.sync_data().map_err(|error| from_io(format!("syncing {}", self.path), error))
    }
}
