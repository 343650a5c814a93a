//! What the operating system says, as errors of the store.

use std::io::{self, ErrorKind};

use crate::{StoreError, StoreErrorKind};

pub(super) fn from_io(context: impl Into<String>, error: io::Error) -> StoreError {
    let kind = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => StoreErrorKind::Full,
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => StoreErrorKind::Denied,
        _ => StoreErrorKind::Io,
    };
    StoreError::new(kind, context).with_source(error)
}

/// What is wrong at a place of a file, as `tidegate repair` and people look for it.
pub(super) fn damaged(path: &str, offset: u64, why: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Damaged, format!("{path} at byte {offset}: {why}"))
}
