//! The file: made, opened, and written anew.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use redb::{Builder, Database, Error, ReadTransaction, ReadableDatabase, ReadableTable};

use super::backend::{Backend, Remains, Trust};
use super::fault::{damaged, guarded};
use super::format::{Format, records, table, version};
use super::record::decode;
use crate::disk::fault::from_io;
use crate::disk::{File, Files};
use crate::{Space, StoreError, StoreErrorKind};

/// The file's name.
pub(super) const NAME: &str = "state.redb";
/// The name of one that is not finished.
const UNFINISHED: &str = "state.new";
/// How much redb may keep of the file in memory, in bytes.
const CACHE: usize = 4 * 1024 * 1024;
/// Where the file's header ends, which says where everything else is: one page of redb.
const HEAD: u64 = 4096;
/// How much is written again at once, in bytes.
const PIECE: usize = 256 * 1024;
/// Up to this size nobody minds how much of the file is free.
const SMALL: u64 = 8 * 1024 * 1024;

/// Where the file is.
#[derive(Debug)]
pub(super) struct Home {
    files: Arc<dyn Files>,
    format: Format,
    pub(super) trust: Arc<Trust>,
}

impl Home {
    pub(super) fn new(files: Arc<dyn Files>, format: Format) -> Self {
        let home = Self { files, format, trust: Arc::default() };
        // What the process before could not make durable is as little known.
        home.trust.lost.store(true, Ordering::Release);
        home
    }

    /// The file's name for people.
    pub(super) fn path(&self) -> String {
        self.files.path(NAME)
    }

    /// Opens the file; makes it where there is none.
    pub(super) fn open(&self) -> Result<Database, StoreError> {
        let path = self.path();
        // What is saved is as durable as the name of the file that it is in.
        self.files.sync().map_err(|error| from_io(format!("opening {path}"), error))?;
        let file = match self.files.open(NAME, false) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return self.write_anew(None),
            Err(error) => return Err(from_io(format!("opening {path}"), error)),
        };
        let length = file.length().map_err(|error| from_io(format!("opening {path}"), error))?;
        if length == 0 {
            // It gets its name when it is whole; redb would begin a new one in it.
            return Err(damaged(&path));
        }
        if self.trust.lost.load(Ordering::Acquire) {
            write_again(&*file, length).map_err(|error| from_io(format!("writing {path} once more"), error))?;
            self.trust.lost.store(false, Ordering::Release);
        }
        let database = match self.database(file, &path) {
            Err(error) if error.kind() == StoreErrorKind::Damaged => self.go_past_damage().ok_or(error)?,
            database => database?,
        };
        self.format.bring_up(&database, &path)?;
        self.compacted(database, length)
    }

    /// With as much room as it needs, where most of the file is free.
    fn compacted(&self, database: Database, length: u64) -> Result<Database, StoreError> {
        if length <= SMALL {
            return Ok(database);
        }
        let path = self.path();
        let used = guarded(&path, "reading", || {
            let stats = database.begin_write()?.stats()?;
            Ok(stats.allocated_pages() * stats.page_size() as u64)
        })?;
        if used > length / 4 {
            return Ok(database);
        }
        match self.all_of(&database).and_then(|all| self.write_anew(Some(all))) {
            Ok(anew) => {
                tracing::info!(path, before = length, "the state was mostly free room, and was written anew");
                Ok(anew)
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the state keeps more room than it needs");
                // A sync that failed was one of the new file, which is gone.
                self.trust.lost.store(false, Ordering::Release);
                Ok(database)
            }
        }
    }

    /// Where nothing but the values of records is damaged, the file is written anew with what is damaged as it is: each
    /// such record is told when it is loaded, and costs no other. `None` where it is not as simple as that.
    fn go_past_damage(&self) -> Option<Database> {
        let path = self.path();
        let remains = Remains::new(self.files.open(NAME, false).ok()?, 16).ok()?;
        let read = guarded(&path, "reading", || {
            // Without a cache, so that all reads are counted.
            let remains = Builder::new().set_cache_size(0).open_read_only_with_backend(remains)?;
            if version(&remains)? != Some(self.format.version) || damaged_records(&remains.begin_read()?)? == 0 {
                return Ok(None);
            }
            Ok(Some(remains.begin_read()?))
        });
        let anew = self.write_anew(Some(read.ok()??)).ok()?;
        tracing::error!(
            path,
            "the state was damaged, and was written anew; the records that it costs are told as they are read"
        );
        Some(anew)
    }

    fn all_of(&self, database: &Database) -> Result<ReadTransaction, StoreError> {
        guarded(&self.path(), "reading", || Ok(database.begin_read()?))
    }

    /// Writes a new file with all that stands in `old`, and puts it in its place once it is whole and durable.
    fn write_anew(&self, old: Option<ReadTransaction>) -> Result<Database, StoreError> {
        let path = self.files.path(UNFINISHED);
        let written = (|| {
            let file = self.files.open(UNFINISHED, true).map_err(|error| from_io(format!("making {path}"), error))?;
            let new = self.database(file, &path)?;
            guarded(&self.path(), "writing anew", || self.fill(&new, old))?;
            let placed = self.files.rename(UNFINISHED, NAME).and_then(|()| self.files.sync());
            placed.map_err(|error| from_io(format!("making {}", self.path()), error))?;
            Ok(new)
        })();
        written.inspect_err(|_| {
            // It took room on a disk that may be full.
            let _ = self.files.remove(UNFINISHED);
        })
    }

    fn fill(&self, new: &Database, old: Option<ReadTransaction>) -> Result<(), Error> {
        let transaction = new.begin_write()?;
        self.format.stamp(&transaction)?;
        if let Some(old) = old {
            for space in Space::ALL {
                let (from, mut to) = (old.open_table(records(space))?, transaction.open_table(records(space))?);
                for record in from.iter()? {
                    let (key, value) = record?;
                    to.insert(key.value(), value.value())?;
                }
            }
        }
        Ok(transaction.commit()?)
    }

    fn database(&self, file: Box<dyn File>, path: &str) -> Result<Database, StoreError> {
        guarded(path, "opening", || {
            let mut builder = Builder::new();
            // Else a damaged page would be found by a panic, or not at all.
            builder.set_cache_size(CACHE).set_check_integrity_on_open(true);
            Ok(builder.create_with_backend(Backend::new(file, &self.trust))?)
        })
    }
}

/// Has on the disk what is read of `file`, also where a sync had failed: a second one would not tell of what the first did
/// not write, and nothing may be built on that. The head comes last: until then it is the one of a state that is whole.
fn write_again(file: &dyn File, length: u64) -> io::Result<()> {
    let again = |from: u64, to: u64| {
        let mut piece = vec![0; PIECE];
        let mut at = from;
        while at < to {
            let wanted = usize::try_from(to - at).map_or(PIECE, |left| left.min(PIECE));
            let read = file.read_at(&mut piece[..wanted], at)?;
            if read == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            file.write_at(&piece[..read], at)?;
            at += read as u64;
        }
        file.sync_data()
    };
    file.set_length(length)?;
    again(HEAD.min(length), length)?;
    again(0, HEAD.min(length))
}

fn damaged_records(all: &ReadTransaction) -> Result<usize, Error> {
    let mut damaged = 0;
    for space in Space::ALL {
        for record in all.open_table(records(space))?.iter()? {
            let (key, stored) = record?;
            damaged += usize::from(decode(table(space), key.value(), stored.value()).is_none());
        }
    }
    Ok(damaged)
}
