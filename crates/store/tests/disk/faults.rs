//! The disk is slow, full, broken or read-only, and well again.

use std::io::ErrorKind;
use std::task::{Context, Poll, Waker};

use tidegate_store::disk::{DiskStep, SimulatedDisk};
use tidegate_store::{Append, DiskLogOptions, EventLog, Position, StoreErrorKind};

use super::common::{Driven, PLENTY, events, identity, mark};

fn open(disk: &SimulatedDisk) -> Driven {
    Driven::open(disk, &DiskLogOptions::new().with_segment_bytes(8_192)).expect("it opens")
}

/// The appends whose events are there, each once.
fn appends(driven: &mut Driven) -> Vec<u64> {
    let all = driven.read_all(Position::START, PLENTY).expect("all can be read");
    assert_eq!(all.lost, 0);
    let mut appends: Vec<u64> = all.events.iter().map(|(_, event)| identity(event)[0]).collect();
    appends.dedup();
    appends
}

#[test]
fn appends_that_arrive_during_a_sync_share_the_next() {
    let disk = SimulatedDisk::seeded(1);
    let mut driven = open(&disk);
    driven.append(events(1, 1, 10)).expect("it is durable");
    let mut context = Context::from_waker(Waker::noop());
    let mut first = driven.log.append(events(2, 1, 10));
    assert!(first.as_mut().poll(&mut context).is_pending());
    assert!(driven.driver.turn(), "it is written");
    let mut others: Vec<_> = (3..=20).map(|append| driven.log.append(events(append, 2, 10))).collect();
    assert!(others.iter_mut().all(|other| other.as_mut().poll(&mut context).is_pending()));
    assert!(first.as_mut().poll(&mut context).is_pending(), "what is written is not durable yet");

    let before = disk.steps();
    assert!(driven.driver.turn(), "it is synced");
    assert!(matches!(first.as_mut().poll(&mut context), Poll::Ready(Ok(_))));
    assert!(others.iter_mut().all(|other| other.as_mut().poll(&mut context).is_pending()));
    assert!(driven.driver.turn() && driven.driver.turn(), "the others are written and synced");
    assert!(others.iter_mut().all(|other| matches!(other.as_mut().poll(&mut context), Poll::Ready(Ok(_)))));
    assert_eq!(disk.steps() - before, 3, "a sync, a write and a sync");
    drop((first, others));
    assert_eq!(appends(&mut driven), (1..=20).collect::<Vec<_>>());
}

#[test]
fn nobody_reads_what_is_not_durable() {
    let disk = SimulatedDisk::seeded(2);
    let mut driven = open(&disk);
    let mut context = Context::from_waker(Waker::noop());
    let mut append = driven.log.append(events(1, 1, 10).with_marks(vec![mark(1)]));
    assert!(append.as_mut().poll(&mut context).is_pending());
    let mut read = driven.log.read(Position::START, PLENTY);
    for _ in 0..2 {
        assert!(read.as_mut().poll(&mut context).is_pending());
        assert_eq!(driven.log.len(), 0);
        assert!(driven.driver.turn());
    }
    assert!(read.as_mut().poll(&mut context).is_ready());
}

/// What a failed sync leaves in memory is not on the disk, and is read all the same.
#[test]
fn a_failed_sync_ends_the_segment_and_the_next_append_begins_another() {
    for seed in 0..50 {
        let disk = SimulatedDisk::seeded(seed);
        let mut driven = open(&disk);
        driven.append(events(1, 2, 100)).expect("it is durable");
        disk.fail_next(DiskStep::Sync, ErrorKind::Other);
        let error = driven.append(events(2, 2, 100)).expect_err("it is not durable");
        assert_eq!(error.to_string(), "syncing simulated/0000000001.log: input or output failed");
        assert_eq!(appends(&mut driven), [1], "what is not acknowledged is not read");
        driven.append(events(3, 2, 100)).expect("the disk is well");
        assert_eq!(disk.names(), ["0000000001.log", "0000000002.log"]);
        assert_eq!(appends(&mut driven), [1, 3]);
        drop(driven);
        disk.restart_after_power_loss();
        assert_eq!(appends(&mut open(&disk)), [1, 3]);
    }
}

#[test]
fn a_segment_that_holds_nothing_is_replaced() {
    let disk = SimulatedDisk::seeded(3);
    let mut driven = open(&disk);
    driven.append(events(1, 1, 100)).expect("it is durable");
    for append in 2..10 {
        for step in [DiskStep::Sync, DiskStep::SyncNames, DiskStep::Name, DiskStep::Write, DiskStep::Length] {
            disk.fail_next(step, ErrorKind::Other);
            // A name is changed and a length taken only where a segment begins.
            let _ = driven.append(events(append, 1, 100));
            let _ = driven.append(events(append, 1, 100));
        }
    }
    disk.restart_after_kill();
    assert!(open(&disk).append(events(10, 1, 100)).is_ok());
    assert!(disk.names().len() < 40, "{:?}", disk.names());
}

#[test]
fn a_full_disk_is_told_and_the_log_goes_on_when_there_is_room() {
    let disk = SimulatedDisk::seeded(4);
    let mut driven = open(&disk);
    disk.set_capacity(20_000);
    let mut done = Vec::new();
    let error = loop {
        let append = done.len() as u64 + 1;
        match driven.append(events(append, 3, 500)) {
            Ok(_) => done.push(append),
            Err(error) => break error,
        }
    };
    assert!(done.len() >= 6, "two segments fit: {done:?}");
    assert_eq!(error.to_string(), "beginning simulated/0000000003.log, which takes 8192 bytes at once: full");
    for append in 100..110 {
        let error = driven.append(events(append, 1, 100)).expect_err("it is still full");
        assert_eq!(error.kind(), StoreErrorKind::Full);
    }
    assert_eq!(appends(&mut driven), done);
    assert!(!disk.names().contains(&"new.tmp".to_owned()), "nothing unfinished takes room");

    let end = driven.end();
    driven.release(end).expect("what is read is given back");
    driven.append(events(50, 1, 100)).expect("there is room");
    disk.restart_after_power_loss();
    let mut driven = open(&disk);
    assert!(driven.log.recovered().is_clean());
    let all = driven.read_all(Position::START, PLENTY).expect("all can be read");
    assert_eq!(all.events.last().map(|(_, event)| identity(event)), Some([50, 0, 1]));
}

#[test]
fn a_write_that_fails_half_way_leaves_no_trace() {
    for seed in 0..50 {
        let disk = SimulatedDisk::seeded(seed);
        let mut driven = open(&disk);
        driven.append(events(1, 1, 100)).expect("it is durable");
        disk.fail_next(DiskStep::Write, ErrorKind::StorageFull);
        let error = driven.append(events(2, 3, 1_000)).expect_err("it is not written");
        assert_eq!(error.to_string(), "writing simulated/0000000001.log: full");
        driven.append(events(3, 1, 100)).expect("it is durable");
        drop(driven);
        disk.restart_after_kill();
        assert_eq!(appends(&mut open(&disk)), [1, 3]);
    }
}

#[test]
fn a_read_only_disk_is_told_and_read() {
    let disk = SimulatedDisk::seeded(5);
    let mut driven = Driven::open(&disk, &DiskLogOptions::new().with_cache_bytes(0)).expect("it opens");
    driven.append(events(1, 2, 100)).expect("it is durable");
    disk.set_read_only(true);
    let error = driven.append(events(2, 2, 100)).expect_err("it cannot be written");
    assert_eq!(error.kind(), StoreErrorKind::Denied);
    assert_eq!(appends(&mut driven), [1]);
    disk.set_read_only(false);
    driven.append(events(3, 2, 100)).expect("it can be written");
    assert_eq!(appends(&mut driven), [1, 3]);
}

#[test]
fn a_read_that_fails_is_told_and_read_again() {
    let disk = SimulatedDisk::seeded(6);
    let mut driven = Driven::open(&disk, &DiskLogOptions::new().with_cache_bytes(0)).expect("it opens");
    driven.append(events(1, 2, 100)).expect("it is durable");
    disk.fail_next(DiskStep::Read, ErrorKind::Other);
    let error = driven.read(Position::START, PLENTY).expect_err("it cannot be read");
    assert_eq!(error.to_string(), "reading simulated/0000000001.log: input or output failed");
    assert_eq!(appends(&mut driven), [1]);
}

#[test]
fn a_journal_at_its_bound_refuses_until_readers_have_read() {
    let disk = SimulatedDisk::seeded(7);
    let mut driven = Driven::open(&disk, &DiskLogOptions::refusing(32_000)).expect("it opens");
    let mut append = 0;
    let error = loop {
        append += 1;
        match driven.append(events(append, 1, 1_000)) {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), StoreErrorKind::Full);
    assert!((28..=31).contains(&append), "it is full after {append} kilobytes of 32");
    assert!(error.to_string().contains(" of at most 32000 bytes that a reader has yet to take: full"), "{error}");
    driven.append(Append::new().with_marks(vec![mark(1)])).expect("a mark is always taken");

    let end = driven.end();
    driven.release(end).expect("all is read");
    let end = driven.append(events(100, 40, 1_000)).expect("a log whose readers have all takes any append");
    driven.append(events(101, 1, 1_000)).expect_err("it is over the bound");
    driven.release(end).expect("all is read");
    driven.append(events(102, 1, 1_000)).expect("it takes more");
    assert!(driven.log.bytes() < 60_000);
}

#[test]
fn a_release_that_fails_loses_nothing_and_is_made_up_for() {
    let disk = SimulatedDisk::seeded(8);
    let mut driven = Driven::open(&disk, &DiskLogOptions::new().with_segment_bytes(2_048)).expect("it opens");
    for append in 1..=20 {
        driven.append(events(append, 1, 500)).expect("it is durable");
    }
    let files = disk.names().len();
    disk.fail_next(DiskStep::Name, ErrorKind::Other);
    driven.release(Position::new(10)).expect_err("a file cannot be removed");
    disk.restart_after_kill();
    let mut driven = open(&disk);
    assert_eq!(appends(&mut driven), (1..=20).collect::<Vec<_>>());
    drop(driven);
    disk.restart_after_kill();
    let mut driven = open(&disk);
    disk.fail_next(DiskStep::SyncNames, ErrorKind::Other);
    driven.release(Position::new(10)).expect_err("a name is not durably gone");
    driven.release(Position::new(20)).expect("it is well");
    assert!(disk.names().len() < files / 2, "{:?}", disk.names());
    let all = driven.read_all(Position::START, PLENTY).expect("the rest can be read");
    assert_eq!(all.lost + all.events.len() as u64, 20);
}

/// What a failed sync leaves in memory looks like what is durable to the process after. It is made so before anybody reads
/// it.
#[test]
fn what_was_read_after_a_failed_sync_and_a_kill_is_there_after_a_loss_of_power() {
    for seed in 0..100 {
        let disk = SimulatedDisk::seeded(seed);
        let mut driven = open(&disk);
        driven.append(events(1, 1, 100)).expect("it is durable");
        disk.fail_next(DiskStep::Sync, ErrorKind::Other);
        disk.fail_next(DiskStep::Length, ErrorKind::Other);
        driven.append(events(2, 3, 600)).expect_err("it is not durable");
        drop(driven);
        disk.restart_after_kill();
        let mut driven = open(&disk);
        let read = appends(&mut driven);
        drop(driven);
        disk.restart_after_power_loss();
        assert_eq!(appends(&mut open(&disk)), read);
    }
}

/// While a file is open it takes room, whatever its name.
#[test]
fn a_removed_segment_is_not_kept_open() {
    let disk = SimulatedDisk::seeded(9);
    let options = DiskLogOptions::new().with_segment_bytes(2_048).with_cache_bytes(0);
    let mut driven = Driven::open(&disk, &options).expect("it opens");
    for append in 1..=20 {
        driven.append(events(append, 1, 500)).expect("it is durable");
    }
    assert_eq!(appends(&mut driven), (1..=20).collect::<Vec<_>>());
    let opened = disk.open_files();
    let end = driven.end();
    driven.release(end).expect("it is released");
    assert!(opened >= 7, "{opened}");
    assert!(disk.open_files() <= 2, "the last, by who writes and who reads: {}", disk.open_files());
}

#[test]
fn a_lost_log_begins_behind_what_its_readers_remember() {
    let disk = SimulatedDisk::seeded(10);
    let options = DiskLogOptions::new().with_first(Position::new(500));
    let mut driven = Driven::open(&disk, &options).expect("it opens");
    assert_eq!(driven.end(), Position::new(500));
    assert_eq!(driven.append(events(1, 1, 10)).expect("it is durable"), Position::new(501));
    drop(driven);
    disk.restart_after_kill();
    let mut driven = Driven::open(&disk, &options.with_first(Position::new(900))).expect("it opens");
    assert_eq!(driven.end(), Position::new(501), "a log that is there goes on where it ended");
    let chunk = driven.read(Position::START, PLENTY).expect("it can be read");
    assert_eq!((chunk.events.len(), chunk.lost), (1, 499));
}
