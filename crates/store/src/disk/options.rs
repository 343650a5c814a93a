use crate::Position;

/// The least that a segment is made for, so that its head is not most of it.
const LEAST_SEGMENT: u64 = 2 * 1024;
/// The most: offsets in it stay far from what 32 bits hold.
const LARGEST_SEGMENT: u64 = 1 << 30;

/// What becomes of a log that reaches its bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    None,
    /// Appends fail.
    Refuse(u64),
    /// The oldest is dropped.
    Drop(u64),
}

/// How a [`DiskLog`](crate::DiskLog) is kept. The default is a journal without a bound.
#[derive(Debug, Clone)]
pub struct DiskLogOptions {
    pub(super) bound: Bound,
    segment_bytes: u64,
    pub(super) cache_bytes: usize,
    pub(super) first: Position,
}

impl DiskLogOptions {
    /// A journal without a bound: only [`release`](crate::EventLog::release) forgets.
    pub fn new() -> Self {
        Self {
            bound: Bound::None,
            segment_bytes: 16 * 1024 * 1024,
            cache_bytes: 16 * 1024 * 1024,
            first: Position::START,
        }
    }

    /// A journal of at most about `max_bytes` on disk. Only [`release`](crate::EventLog::release) forgets: what would
    /// pass the bound fails with [`StoreErrorKind::Full`](crate::StoreErrorKind::Full), so that whoever appends waits
    /// for the readers. A log whose readers have all takes any append. Since segments are released whole, the files may
    /// take one segment more.
    pub fn refusing(max_bytes: u64) -> Self {
        Self { bound: Bound::Refuse(max_bytes), ..Self::new() }
    }

    /// A bulk log of about `max_bytes` on disk. Over it the oldest segments are dropped, and readers that had not read
    /// them are told.
    pub fn bounded(max_bytes: u64) -> Self {
        Self { bound: Bound::Drop(max_bytes), ..Self::new() }
    }

    /// The size of a segment in bytes: what is taken from the disk at once, and given back at once. 16 MiB by default;
    /// at least 2 KiB, at most 1 GiB, and at most an eighth of the bound. An append that is larger than a segment gets
    /// one of its own.
    pub fn with_segment_bytes(mut self, bytes: u64) -> Self {
        self.segment_bytes = bytes;
        self
    }

    /// How many bytes of the newest events stay in memory, as
    /// [`Event::size_bytes`](tidegate_event::Event::size_bytes) counts them, so that readers near the end read nothing
    /// from the disk. 16 MiB by default.
    pub fn with_cache_bytes(mut self, bytes: usize) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// Where a log begins that is empty, [`Position::START`] by default. A log that was lost, and whose readers remember
    /// how far they had come in it, has to begin behind the farthest of them: they would skip what comes before.
    pub fn with_first(mut self, first: Position) -> Self {
        self.first = first;
        self
    }

    pub(super) fn segment_bytes(&self) -> u64 {
        let most = match self.bound {
            Bound::None => LARGEST_SEGMENT,
            Bound::Refuse(bytes) | Bound::Drop(bytes) => bytes / 8,
        };
        self.segment_bytes.min(most).clamp(LEAST_SEGMENT, LARGEST_SEGMENT)
    }
}

impl Default for DiskLogOptions {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_small_beside_the_bound() {
        assert_eq!(DiskLogOptions::new().segment_bytes(), 16 * 1024 * 1024);
        assert_eq!(DiskLogOptions::bounded(1024 * 1024).segment_bytes(), 128 * 1024);
        assert_eq!(DiskLogOptions::refusing(1024).segment_bytes(), LEAST_SEGMENT);
        assert_eq!(DiskLogOptions::new().with_segment_bytes(u64::MAX).segment_bytes(), LARGEST_SEGMENT);
    }
}
