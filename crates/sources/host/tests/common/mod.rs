//! Machines that are folders of files, and what is told of them.
#![allow(dead_code)] // each test file uses some of it

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, mpsc};

use chrono::{DateTime, TimeDelta, Utc};
use tidegate_base::Clock;
use tidegate_event::{Event, Signal};
use tidegate_source_host::{Filesystems, Host, HostBuilder, Space};

/// A machine of `tests/fixtures`.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// A copy of it, to be changed.
pub(crate) fn copy(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    copy_folder(&fixture(name), folder.path());
    folder
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a fixture") {
        let entry = entry.expect("a file");
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).expect("copied");
        }
    }
}

/// A host that sees `machine`, and disks of 1,000 blocks of 4 KiB with 400 in use and 100 kept for root.
pub(crate) fn on(machine: &Path) -> HostBuilder {
    on_with(machine, Disks::default())
}

pub(crate) fn on_with(machine: &Path, disks: Disks) -> HostBuilder {
    Host::builder()
        .with_proc_root(machine.join("proc"))
        .with_sys_root(machine.join("sys"))
        .with_clock(Stopped)
        .with_filesystems(disks)
}

/// A clock that stands still.
#[derive(Debug)]
pub(crate) struct Stopped;

impl Stopped {
    pub(crate) fn at() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
    }
}

impl Clock for Stopped {
    fn now(&self) -> DateTime<Utc> {
        Self::at()
    }
}

/// What a disk does when it is asked.
pub(crate) type Behaviour = Box<dyn Fn() -> io::Result<Space> + Send>;

/// Disks of a test, by mount point.
#[derive(Clone, Default)]
pub(crate) struct Disks {
    pub(crate) behaviours: Arc<Mutex<HashMap<PathBuf, Behaviour>>>,
    pub(crate) asked: Arc<Mutex<Vec<PathBuf>>>,
    /// Whether it is a folder is told when the sender is gone.
    pub(crate) held: Arc<Mutex<HashMap<PathBuf, mpsc::Receiver<()>>>>,
    pub(crate) links: Arc<Mutex<HashMap<PathBuf, PathBuf>>>,
}

pub(crate) const USUAL: Space = Space { block_bytes: 4096, blocks: 1_000, free: 600, available: 500 };

impl Disks {
    pub(crate) fn set(&self, point: &str, behaviour: impl Fn() -> io::Result<Space> + Send + 'static) {
        self.behaviours.lock().expect("no panic").insert(point.into(), Box::new(behaviour));
    }
}

impl Filesystems for Disks {
    fn space(&self, mount_point: &Path) -> io::Result<Space> {
        self.asked.lock().expect("no panic").push(mount_point.to_owned());
        let behaviour = self.behaviours.lock().expect("no panic").remove(mount_point);
        let Some(behaviour) = behaviour else { return Ok(USUAL) };
        // Not under the lock: it may hang.
        let answer = behaviour();
        self.behaviours.lock().expect("no panic").entry(mount_point.to_owned()).or_insert(behaviour);
        answer
    }

    /// As a container has it: `/etc` is full of single files.
    fn is_folder(&self, path: &Path) -> bool {
        let held = self.held.lock().expect("no panic").remove(path);
        if let Some(held) = held {
            let _ = held.recv();
        }
        !path.starts_with("/etc")
    }

    fn target(&self, path: &Path) -> Option<PathBuf> {
        self.links.lock().expect("no panic").get(path).cloned()
    }
}

/// What one measurement told: `name` or `name part` and the value, `part` and why.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Told {
    pub(crate) samples: BTreeMap<String, f64>,
    pub(crate) units: BTreeMap<String, String>,
    pub(crate) gaps: BTreeMap<String, String>,
}

pub(crate) fn told(signals: &[Signal]) -> Told {
    let mut told = Told::default();
    for signal in signals {
        match signal {
            Signal::Event(Event::Metric(sample)) => {
                let part = sample.resource.part.as_ref().map(|part| format!(" {part}")).unwrap_or_default();
                let name = format!("{}{part}", sample.name);
                told.units.insert(name.clone(), sample.unit.to_string());
                assert_eq!(told.samples.insert(name.clone(), sample.value()), None, "{name} is told twice");
            }
            Signal::Gap { resource, why } => {
                let part = resource.part.as_ref().expect("a gap is of a part").to_string();
                assert_eq!(told.gaps.insert(part.clone(), why.clone()), None, "{part} is told twice");
            }
            other => panic!("neither sample nor gap: {other:?}"),
        }
    }
    told
}

/// One measurement.
pub(crate) async fn measured(builder: HostBuilder) -> Told {
    told(&builder.build().expect("valid").measure().await.expect("something can be read"))
}

impl Told {
    pub(crate) fn value(&self, name: &str) -> Option<f64> {
        self.samples.get(name).copied()
    }

    /// The mount points of which there are figures.
    pub(crate) fn volumes(&self) -> Vec<&str> {
        self.samples.keys().filter_map(|name| name.strip_prefix("system.filesystem.used ")).collect()
    }

    pub(crate) fn gap(&self, part: &str) -> &str {
        self.gaps.get(part).map_or("", String::as_str)
    }
}
