//! The one who reads and writes the file.

use std::fmt;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use redb::{Database, Error, ReadableDatabase};

use super::fault::guarded;
use super::format::{records, table};
use super::home::Home;
use super::queue::{Load, Loaded, Queue, Save, Work};
use super::record::{decode, encode};
use crate::{Change, Space, StoreError};

/// A key and its value, if that is what was written.
type Stored = (Vec<u8>, Option<Bytes>);

/// Does the work of a [`DiskState::driven`](super::DiskState::driven) at its file, step by step.
pub struct StateDriver {
    queue: Arc<Queue>,
    home: Home,
    /// None after a failure: redb does nothing more with a file that has failed it.
    database: Option<Database>,
    /// Kept until everything is done.
    _lock: Box<dyn fmt::Debug + Send + Sync>,
}

impl StateDriver {
    pub(super) fn new(
        queue: Arc<Queue>,
        home: Home,
        database: Database,
        lock: Box<dyn fmt::Debug + Send + Sync>,
    ) -> Self {
        Self { queue, home, database: Some(database), _lock: lock }
    }

    /// Does one step: a load, or all saves that wait, in one transaction. Returns whether there was anything to do.
    pub fn turn(&mut self) -> bool {
        match self.queue.take() {
            None => return false,
            Some(Work::Load(Load { space, prefix, reply })) => {
                let loaded = self.at_file("reading", |database| load(database, space, &prefix));
                // Whoever asked may have gone.
                let _ = reply.send(loaded.map(|records| self.checked(space, records)));
            }
            Some(Work::Saves(saves)) => {
                let result = self.at_file("writing", |database| save(database, &saves));
                for Save { reply, .. } in saves {
                    let _ = reply.send(result.clone());
                }
            }
        }
        true
    }

    /// Does what is left, and closes the file cleanly. A driver that is dropped instead leaves what a crash leaves.
    pub fn close(mut self) {
        while self.turn() {}
        let Some(database) = self.database.take() else { return };
        if let Err(error) = guarded(&self.home.path(), "closing", || Ok(database.close()?)) {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the state could not be closed; nothing is lost by that"
            );
        }
    }

    /// Works until the queue is closed and everything is done.
    pub(super) fn run(mut self) {
        while self.turn() || self.queue.wait() {}
        self.close();
    }

    /// Does `work`, with the file opened again if it had failed.
    fn at_file<T>(&mut self, doing: &str, work: impl FnOnce(&Database) -> Result<T, Error>) -> Result<T, StoreError> {
        let database = match self.database.take() {
            Some(database) => database,
            None => self.home.open()?,
        };
        let path = self.home.path();
        match guarded(&path, doing, || work(&database)) {
            Ok(done) => {
                self.database = Some(database);
                Ok(done)
            }
            Err(error) => {
                // It must not be closed by a panic.
                let _ = guarded(&path, "closing", || {
                    drop(database);
                    Ok(())
                });
                Err(error)
            }
        }
    }

    /// A record that is damaged costs no other: its reader finds nothing that it can read.
    fn checked(&self, space: Space, stored: Vec<Stored>) -> Loaded {
        let mut records = Vec::with_capacity(stored.len());
        for (key, value) in stored {
            let (key, value) = match (String::from_utf8(key), value) {
                (Ok(key), Some(value)) => (key, value),
                (key, _) => {
                    let key = key.unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
                    tracing::error!(path = self.home.path(), ?space, key, "a record is damaged: its value is lost");
                    (key, Bytes::new())
                }
            };
            records.push((key, value));
        }
        records
    }
}

/// The records under `prefix`, where one is damaged without its value.
fn load(database: &Database, space: Space, prefix: &str) -> Result<Vec<Stored>, Error> {
    let prefix = prefix.as_bytes();
    let table_name = table(space);
    let table = database.begin_read()?.open_table(records(space))?;
    let mut found = Vec::new();
    for record in table.range::<&[u8]>((Bound::Included(prefix), Bound::Unbounded))? {
        let (key, value) = record?;
        let key = key.value();
        if !key.starts_with(prefix) {
            break;
        }
        found.push((key.to_vec(), decode(table_name, key, value.value())));
    }
    Ok(found)
}

/// Makes all changes in one transaction, which is durable when it returns.
fn save(database: &Database, saves: &[Save]) -> Result<(), Error> {
    let transaction = database.begin_write()?;
    for space in Space::ALL {
        let mut changes = changes(saves, space).peekable();
        if changes.peek().is_none() {
            continue;
        }
        let mut records = transaction.open_table(records(space))?;
        for change in changes {
            let key = change.key.as_bytes();
            match &change.value {
                Some(value) => records.insert(key, &*encode(table(space), key, value))?,
                None => records.remove(key)?,
            };
        }
    }
    Ok(transaction.commit()?)
}

fn changes(saves: &[Save], space: Space) -> impl Iterator<Item = &Change> {
    saves.iter().flat_map(|save| &save.changes).filter(move |change| change.space == space)
}

impl Drop for StateDriver {
    fn drop(&mut self) {
        if self.database.is_some() {
            self.home.trust.dead.store(true, Ordering::Release);
        }
        self.queue.end();
    }
}

impl fmt::Debug for StateDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateDriver").field("path", &self.home.path()).finish_non_exhaustive()
    }
}
