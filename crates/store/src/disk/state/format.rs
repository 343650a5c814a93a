//! Which tables the file has, and which version of them.

use redb::{Database, Error, ReadableDatabase, TableDefinition, TableError, WriteTransaction};

use super::fault::{damaged, guarded};
use crate::{Space, StoreError, StoreErrorKind};

/// The records of a space, by key.
pub(super) type Records = TableDefinition<'static, &'static [u8], &'static [u8]>;

const FORMAT: TableDefinition<&str, u64> = TableDefinition::new("format");
const VERSION: &str = "version";

/// The table of `space`.
pub(super) fn table(space: Space) -> &'static str {
    match space {
        Space::Lane => "lane",
        Space::Key => "key",
        Space::Snapshot => "snapshot",
        Space::Catalog => "catalog",
        Space::DeadLetter => "dead-letter",
        Space::History => "history",
    }
}

pub(super) fn records(space: Space) -> Records {
    TableDefinition::new(table(space))
}

/// Brings what one version holds to the next, within the transaction that says so.
pub(super) type Step = fn(&WriteTransaction) -> Result<(), Error>;

/// A version, and how to get there: the first step leads from version 1 to 2.
#[derive(Debug, Clone, Copy)]
pub(super) struct Format {
    pub(super) version: u64,
    pub(super) steps: &'static [Step],
}

/// What this program writes. A change of the tables or of what a record looks like in them is a new version, and a step.
pub(super) const CURRENT: Format = Format { version: 1, steps: &[] };

impl Format {
    /// Writes into an empty file which format it has.
    pub(super) fn stamp(self, transaction: &WriteTransaction) -> Result<(), Error> {
        transaction.open_table(FORMAT)?.insert(VERSION, self.version)?;
        for space in Space::ALL {
            transaction.open_table(records(space))?;
        }
        Ok(())
    }

    /// Makes the file one of this format. All steps are one transaction: it is of one version or of the other.
    pub(super) fn bring_up(self, database: &Database, path: &str) -> Result<(), StoreError> {
        let found = guarded(path, "reading", || version(database))?.ok_or_else(|| foreign(path))?;
        if found > self.version {
            let context = format!(
                "{path} is of version {found}, which a newer tidegate has written; this one reads up to version {}",
                self.version
            );
            return Err(StoreError::new(StoreErrorKind::Invalid, context));
        }
        let done = usize::try_from(found).ok().and_then(|found| found.checked_sub(1));
        let steps = done.and_then(|done| self.steps.get(done..)).ok_or_else(|| damaged(path))?;
        if steps.is_empty() {
            return Ok(());
        }
        guarded(path, "bringing up", || {
            let transaction = database.begin_write()?;
            for step in steps {
                step(&transaction)?;
            }
            self.stamp(&transaction)?;
            Ok(transaction.commit()?)
        })?;
        tracing::info!(path, from = found, to = self.version, "the state was brought to the present format");
        Ok(())
    }
}

/// Which version the file says it is of; none when it is a file of somebody else.
pub(super) fn version(database: &impl ReadableDatabase) -> Result<Option<u64>, Error> {
    match database.begin_read()?.open_table(FORMAT) {
        Ok(table) => Ok(table.get(VERSION)?.map(|version| version.value())),
        Err(TableError::TableDoesNotExist(_) | TableError::TableTypeMismatch { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn foreign(path: &str) -> StoreError {
    let context = format!("{path} is no state of tidegate; move it away, or name another folder");
    StoreError::new(StoreErrorKind::Invalid, context)
}

#[cfg(test)]
mod tests;
