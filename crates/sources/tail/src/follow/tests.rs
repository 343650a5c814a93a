//! What a file system does that a test cannot make it do.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::DateTime;
use tidegate_event::{Event, Signal};

use super::*;
use crate::{StartFrom, Tail};

struct World {
    folder: tempfile::TempDir,
    follower: Follower,
    seconds: u64,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let tail = Tail::builder().with_path(folder.path()).with_from(StartFrom::Beginning).build();
        let follower = Follower::new(tail.expect("settings that fit").settings(), None);
        Self { folder, follower, seconds: 0 }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The messages of so many steps, one a second.
    fn steps(&mut self, steps: u64) -> Vec<String> {
        let mut messages = Vec::new();
        for _ in 0..steps {
            self.seconds += 1;
            let now = Now { at: DateTime::UNIX_EPOCH, since_start: Duration::from_secs(self.seconds) };
            for signal in self.follower.step(now).expect("a step").signals {
                if let Signal::Event(Event::Log(record)) = signal {
                    messages.push(record.message.clone());
                }
            }
        }
        messages
    }

    /// Lets the first file fail whenever it is read; gives what it was read from.
    fn fail(&mut self) -> fs::File {
        let path = &self.follower.files[0].found.path;
        let unreadable = OpenOptions::new().append(true).open(path).expect("a file");
        self.follower.files[0].swap(unreadable)
    }
}

fn append(path: &Path, text: &str) {
    let mut file = OpenOptions::new().append(true).create(true).open(path).expect("a file");
    file.write_all(text.as_bytes()).expect("room on the disk");
}

#[test]
fn a_file_that_cannot_be_read_is_tried_again_and_not_done_with() {
    let mut world = World::new();
    let path = world.path("log20260724.json");
    append(&path, "a\n");
    assert_eq!(world.steps(1), ["a"]);
    let readable = world.fail();
    append(&path, "b\n");
    append(&world.path("log20260725.json"), "c\n");
    assert_eq!(world.steps(200), ["c"], "the next is read meanwhile");
    assert!(world.follower.done.is_empty());
    world.follower.files[0].swap(readable);
    assert_eq!(world.steps(1), ["b"]);
    assert!(world.follower.said.is_empty(), "it would be said again");
    world.steps(100);
    assert_eq!(world.follower.done.len(), 1);
}

#[cfg(unix)]
#[test]
fn a_removed_file_that_cannot_be_read_is_kept_for_a_while() {
    for is_back in [true, false] {
        let mut world = World::new();
        let path = world.path("log20260724.json");
        append(&path, "a\n");
        assert_eq!(world.steps(1), ["a"]);
        let readable = world.fail();
        append(&path, "b\n");
        fs::remove_file(&path).expect("removed");
        assert!(world.steps(500).is_empty());
        if is_back {
            world.follower.files[0].swap(readable);
            assert_eq!(world.steps(1), ["b"]);
        } else {
            world.steps(200);
            assert!(world.follower.files.is_empty(), "its slot is free");
            assert_eq!(world.follower.remembered.len(), 1);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_file_whose_device_has_another_number_is_not_read_again() {
    let mut world = World::new();
    let path = world.path("log20260724.json");
    append(&path, "a\n");
    assert_eq!(world.steps(1), ["a"]);
    world.follower.files[0].inode.device += 1;
    append(&path, "b\n");
    assert_eq!(world.steps(100), ["b"]);
    assert_eq!(world.follower.files.len(), 1);
}
