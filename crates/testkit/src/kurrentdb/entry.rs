use std::fmt;

use chrono::{DateTime, Utc};
use tidegate_base::Random;

use super::{State, Version};

/// An identity as the server writes it; all zero: none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Guid([u8; 16]);

impl Guid {
    pub(super) fn new(random: &mut Random) -> Self {
        let mut bytes = random.bytes::<16>();
        // Version and variant of a random one.
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Self(bytes)
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

/// The reign of a leader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Epoch {
    pub(super) position: i64,
    pub(super) number: i32,
    pub(super) id: Guid,
}

impl Epoch {
    /// There was no leader yet.
    pub(super) const NONE: Self = Self { position: -1, number: -1, id: Guid([0; 16]) };
}

/// What a node knows of a member: an entry of its view.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) instance: Guid,
    /// When its owner last said so, by the owner's clock, or when somebody marked it dead, by theirs.
    pub(super) stamp: DateTime<Utc>,
    pub(super) state: State,
    pub(super) alive: bool,
    /// How far its log is written; -1 where that is not known.
    pub(super) writer: i64,
    pub(super) epoch: Epoch,
    pub(super) replica: bool,
    /// `None`: an address that was configured, of which nothing is known yet.
    pub(super) version: Option<Version>,
}

impl Entry {
    /// An address that was configured.
    pub(super) fn placeholder(stamp: DateTime<Utc>) -> Self {
        Self {
            instance: Guid::default(),
            stamp,
            state: State::Manager,
            alive: true,
            writer: -1,
            epoch: Epoch::NONE,
            replica: false,
            version: None,
        }
    }

    pub(super) fn is_placeholder(&self) -> bool {
        self.version.is_none()
    }

    /// Which of two entries of one member is the newer one, told by somebody else.
    pub(super) fn is_newer_than(&self, other: &Self) -> bool {
        let rank = |entry: &Self| (entry.epoch.number, entry.writer, entry.stamp);
        rank(self) > rank(other)
    }
}
