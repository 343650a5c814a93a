mod disk;

use std::fmt::{self, Debug};
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::disk::{Contents, Disk, Edit, Naming, without_power};
use super::{File, Files};
use crate::{StoreError, StoreErrorKind};

/// One step at the files of a [`SimulatedDisk`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DiskStep {
    /// Opening or making a file.
    Open,
    /// Reading of a file.
    Read,
    /// Writing to a file.
    Write,
    /// Taking room, or changing a length.
    Length,
    /// Making a file durable.
    Sync,
    /// Giving a name, or taking one.
    Name,
    /// Making names durable.
    SyncNames,
}

/// A folder of files in memory, which loses power and fails as it is told: what was written and not synced is there
/// after a loss of power or not, each sector and each name by the seed. Clones are the same disk.
///
/// A write that fails has left some of its sectors; after a sync that failed, some of what was to be synced is on the
/// disk, the rest is still read and never will be, as on a real one.
#[derive(Debug, Clone)]
pub struct SimulatedDisk {
    disk: Arc<Mutex<Disk>>,
}

impl SimulatedDisk {
    /// An empty one. The seed decides what survives.
    pub fn seeded(seed: u64) -> Self {
        Self { disk: Arc::new(Mutex::new(Disk::seeded(seed))) }
    }

    /// How many steps there were.
    pub fn steps(&self) -> u64 {
        self.lock().steps
    }

    /// The power goes in the step after the next `steps`: that one may leave what it would have, and from then on every
    /// step fails until [`restart_after_power_loss`](Self::restart_after_power_loss).
    pub fn lose_power_after(&self, steps: u64) {
        let mut disk = self.lock();
        disk.power_until = disk.steps.saturating_add(steps);
    }

    /// Whether the power is gone.
    pub fn is_without_power(&self) -> bool {
        let disk = self.lock();
        disk.steps > disk.power_until
    }

    /// The machine starts again: of what was not synced, each sector and name is there or not. Open files and locks are
    /// nobody's any more.
    pub fn restart_after_power_loss(&self) {
        self.lock().lose_power();
    }

    /// The process starts again, as after `kill -9`: all that was written is read, synced or not.
    pub fn restart_after_kill(&self) {
        self.lock().start_again();
    }

    /// The next steps of this sort fail with an error of this sort: one for each call.
    pub fn fail_next(&self, step: DiskStep, error: ErrorKind) {
        self.lock().faults.push_back((step, error));
    }

    /// How many files may take in all: what is over it fails as a full disk does.
    pub fn set_capacity(&self, bytes: u64) {
        self.lock().capacity = bytes;
    }

    /// Whether everything but reading fails.
    pub fn set_read_only(&self, read_only: bool) {
        self.lock().read_only = read_only;
    }

    /// How many files are open.
    pub fn open_files(&self) -> usize {
        self.lock().open
    }

    /// The names of its files, in order.
    pub fn names(&self) -> Vec<String> {
        self.lock().names.keys().cloned().collect()
    }

    /// What is in a file; nothing where there is no such file.
    pub fn contents(&self, name: &str) -> Vec<u8> {
        let disk = self.lock();
        disk.names.get(name).map(|file| disk.files[*file].bytes.clone()).unwrap_or_default()
    }

    /// Flips one bit of a file, durably, as age does.
    pub fn flip(&self, name: &str, byte: usize, bit: u8) {
        let mut disk = self.lock();
        let Some(file) = disk.names.get(name).copied() else { return };
        let Contents { bytes, durable, .. } = &mut disk.files[file];
        for bytes in [bytes, durable] {
            if let Some(byte) = bytes.get_mut(byte) {
                *byte ^= 1 << (bit % 8);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files for SimulatedDisk {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut disk = self.lock();
        if !disk.step(DiskStep::Open)? {
            return Err(without_power());
        }
        Ok(disk.names.keys().cloned().collect())
    }

    fn open(&self, name: &str, create: bool) -> io::Result<Box<dyn File>> {
        let mut disk = self.lock();
        if create {
            let file = disk.files.len();
            disk.files.push(Contents::default());
            disk.rename(vec![Naming::Give(name.to_owned(), file)])?;
        } else if !disk.step(DiskStep::Open)? {
            return Err(without_power());
        }
        if let Some(error) = disk.fault(DiskStep::Open) {
            return Err(error);
        }
        let file = *disk.names.get(name).ok_or(ErrorKind::NotFound)?;
        disk.open += 1;
        Ok(Box::new(Open { disk: self.clone(), file, life: disk.life }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut disk = self.lock();
        let file = *disk.names.get(from).ok_or(ErrorKind::NotFound)?;
        disk.rename(vec![Naming::Give(to.to_owned(), file), Naming::Take(from.to_owned())])
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut disk = self.lock();
        if !disk.names.contains_key(name) {
            return Err(ErrorKind::NotFound.into());
        }
        disk.rename(vec![Naming::Take(name.to_owned())])
    }

    fn sync(&self) -> io::Result<()> {
        let mut disk = self.lock();
        let powered = disk.step(DiskStep::SyncNames)?;
        if let Some(error) = disk.fault(DiskStep::SyncNames) {
            return Err(error);
        }
        if !powered {
            return Err(without_power());
        }
        disk.unsynced_names.clear();
        disk.durable_names = disk.names.clone();
        Ok(())
    }

    fn lock(&self) -> Result<Box<dyn Debug + Send + Sync>, StoreError> {
        let mut disk = SimulatedDisk::lock(self);
        if disk.locked {
            return Err(StoreError::new(StoreErrorKind::InUse, "the simulated disk belongs to another log"));
        }
        disk.locked = true;
        Ok(Box::new(Lock { disk: self.clone(), life: disk.life }))
    }

    fn path(&self, name: &str) -> String {
        format!("simulated/{name}")
    }
}

#[derive(Debug)]
struct Lock {
    disk: SimulatedDisk,
    life: u64,
}

impl Drop for Lock {
    fn drop(&mut self) {
        let mut disk = self.disk.lock();
        if disk.life == self.life {
            disk.locked = false;
        }
    }
}

/// An open file.
struct Open {
    disk: SimulatedDisk,
    file: usize,
    life: u64,
}

impl Open {
    fn disk(&self) -> io::Result<MutexGuard<'_, Disk>> {
        let disk = self.disk.lock();
        if disk.life == self.life { Ok(disk) } else { Err(io::Error::other("opened before the start")) }
    }
}

impl Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut disk = self.disk.lock();
        if disk.life == self.life {
            disk.open -= 1;
        }
    }
}

fn at(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(io::Error::other)
}

impl File for Open {
    fn length(&self) -> io::Result<u64> {
        Ok(self.disk()?.files[self.file].bytes.len() as u64)
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut disk = self.disk()?;
        if !disk.step(DiskStep::Read)? {
            return Err(without_power());
        }
        if let Some(error) = disk.fault(DiskStep::Read) {
            return Err(error);
        }
        let bytes = disk.files[self.file].bytes.get(at(offset)?..).unwrap_or_default();
        let read = bytes.len().min(into.len());
        into[..read].copy_from_slice(&bytes[..read]);
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.disk()?.edit(self.file, Edit::Write(at(offset)?, bytes.to_vec()), DiskStep::Write)
    }

    fn allocate(&self, length: u64) -> io::Result<()> {
        let length = length.max(self.length()?);
        self.disk()?.edit(self.file, Edit::Length(at(length)?), DiskStep::Length)
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.disk()?.edit(self.file, Edit::Length(at(length)?), DiskStep::Length)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk()?.sync(self.file)
    }
}
