//! The head of a segment: what the file is, and where in the log it stands.

use crc32c::crc32c;

use super::batch::encode_marks;
use super::frame::{Header, Kind, Place, frame};
use crate::{Mark, StoreError, StoreErrorKind};

/// The bytes of a head. The frame of the carried marks stands behind it.
pub(super) const HEAD: usize = 64;
/// The format that this program writes, and the only one that it reads.
pub(super) const FORMAT: u32 = 1;

const MAGIC: [u8; 8] = *b"TIDELOG\n";
const SUFFIX: &str = ".log";
/// A segment that is being made. One that is found at the start was never part of the log.
pub(super) const UNFINISHED: &str = "new.tmp";

/// What a segment's head says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// Segments follow each other by one.
    pub(super) sequence: u64,
    /// The number of its first event.
    pub(super) first: u64,
}

/// The name of a segment's file.
pub(super) fn name_of(sequence: u64) -> String {
    format!("{sequence:010}{SUFFIX}")
}

/// Which segment's file has this name, if any.
pub(super) fn sequence_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(SUFFIX)?;
    let sequence = digits.parse().ok()?;
    (name_of(sequence) == name).then_some(sequence)
}

impl Head {
    /// What a new segment begins with: its head and the marks so far.
    pub(super) fn to_bytes<'a>(self, marks: impl ExactSizeIterator<Item = &'a Mark>) -> Result<Vec<u8>, StoreError> {
        let mut bytes = self.alone().to_vec();
        let mut contents = Vec::new();
        encode_marks(&mut contents, marks);
        let place = Place { sequence: self.sequence, offset: HEAD as u64 };
        let carried = frame(Header::bare(Kind::Carried, self.first), &contents, place)
            .ok_or_else(|| StoreError::new(StoreErrorKind::Invalid, "marks of more than 4 GiB"))?;
        bytes.extend_from_slice(&carried);
        Ok(bytes)
    }

    /// The head without the marks.
    pub(super) fn alone(self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&FORMAT.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.first.to_le_bytes());
        let checksum = crc32c(&bytes[..HEAD - 4]);
        bytes[HEAD - 4..].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// The head that `bytes` begin with, of the segment `sequence`. What is wrong with it is said in words.
    pub(super) fn from_bytes(bytes: &[u8], sequence: u64) -> Result<Self, BadHead> {
        let bytes: &[u8; HEAD] = bytes.first_chunk().ok_or(BadHead::Damaged)?;
        let (covered, checksum) = bytes.split_at(HEAD - 4);
        if bytes[..8] != MAGIC || checksum != crc32c(covered).to_le_bytes() {
            return Err(BadHead::Damaged);
        }
        let number = |at: usize| bytes[at..].first_chunk().copied().map(u64::from_le_bytes).ok_or(BadHead::Damaged);
        match bytes[8..].first_chunk().copied().map(u32::from_le_bytes) {
            Some(FORMAT) => {}
            Some(format) => return Err(BadHead::Format(format)),
            None => return Err(BadHead::Damaged),
        }
        let head = Self { sequence: number(16)?, first: number(24)? };
        if head.sequence == sequence { Ok(head) } else { Err(BadHead::Other(head.sequence)) }
    }
}

/// What is wrong with a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadHead {
    Damaged,
    Format(u32),
    Other(u64),
}

impl BadHead {
    pub(super) fn error(self, path: &str) -> StoreError {
        let (kind, why) = match self {
            Self::Damaged => (StoreErrorKind::Damaged, "the head of the segment cannot be read".to_owned()),
            Self::Other(found) => {
                (StoreErrorKind::Damaged, format!("it is segment {found} and has another one's name"))
            }
            Self::Format(found) => {
                let why = format!("its format is {found}, and this program reads {FORMAT}: use the one that wrote it");
                (StoreErrorKind::Invalid, why)
            }
        };
        StoreError::new(kind, format!("{path} at byte 0: {why}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ordered_and_read_back() {
        assert_eq!(name_of(7), "0000000007.log");
        for sequence in [0, 7, 9_999_999_999, u64::MAX] {
            assert_eq!(sequence_of(&name_of(sequence)), Some(sequence));
        }
        for other in ["lock", "7.log", "+000000007.log", "0000000007.log.1", UNFINISHED, ".log"] {
            assert_eq!(sequence_of(other), None, "{other}");
        }
    }

    #[test]
    fn a_head_with_any_bit_flipped_is_damaged() {
        let head = Head { sequence: 7, first: 1_000 };
        let bytes = head.alone();
        assert_eq!(Head::from_bytes(&bytes, 7), Ok(head));
        for bit in 0..HEAD * 8 {
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Head::from_bytes(&flipped, 7), Err(BadHead::Damaged), "bit {bit}");
        }
    }

    #[test]
    fn another_format_and_another_place_are_told_apart_from_damage() {
        let head = Head { sequence: 7, first: 1_000 };
        assert_eq!(Head::from_bytes(&head.alone(), 8), Err(BadHead::Other(7)));
        let mut newer = head.alone();
        newer[8] = 2;
        let checksum = crc32c(&newer[..HEAD - 4]);
        newer[HEAD - 4..].copy_from_slice(&checksum.to_le_bytes());
        let error = Head::from_bytes(&newer, 7).unwrap_err().error("journal/0000000007.log");
        assert_eq!(
            error.to_string(),
            "journal/0000000007.log at byte 0: its format is 2, and this program reads 1: use the one that wrote it: \
             invalid"
        );
    }
}
