use std::collections::{BTreeMap, VecDeque};
use std::fmt::{self, Debug};
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tidegate_base::Random;

use super::{File, Files};
use crate::{StoreError, StoreErrorKind};

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

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

struct Disk {
    random: Random,
    files: Vec<Contents>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    unsynced_names: Vec<Naming>,
    /// Rises with each start, so that what is left of an earlier one reaches nothing.
    life: u64,
    locked: bool,
    steps: u64,
    power_until: u64,
    faults: VecDeque<(DiskStep, ErrorKind)>,
    read_only: bool,
    capacity: u64,
}

#[derive(Debug, Default)]
struct Contents {
    /// As it is read.
    bytes: Vec<u8>,
    /// As it is on the disk.
    durable: Vec<u8>,
    unsynced: Vec<Edit>,
}

#[derive(Debug, Clone)]
enum Edit {
    Write(usize, Vec<u8>),
    Length(usize),
}

#[derive(Debug, Clone)]
enum Naming {
    Give(String, usize),
    Take(String),
}

impl SimulatedDisk {
    /// An empty one. The seed decides what survives.
    pub fn seeded(seed: u64) -> Self {
        let disk = Disk {
            random: Random::seeded(seed),
            files: Vec::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            unsynced_names: Vec::new(),
            life: 0,
            locked: false,
            steps: 0,
            power_until: u64::MAX,
            faults: VecDeque::new(),
            read_only: false,
            capacity: u64::MAX,
        };
        Self { disk: Arc::new(Mutex::new(disk)) }
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
        let mut guard = self.lock();
        let disk = &mut *guard;
        for file in &mut disk.files {
            let unsynced = std::mem::take(&mut file.unsynced);
            survive(&mut file.durable, unsynced, &mut disk.random);
            file.bytes.clone_from(&file.durable);
        }
        for naming in std::mem::take(&mut disk.unsynced_names) {
            if disk.random.below(2) == 0 {
                apply_naming(&mut disk.durable_names, naming);
            }
        }
        disk.names.clone_from(&disk.durable_names);
        disk.start_again();
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

impl Disk {
    fn start_again(&mut self) {
        self.life += 1;
        self.locked = false;
        self.power_until = u64::MAX;
        self.faults.clear();
    }

    /// Counts a step, and says whether it fails. `Ok(false)`: it is the one in which the power goes, and leaves what is
    /// not synced.
    fn step(&mut self, step: DiskStep) -> io::Result<bool> {
        self.steps += 1;
        if self.steps > self.power_until.saturating_add(1) {
            return Err(without_power());
        }
        let changes = !matches!(step, DiskStep::Read | DiskStep::Open);
        if self.read_only && changes {
            return Err(ErrorKind::ReadOnlyFilesystem.into());
        }
        Ok(self.steps <= self.power_until)
    }

    fn fault(&mut self, step: DiskStep) -> Option<io::Error> {
        let index = self.faults.iter().position(|(faulty, _)| *faulty == step)?;
        self.faults.remove(index).map(|(_, kind)| kind.into())
    }

    fn used(&self) -> u64 {
        self.names.values().map(|file| self.files[*file].bytes.len() as u64).sum()
    }

    fn name(&mut self, naming: Naming) {
        apply_naming(&mut self.names, naming.clone());
        self.unsynced_names.push(naming);
    }

    /// Makes a change of names in a step that may fail.
    fn rename(&mut self, namings: Vec<Naming>) -> io::Result<()> {
        let powered = self.step(DiskStep::Name)?;
        if let Some(error) = self.fault(DiskStep::Name) {
            return Err(error);
        }
        namings.into_iter().for_each(|naming| self.name(naming));
        if powered { Ok(()) } else { Err(without_power()) }
    }

    /// The length of `file` becomes what `edit` needs, if there is room.
    fn edit(&mut self, file: usize, edit: Edit, step: DiskStep) -> io::Result<()> {
        let powered = self.step(step)?;
        let now = self.files[file].bytes.len();
        let length = match &edit {
            Edit::Write(offset, bytes) => now.max(offset + bytes.len()),
            Edit::Length(length) => *length,
        };
        let grown = length.saturating_sub(now) as u64;
        let full = grown > 0 && self.used() + grown > self.capacity;
        let error = self.fault(step).or_else(|| full.then(|| ErrorKind::StorageFull.into()));
        if let Some(error) = error {
            if let Edit::Write(offset, mut bytes) = edit {
                // Some of it arrived, as far as there is room.
                let most = if full { now.saturating_sub(offset).min(bytes.len()) } else { bytes.len() };
                bytes.truncate(usize::try_from(self.random.below(most as u64 + 1)).unwrap_or(0));
                self.files[file].apply(Edit::Write(offset, bytes));
            }
            return Err(error);
        }
        self.files[file].apply(edit);
        if powered { Ok(()) } else { Err(without_power()) }
    }

    fn sync(&mut self, file: usize) -> io::Result<()> {
        let powered = self.step(DiskStep::Sync)?;
        let failed = self.fault(DiskStep::Sync);
        if !powered {
            return Err(without_power());
        }
        let Contents { durable, unsynced, .. } = &mut self.files[file];
        let unsynced = std::mem::take(unsynced);
        if let Some(error) = failed {
            survive(durable, unsynced, &mut self.random);
            return Err(error);
        }
        unsynced.into_iter().for_each(|edit| apply(durable, edit));
        Ok(())
    }
}

impl Contents {
    fn apply(&mut self, edit: Edit) {
        apply(&mut self.bytes, edit.clone());
        self.unsynced.push(edit);
    }
}

fn apply(bytes: &mut Vec<u8>, edit: Edit) {
    match edit {
        Edit::Length(length) => bytes.resize(length, 0),
        Edit::Write(offset, written) => {
            let end = offset + written.len();
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[offset..end].copy_from_slice(&written);
        }
    }
}

/// Of each edit some sectors reach the disk: most often all or none of them, so that every order is seen.
fn survive(durable: &mut Vec<u8>, unsynced: Vec<Edit>, random: &mut Random) {
    let mood = random.below(4);
    for edit in unsynced {
        let whole = match mood {
            0 => true,
            1 => false,
            _ => random.below(2) == 0,
        };
        match edit {
            edit if whole => apply(durable, edit),
            Edit::Write(offset, bytes) if mood == 3 => {
                let mut at = 0;
                while at < bytes.len() {
                    let end = bytes.len().min((offset + at + 1).next_multiple_of(SECTOR) - offset);
                    if random.below(2) == 0 {
                        apply(durable, Edit::Write(offset + at, bytes[at..end].to_vec()));
                    }
                    at = end;
                }
            }
            _ => {}
        }
    }
}

fn apply_naming(names: &mut BTreeMap<String, usize>, naming: Naming) {
    match naming {
        Naming::Give(name, file) => names.insert(name, file),
        Naming::Take(name) => names.remove(&name),
    };
}

fn without_power() -> io::Error {
    io::Error::other("the power is gone")
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

impl Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").field("names", &self.names).field("steps", &self.steps).finish_non_exhaustive()
    }
}
