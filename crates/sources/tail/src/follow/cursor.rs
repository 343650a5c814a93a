use serde::{Deserialize, Serialize};
use tidegate_event::Cursor;

use super::identity::Inode;
use crate::find::Order;

const VERSION: u8 = 1;

/// How far all files were read. The names are short: it is written with every batch.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Places {
    #[serde(rename = "v")]
    version: u8,
    /// Up to which file each row is done with.
    #[serde(rename = "d")]
    pub(super) done: Vec<(String, Order)>,
    #[serde(rename = "f")]
    pub(super) files: Vec<Place>,
}

/// How far a file was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Place {
    #[serde(rename = "p")]
    pub(super) path: String,
    #[serde(rename = "r")]
    pub(super) row: String,
    #[serde(rename = "n")]
    pub(super) order: Order,
    #[serde(rename = "i")]
    pub(super) inode: Inode,
    /// How many bytes `digest` is of.
    #[serde(rename = "l")]
    pub(super) head: usize,
    #[serde(rename = "h")]
    pub(super) digest: String,
    #[serde(rename = "o")]
    pub(super) offset: u64,
    /// Whether it ends within a line whose rest is left out.
    #[serde(rename = "g", default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) goes_on: bool,
}

impl Places {
    pub(super) fn new(done: Vec<(String, Order)>, files: Vec<Place>) -> Self {
        Self { version: VERSION, done, files }
    }

    pub(super) fn to_cursor(&self) -> Cursor {
        // Plain data: it cannot fail to become JSON.
        Cursor::new(serde_json::to_string(self).unwrap_or_default())
    }

    /// `None` for what is not the cursor of a tail, or of a later version.
    pub(super) fn read(cursor: &Cursor) -> Option<Self> {
        serde_json::from_str(cursor.as_str()).ok().filter(|places: &Self| places.version == VERSION)
    }
}

impl Place {
    /// Whether the file of `metadata` is the one that was read.
    pub(super) fn is(&self, metadata: &std::fs::Metadata) -> bool {
        metadata.is_file() && self.inode.is(Inode::of(metadata))
    }
}
