//! What redb says, as errors of the store.

use std::any::Any;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};

use redb::Error;

use crate::disk::fault::from_io;
use crate::{StoreError, StoreErrorKind};

/// What to do about a file that cannot be read.
const ADVICE: &str = "put a copy of it back, or move it away to begin without what was known";

/// Does `work` at the file `path`. What redb panics over, which it does over some sorts of damage, is an error as well.
pub(super) fn guarded<T>(path: &str, doing: &str, work: impl FnOnce() -> Result<T, Error>) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| fault(path, doing, error)),
        Err(panic) => Err(damaged(path).with_source(Panicked(words(&*panic)))),
    }
}

fn fault(path: &str, doing: &str, error: Error) -> StoreError {
    let invalid = |context| StoreError::new(StoreErrorKind::Invalid, context);
    match error {
        Error::Io(error) if matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof) => {
            damaged(path).with_source(error)
        }
        Error::Io(error) => from_io(format!("{doing} {path}"), error),
        Error::ValueTooLarge(bytes) => invalid(format!("a record of {bytes} bytes is too large for {path}")),
        Error::UpgradeRequired(version) => {
            invalid(format!("{path} is in a format of redb (version {version}) that this program does not read"))
        }
        error @ (Error::PreviousIo | Error::DatabaseClosed | Error::Backend(_) | Error::Unsupported) => {
            StoreError::new(StoreErrorKind::Io, format!("{doing} {path}")).with_source(error)
        }
        error => damaged(path).with_source(error),
    }
}

/// The file `path` is not what was written.
pub(super) fn damaged(path: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Damaged, format!("{path} cannot be read; {ADVICE}"))
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Panicked(String);

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "redb panicked".to_owned())
}
