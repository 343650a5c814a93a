use std::fmt::{self, Debug};
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard};

use tidegate_base::Random;
use tidegate_store::StoreError;
use tidegate_store::disk::{DiskStep, File, Files, SimulatedDisk};
use tidegate_testkit::Crash;

use super::lies::Lie;
use crate::stores::Turbulence;

/// The folders of the journal, the bulk log and the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Journal,
    Bulk,
    State,
}

/// How a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// What was written stays.
    Kill,
    /// What was not synced may be gone, in any part.
    PowerLoss,
}

/// One machine with three folders. It counts the steps at their files, fails at some of them, and ends the process, or
/// loses its power, in one of them: that step was done or not, and none after it is. Clones are the same machine.
#[derive(Clone)]
pub(super) struct Machine {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    disks: [SimulatedDisk; 3],
    random: Random,
    lie: Option<Lie>,
    /// Rises with each process: those before it reach nothing.
    process: u64,
    is_down: bool,
    steps: u64,
    /// The step in which the process ends.
    until: Option<u64>,
    crash: Crash,
    faults: Option<Turbulence>,
    /// Nothing goes wrong for now.
    spared: bool,
}

impl Machine {
    pub(super) fn new(random: &mut Random, lie: Option<Lie>) -> Self {
        let inner = Inner {
            disks: std::array::from_fn(|_| SimulatedDisk::seeded(random.below(u64::MAX))),
            random: random.fork(),
            lie,
            process: 0,
            is_down: false,
            steps: 0,
            until: None,
            crash: Crash::never(),
            faults: None,
            spared: false,
        };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    /// Whether the process ended in one of its steps.
    pub(super) fn is_down(&self) -> bool {
        self.lock().is_down
    }

    /// How many processes there were.
    pub(super) fn processes(&self) -> u64 {
        self.lock().process
    }

    /// Ends the process before, and begins another, which may be to fall in a step of that number.
    pub(super) fn start(&self, end: End, faults: &Turbulence, fall_in: Option<u64>) {
        let mut inner = self.lock();
        for disk in &inner.disks {
            match end {
                End::Kill => disk.restart_after_kill(),
                End::PowerLoss => disk.restart_after_power_loss(),
            }
        }
        inner.is_down = false;
        inner.until = fall_in.map(|step| inner.steps + step);
        inner.process += 1;
        inner.crash = Crash::never();
        inner.faults = Some(faults.clone());
    }

    /// From now on the process ends once `crash` is tripped, which it is when the process falls.
    pub(super) fn lives(&self, crash: &Crash) {
        self.lock().crash = crash.clone();
    }

    /// Whether nothing is to go wrong from now on, whatever was planned.
    pub(super) fn spare(&self, spared: bool) {
        self.lock().spared = spared;
    }

    /// A folder, as the process sees it that runs now.
    pub(super) fn folder(&self, place: Place) -> Arc<dyn Files> {
        let inner = self.lock();
        let disk = inner.disks[place as usize].clone();
        Arc::new(Folder { at: At { machine: self.clone(), place, process: inner.process }, disk })
    }

    /// How many files are in a folder.
    pub(super) fn files(&self, place: Place) -> usize {
        self.lock().disks[place as usize].names().len()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no test panics here")
    }
}

/// What becomes of a step.
enum Fate {
    Done,
    Fails(ErrorKind),
    /// The process ends in it, after it was done or before.
    Last(bool),
    /// It is said to be done.
    Skipped,
}

/// A folder in a process.
#[derive(Clone)]
struct At {
    machine: Machine,
    place: Place,
    process: u64,
}

impl At {
    fn fate(&self, step: DiskStep) -> io::Result<Fate> {
        let mut inner = self.machine.lock();
        if inner.is_down || inner.process != self.process || inner.crash.is_tripped() {
            return Err(ended());
        }
        inner.steps += 1;
        if inner.until.is_some_and(|until| inner.steps >= until) && !inner.spared {
            inner.is_down = true;
            inner.crash.trip();
            return Ok(Fate::Last(inner.random.one_in(2)));
        }
        if inner.lie.is_some_and(|lie| lie.skips(self.place, step)) {
            return Ok(Fate::Skipped);
        }
        let struck = inner.faults.as_ref().filter(|_| !inner.spared).is_some_and(|faults| faults.strikes().is_some());
        if struck {
            let full = inner.random.one_in(2) && !matches!(step, DiskStep::Read | DiskStep::Sync);
            return Ok(Fate::Fails(if full { ErrorKind::StorageFull } else { ErrorKind::Other }));
        }
        Ok(Fate::Done)
    }

    /// Does `work`, or what else becomes of the step.
    fn step(&self, disk: &SimulatedDisk, step: DiskStep, work: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        match self.fate(step)? {
            Fate::Done => work(),
            Fate::Skipped => Ok(()),
            Fate::Fails(kind) => {
                // The disk knows what a failed step leaves.
                disk.fail_next(step, kind);
                work()
            }
            Fate::Last(done) => {
                if done {
                    let _ = work();
                }
                Err(ended())
            }
        }
    }

    /// The same for what changes nothing.
    fn look<T>(&self, step: DiskStep, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        match self.fate(step)? {
            Fate::Done | Fate::Skipped => work(),
            Fate::Fails(kind) => Err(kind.into()),
            Fate::Last(_) => Err(ended()),
        }
    }
}

fn ended() -> io::Error {
    io::Error::other("the process has ended")
}

struct Folder {
    at: At,
    disk: SimulatedDisk,
}

impl Debug for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Folder").field("place", &self.at.place).finish_non_exhaustive()
    }
}

impl Files for Folder {
    fn list(&self) -> io::Result<Vec<String>> {
        self.at.look(DiskStep::Open, || self.disk.list())
    }

    fn open(&self, name: &str, create: bool) -> io::Result<Box<dyn File>> {
        let file = if create {
            let mut made = None;
            self.at.step(&self.disk, DiskStep::Name, || {
                made = Some(self.disk.open(name, true)?);
                Ok(())
            })?;
            made.ok_or_else(ended)?
        } else {
            self.at.look(DiskStep::Open, || self.disk.open(name, false))?
        };
        Ok(Box::new(Open { at: self.at.clone(), disk: self.disk.clone(), file }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.at.step(&self.disk, DiskStep::Name, || self.disk.rename(from, to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        if !self.disk.names().iter().any(|there| there == name) {
            return Err(ErrorKind::NotFound.into());
        }
        self.at.step(&self.disk, DiskStep::Name, || self.disk.remove(name))
    }

    fn sync(&self) -> io::Result<()> {
        self.at.step(&self.disk, DiskStep::SyncNames, || self.disk.sync())
    }

    fn lock(&self) -> Result<Box<dyn Debug + Send + Sync>, StoreError> {
        Files::lock(&self.disk)
    }

    fn path(&self, name: &str) -> String {
        format!("{:?}/{name}", self.at.place)
    }
}

struct Open {
    at: At,
    disk: SimulatedDisk,
    file: Box<dyn File>,
}

impl Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.file.fmt(f)
    }
}

impl File for Open {
    fn length(&self) -> io::Result<u64> {
        self.file.length()
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        self.at.look(DiskStep::Read, || self.file.read_at(into, offset))
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.at.step(&self.disk, DiskStep::Write, || self.file.write_at(bytes, offset))
    }

    fn allocate(&self, length: u64) -> io::Result<()> {
        self.at.step(&self.disk, DiskStep::Length, || self.file.allocate(length))
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.at.step(&self.disk, DiskStep::Length, || self.file.set_length(length))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.at.step(&self.disk, DiskStep::Sync, || self.file.sync_data())
    }
}
