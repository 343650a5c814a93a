//! On the machine's own file system, with the threads of the log.

use std::fmt::Debug;
use std::io;
use std::sync::Arc;

use futures::executor::block_on;
use futures::future::join_all;
use tidegate_store::disk::{File, Files, SimulatedDisk};
use tidegate_store::{Append, DiskLog, DiskLogOptions, EventLog, Position, StoreError, StoreErrorKind};

use super::common::{PLENTY, events, identity, mark};

fn open(dir: &tempfile::TempDir) -> DiskLog {
    DiskLog::open(dir.path(), DiskLogOptions::new().with_segment_bytes(64 * 1024)).expect("it opens")
}

#[test]
fn what_many_append_at_once_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let log = Arc::new(open(&dir));
    let threads: Vec<_> = (0..8_u64)
        .map(|thread| {
            let log = Arc::clone(&log);
            std::thread::spawn(move || {
                let appends = (0..50).map(|append| log.append(events(100 * thread + append, 3, 200)));
                assert!(block_on(join_all(appends)).iter().all(Result::is_ok), "durable");
            })
        })
        .collect();
    let seen = block_on(read_all(&log, 1_200));
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(seen.len(), 1_200, "a reader sees all of them while they come");
    drop(log);
    let log = open(&dir);
    assert!(log.recovered().is_clean());
    assert_eq!(block_on(read_all(&log, 1_200)), seen);
}

async fn read_all(log: &DiskLog, count: usize) -> Vec<[u64; 3]> {
    let mut seen = Vec::new();
    let mut at = Position::START;
    while seen.len() < count {
        let chunk = log.read(at, 10_000).await.expect("a chunk");
        seen.extend(chunk.events.iter().map(|(_, event)| identity(event)));
        at = chunk.next;
    }
    seen
}

#[test]
fn a_second_log_in_the_folder_is_told_of_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(&dir);
    let error = DiskLog::open(dir.path(), DiskLogOptions::new()).expect_err("it is in use");
    assert_eq!(error.kind(), StoreErrorKind::InUse);
    let said = format!("the folder {} belongs to this very process: in use", dir.path().display());
    assert_eq!(error.to_string(), said);
    drop(first);
    open(&dir);
}

#[test]
fn a_folder_is_made_and_what_is_not_ours_in_it_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state").join("journal");
    drop(DiskLog::open(&path, DiskLogOptions::new()).expect("the folder is made"));
    for name in ["note.txt", "1.log", "new.tmp"] {
        std::fs::write(path.join(name), "not ours").unwrap();
    }
    let log = DiskLog::open(&path, DiskLogOptions::new()).expect("it opens");
    assert!(log.is_empty());
    block_on(log.append(events(1, 1, 1))).expect("durable");
    let mut names: Vec<_> = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["0000000001.log", "1.log", "lock", "note.txt"]);

    let error = DiskLog::open(path.join("note.txt"), DiskLogOptions::new()).expect_err("it is a file");
    assert!(error.to_string().starts_with("making the folder "), "{error}");
}

#[test]
fn a_log_whose_readers_have_all_is_small() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(&dir);
    for append in 0..50 {
        block_on(log.append(events(append, 10, 1_000).with_marks(vec![mark(append)]))).expect("durable");
    }
    assert!(log.bytes() > 500_000);
    let end = block_on(log.append(Append::new())).expect("the end");
    block_on(log.release(end)).expect("released");
    assert!(log.bytes() < 70_000, "a segment: {}", log.bytes());
    let on_disk = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len());
    assert!(on_disk.sum::<u64>() < 140_000);
}

/// A log of format 1, as it was written when that was new: programs to come read it.
#[test]
fn a_log_of_format_1_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/disk/format-1.log");
    if std::env::var_os("TIDEGATE_WRITE_GOLDEN").is_some() {
        let written = tempfile::tempdir().unwrap();
        let log = DiskLog::open(written.path(), DiskLogOptions::new().with_segment_bytes(2_048)).expect("it opens");
        block_on(log.append(golden_append())).expect("durable");
        drop(log);
        std::fs::copy(written.path().join("0000000001.log"), golden).unwrap();
    }
    std::fs::copy(golden, dir.path().join("0000000001.log")).unwrap();
    let log = DiskLog::open(dir.path(), DiskLogOptions::new()).expect("it opens");
    let chunk = block_on(log.read(Position::START, PLENTY)).expect("it is read");
    let read: Vec<_> = chunk.events.into_iter().map(|(_, event)| event).collect();
    assert_eq!(read, golden_append().events);
    assert_eq!(block_on(log.marks()).expect("marks"), golden_append().marks);
    block_on(log.append(events(2, 1, 10))).expect("and written on");
}

fn golden_append() -> Append {
    let json = include_str!("format-1.jsonl");
    let events = json.lines().map(|line| Arc::new(serde_json::from_str(line).expect("an event"))).collect();
    Append::new().with_events(events).with_marks(vec![mark(7)])
}

/// A disk whose driver has a bug.
#[derive(Debug)]
struct Panicking(SimulatedDisk);

impl Files for Panicking {
    fn list(&self) -> io::Result<Vec<String>> {
        self.0.list()
    }

    fn open(&self, _: &str, _: bool) -> io::Result<Box<dyn File>> {
        panic!("a bug")
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.0.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.remove(name)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync()
    }

    fn lock(&self) -> Result<Box<dyn Debug + Send + Sync>, StoreError> {
        Files::lock(&self.0)
    }

    fn path(&self, name: &str) -> String {
        self.0.path(name)
    }
}

#[test]
fn whoever_waits_is_told_when_the_logs_thread_has_ended() {
    let log = DiskLog::open_in(Arc::new(Panicking(SimulatedDisk::seeded(1))), DiskLogOptions::new()).expect("it opens");
    block_on(async {
        let (read, append) = futures::join!(log.read(Position::START, PLENTY), log.append(events(1, 1, 1)));
        for error in [read.expect_err("nothing comes"), append.expect_err("nothing is durable")] {
            assert_eq!(error.to_string(), "the log's own thread has ended: input or output failed");
        }
        log.append(events(1, 1, 1)).await.expect_err("and so later");
    });
}
