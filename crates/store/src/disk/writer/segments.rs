//! Segments are begun and removed.

use std::io;

use super::Writer;
use crate::StoreError;
use crate::disk::active::Active;
use crate::disk::fault::from_io;
use crate::disk::head::{Head, UNFINISHED, name_of};
use crate::disk::options::Bound;
use crate::disk::view::Segment;
use crate::disk::{File, Files};

impl Writer {
    pub(super) fn begin_segment(&mut self, bytes: u64) -> Result<(), StoreError> {
        let (head, start) = {
            let state = self.shared.lock();
            let last = state.view.segments.back();
            // One that holds nothing but its head is replaced.
            let sequence = match last {
                None => 1,
                Some(last) if last.is_empty() => last.sequence,
                Some(last) => last.sequence + 1,
            };
            let head = Head { sequence, first: state.view.next };
            (head, head.to_bytes(state.view.marks.values())?)
        };
        let size = self.options.segment_bytes().max(start.len() as u64 + bytes);
        let file = begin(&*self.files, head, &start, size)?;
        if let Some(full) = self.active.take() {
            full.trim();
        }
        let end = start.len() as u64;
        self.active = Some(Active::new(file, self.files.path(&name_of(head.sequence)), head.sequence, end, size));
        self.shared.lock().view.begin(Segment::new(head.sequence, head.first, end, end));
        // What was released when it was the last is not any more.
        self.tidy_quietly();
        Ok(())
    }

    fn tidy_quietly(&mut self) {
        if let Err(error) = self.tidy() {
            tracing::warn!(error = &error as &dyn std::error::Error, "a released segment could not be removed");
        }
    }

    /// Removes the segments that are released or over the bound, oldest first, each durably before the next: what is
    /// left is then always without a hole.
    pub(super) fn tidy(&mut self) -> Result<(), StoreError> {
        let most_bytes = if let Bound::Drop(bytes) = self.options.bound { bytes } else { u64::MAX };
        loop {
            while let Some(sequence) = self.leftover.first() {
                let name = name_of(*sequence);
                remove(&*self.files, &name)
                    .map_err(|error| from_io(format!("removing {}", self.files.path(&name)), error))?;
                self.leftover.remove(0);
            }
            let (sequence, dropped, file) = {
                let mut state = self.shared.lock();
                let Some((oldest, dropped)) = state.view.take_oldest(most_bytes) else { return Ok(()) };
                (oldest.sequence, dropped, state.close(oldest.sequence))
            };
            drop((dropped, file));
            self.leftover.push(sequence);
        }
    }
}

fn remove(files: &dyn Files, name: &str) -> io::Result<()> {
    match files.remove(name) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    files.sync()
}

/// Makes the segment of `head` with `start` as its beginning. Its name appears once it is whole and durable.
pub(in crate::disk) fn begin(
    files: &dyn Files,
    head: Head,
    start: &[u8],
    size: u64,
) -> Result<Box<dyn File>, StoreError> {
    let name = name_of(head.sequence);
    let made = (|| {
        let file = files.open(UNFINISHED, true)?;
        file.allocate(size)?;
        file.write_at(start, 0)?;
        file.sync_data()?;
        files.rename(UNFINISHED, &name)?;
        files.sync()?;
        Ok(file)
    })();
    made.map_err(|error: io::Error| {
        // It took room on a disk that may be full.
        let _ = files.remove(UNFINISHED);
        from_io(format!("beginning {}, which takes {size} bytes at once", files.path(&name)), error)
    })
}
