use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use redb::StorageBackend;

use crate::disk::File;

/// What is known of the files below, by all who use them.
#[derive(Debug, Default)]
pub(super) struct Trust {
    /// A sync has failed, or may have: what the system holds of the file in memory may be on no disk, and would never get
    /// there by another one.
    pub(super) lost: AtomicBool,
    /// Nothing more may be written, since nobody is there any more.
    pub(super) dead: AtomicBool,
}

/// One of our files, as redb wants it. Its lock is not asked for: the whole folder is locked.
#[derive(Debug)]
pub(super) struct Backend {
    file: Box<dyn File>,
    trust: Arc<Trust>,
}

impl Backend {
    pub(super) fn new(file: Box<dyn File>, trust: &Arc<Trust>) -> Self {
        Self { file, trust: Arc::clone(trust) }
    }

    fn may_write(&self) -> io::Result<()> {
        let dead = self.trust.dead.load(Ordering::Acquire);
        if dead { Err(io::Error::other("the store was given up")) } else { Ok(()) }
    }
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.file.length()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let read = self.file.read_at(out, offset)?;
        if read == out.len() { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.may_write()?;
        self.file.set_length(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.may_write()?;
        self.file.sync_data().inspect_err(|_| self.trust.lost.store(true, Ordering::Release))
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.may_write()?;
        self.file.write_at(data, offset)
    }
}

/// A damaged file, to read what can still be read. A tree that leads back into itself would be read for ever: there is a
/// bound to what is read.
#[derive(Debug)]
pub(super) struct Remains {
    file: Box<dyn File>,
    left: AtomicU64,
}

impl Remains {
    /// To be read at most `times` over.
    pub(super) fn new(file: Box<dyn File>, times: u64) -> io::Result<Self> {
        let left = AtomicU64::new(file.length()?.saturating_mul(times));
        Ok(Self { file, left })
    }
}

impl StorageBackend for Remains {
    fn len(&self) -> io::Result<u64> {
        self.file.length()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let bytes = out.len() as u64;
        let spent = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        if spent.is_err() || self.file.read_at(out, offset)? != out.len() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(())
    }

    fn set_len(&self, _: u64) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn sync_data(&self) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn write(&self, _: u64, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}
