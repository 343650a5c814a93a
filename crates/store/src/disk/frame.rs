//! A frame: the header of a record and its checked contents. `docs/log-format.md` describes the bytes.

use crc32c::{crc32c, crc32c_append};

/// The bytes of a frame's header.
pub(super) const HEADER: usize = 32;
/// Frames begin at multiples of it.
pub(super) const ALIGNMENT: usize = 8;

const MAGIC: [u8; 4] = *b"tgFr";

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Marks and events of an append, or some of them.
    Records,
    /// The marks as they stood when the segment was begun.
    Carried,
    /// Nothing that counts: something unreadable was here. Event numbers may leap over it.
    Gap,
    /// Nothing: everything before is durable, and the log was closed.
    Closed,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Records, Self::Carried, Self::Gap, Self::Closed];

    fn byte(self) -> u8 {
        match self {
            Self::Records => 1,
            Self::Carried => 2,
            Self::Gap => 3,
            Self::Closed => 4,
        }
    }
}

/// Where a frame stands. Its checksum covers that, so that a copy of a frame within a record is none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Of the segment.
    pub(super) sequence: u64,
    /// In the segment's file.
    pub(super) offset: u64,
}

/// The header of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    /// Whether an append begins with it.
    pub(super) begins: bool,
    /// Whether an append ends with it.
    pub(super) ends: bool,
    /// How many events are in it.
    pub(super) count: u16,
    /// The number of its first event, or of the next to come.
    pub(super) first: u64,
    /// How far before it the write began that it came with: what stands before that was durable by then.
    pub(super) back: u32,
    /// The length of the contents, with padding.
    pub(super) length: u32,
    /// The checksum of the contents. Of a [`Kind::Gap`] it says nothing.
    pub(super) checksum: u32,
}

impl Header {
    /// One without events, contents or an append.
    pub(super) fn bare(kind: Kind, first: u64) -> Self {
        Self { kind, begins: false, ends: false, count: 0, first, back: 0, length: 0, checksum: crc32c(&[]) }
    }

    /// What the whole frame takes.
    pub(super) fn size(&self) -> u64 {
        HEADER as u64 + u64::from(self.length)
    }

    /// The number after its last event.
    pub(super) fn after(&self) -> u64 {
        self.first + u64::from(self.count)
    }

    pub(super) fn to_bytes(self, place: Place) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..8].copy_from_slice(&self.length.to_le_bytes());
        bytes[8] = self.kind.byte();
        bytes[9] = u8::from(self.begins) | u8::from(self.ends) << 1;
        bytes[10..12].copy_from_slice(&self.count.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.back.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.first.to_le_bytes());
        bytes[24..28].copy_from_slice(&self.checksum.to_le_bytes());
        let checksum = own_checksum(&bytes[..28], place);
        bytes[28..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// The header that `bytes` begin with; `None` where that is none, or was written for another place.
    pub(super) fn from_bytes(bytes: &[u8], place: Place) -> Option<Self> {
        let bytes: &[u8; HEADER] = bytes.first_chunk()?;
        if bytes[..4] != MAGIC || u32_at(bytes, 28)? != own_checksum(&bytes[..28], place) {
            return None;
        }
        let header = Self {
            kind: Kind::ALL.into_iter().find(|kind| kind.byte() == bytes[8])?,
            begins: bytes[9] & 1 != 0,
            ends: bytes[9] & 2 != 0,
            count: u16::from_le_bytes(*bytes[10..].first_chunk()?),
            first: u64::from_le_bytes(*bytes[16..].first_chunk()?),
            back: u32_at(bytes, 12)?,
            length: u32_at(bytes, 4)?,
            checksum: u32_at(bytes, 24)?,
        };
        (u64::from(header.back) <= place.offset).then_some(header)
    }

    /// Whether `contents` are what it was written with.
    pub(super) fn fits(&self, contents: &[u8]) -> bool {
        self.kind == Kind::Gap || crc32c(contents) == self.checksum
    }
}

fn u32_at(bytes: &[u8; HEADER], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes[at..].first_chunk()?))
}

fn own_checksum(header: &[u8], place: Place) -> u32 {
    let checksum = crc32c_append(crc32c(header), &place.sequence.to_le_bytes());
    crc32c_append(checksum, &place.offset.to_le_bytes())
}

/// Whether a frame may begin with `bytes`.
pub(super) fn may_begin(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// A frame around `contents`, which stands alone.
pub(super) fn frame(header: Header, contents: &[u8], place: Place) -> Option<Vec<u8>> {
    let mut bytes = vec![0; HEADER];
    bytes.extend_from_slice(contents);
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
    let length = u32::try_from(bytes.len() - HEADER).ok()?;
    let header = Header { length, checksum: crc32c(&bytes[HEADER..]), ..header };
    bytes[..HEADER].copy_from_slice(&header.to_bytes(place));
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place { sequence: 3, offset: 4_096 };

    fn header() -> Header {
        Header { begins: true, count: 513, back: 64, ..Header::bare(Kind::Records, u64::MAX - 7) }
    }

    #[test]
    fn a_header_is_read_as_it_was_written() {
        for kind in Kind::ALL {
            for (begins, ends) in [(false, false), (true, false), (false, true), (true, true)] {
                let header = Header { kind, begins, ends, ..header() };
                assert_eq!(Header::from_bytes(&header.to_bytes(PLACE), PLACE), Some(header));
            }
        }
    }

    #[test]
    fn a_header_with_any_bit_flipped_is_none() {
        let bytes = header().to_bytes(PLACE);
        for bit in 0..HEADER * 8 {
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::from_bytes(&flipped, PLACE), None, "bit {bit}");
        }
    }

    #[test]
    fn a_header_elsewhere_is_none() {
        let bytes = header().to_bytes(PLACE);
        for place in [Place { offset: 4_104, ..PLACE }, Place { sequence: 4, ..PLACE }] {
            assert_eq!(Header::from_bytes(&bytes, place), None);
        }
        assert_eq!(Header::from_bytes(&bytes[..HEADER - 1], PLACE), None, "one that is cut off");
    }
}
