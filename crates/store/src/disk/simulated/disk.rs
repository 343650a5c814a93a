//! The state of a simulated disk, and what its steps do to it.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::{self, Debug};
use std::io::{self, ErrorKind};

use tidegate_base::Random;

use super::DiskStep;

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

pub(super) struct Disk {
    pub(super) random: Random,
    pub(super) files: Vec<Contents>,
    pub(super) names: BTreeMap<String, usize>,
    pub(super) durable_names: BTreeMap<String, usize>,
    pub(super) unsynced_names: Vec<Naming>,
    /// Rises with each start, so that what is left of an earlier one reaches nothing.
    pub(super) life: u64,
    pub(super) locked: bool,
    pub(super) open: usize,
    pub(super) steps: u64,
    pub(super) power_until: u64,
    pub(super) faults: VecDeque<(DiskStep, ErrorKind)>,
    pub(super) read_only: bool,
    pub(super) capacity: u64,
}

#[derive(Debug, Default)]
pub(super) struct Contents {
    /// As it is read.
    pub(super) bytes: Vec<u8>,
    /// As it is on the disk.
    pub(super) durable: Vec<u8>,
    pub(super) unsynced: Vec<Edit>,
}

#[derive(Debug, Clone)]
pub(super) enum Edit {
    Write(usize, Vec<u8>),
    Length(usize),
}

#[derive(Debug, Clone)]
pub(super) enum Naming {
    Give(String, usize),
    Take(String),
}

impl Disk {
    pub(super) fn seeded(seed: u64) -> Self {
        Self {
            random: Random::seeded(seed),
            files: Vec::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            unsynced_names: Vec::new(),
            life: 0,
            locked: false,
            open: 0,
            steps: 0,
            power_until: u64::MAX,
            faults: VecDeque::new(),
            read_only: false,
            capacity: u64::MAX,
        }
    }

    /// Of what is not synced, some is there.
    pub(super) fn lose_power(&mut self) {
        for file in &mut self.files {
            let unsynced = std::mem::take(&mut file.unsynced);
            survive(&mut file.durable, unsynced, &mut self.random);
            file.bytes.clone_from(&file.durable);
        }
        for naming in std::mem::take(&mut self.unsynced_names) {
            if self.random.below(2) == 0 {
                apply_naming(&mut self.durable_names, naming);
            }
        }
        self.names.clone_from(&self.durable_names);
        self.start_again();
    }

    /// What was open and asked for in the life before is nobody's.
    pub(super) fn start_again(&mut self) {
        self.life += 1;
        self.locked = false;
        self.open = 0;
        self.power_until = u64::MAX;
        self.faults.clear();
    }

    /// Counts a step, and says whether it fails. `Ok(false)`: it is the one in which the power goes, and leaves what is
    /// not synced.
    pub(super) fn step(&mut self, step: DiskStep) -> io::Result<bool> {
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

    pub(super) fn fault(&mut self, step: DiskStep) -> Option<io::Error> {
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
    pub(super) fn rename(&mut self, namings: Vec<Naming>) -> io::Result<()> {
        let powered = self.step(DiskStep::Name)?;
        if let Some(error) = self.fault(DiskStep::Name) {
            return Err(error);
        }
        for naming in namings {
            self.name(naming);
        }
        if powered { Ok(()) } else { Err(without_power()) }
    }

    /// The length of `file` becomes what `edit` needs, if there is room.
    pub(super) fn edit(&mut self, file: usize, edit: Edit, step: DiskStep) -> io::Result<()> {
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

    pub(super) fn sync(&mut self, file: usize) -> io::Result<()> {
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
        for edit in unsynced {
            apply(durable, edit);
        }
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

/// Of each edit some sectors reach the disk: most often all or none of them, so that every order is seen. What is written
/// behind the end brings the length with it that the file had been given for that.
fn survive(durable: &mut Vec<u8>, unsynced: Vec<Edit>, random: &mut Random) {
    let mood = random.below(4);
    let mut given = 0;
    let write = |durable: &mut Vec<u8>, given: usize, offset: usize, bytes: &[u8]| {
        if offset + bytes.len() > durable.len() {
            durable.resize(given.max(durable.len()), 0);
        }
        apply(durable, Edit::Write(offset, bytes.to_vec()));
    };
    for edit in unsynced {
        let whole = match mood {
            0 => true,
            1 => false,
            _ => random.below(2) == 0,
        };
        match edit {
            Edit::Write(offset, bytes) if whole => write(durable, given, offset, &bytes),
            Edit::Length(length) if whole => {
                given = length;
                apply(durable, Edit::Length(length));
            }
            Edit::Length(length) => given = length,
            Edit::Write(offset, bytes) if mood == 3 => {
                let mut at = 0;
                while at < bytes.len() {
                    let end = bytes.len().min((offset + at + 1).next_multiple_of(SECTOR) - offset);
                    if random.below(2) == 0 {
                        write(durable, given, offset + at, &bytes[at..end]);
                    }
                    at = end;
                }
            }
            Edit::Write(..) => {}
        }
    }
}

fn apply_naming(names: &mut BTreeMap<String, usize>, naming: Naming) {
    match naming {
        Naming::Give(name, file) => names.insert(name, file),
        Naming::Take(name) => names.remove(&name),
    };
}

pub(super) fn without_power() -> io::Error {
    io::Error::other("the power is gone")
}

impl Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").field("names", &self.names).field("steps", &self.steps).finish_non_exhaustive()
    }
}
