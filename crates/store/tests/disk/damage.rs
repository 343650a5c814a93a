//! Bits flip, files go: what is damaged is named by file and offset, and costs nothing else.

use std::ops::Range;
use std::sync::Arc;
use std::task::{Context, Waker};

use tidegate_store::disk::{Damage, SimulatedDisk, inspect_in, repair_in};
use tidegate_store::{DiskLogOptions, EventLog, Position, StoreErrorKind};

use super::common::{Driven, PLENTY, events, identity, mark};

const APPENDS: u64 = 9;

fn options() -> DiskLogOptions {
    DiskLogOptions::new().with_segment_bytes(2_048).with_cache_bytes(0)
}

fn open(disk: &SimulatedDisk) -> Driven {
    Driven::open(disk, &options()).expect("it opens")
}

/// A log of three segments, closed cleanly, whose appends have two events and a mark each.
fn closed_log() -> SimulatedDisk {
    let disk = SimulatedDisk::seeded(1);
    let mut driven = open(&disk);
    for append in 1..=APPENDS {
        driven.append(events(append, 2, 180).with_marks(vec![mark(append)])).expect("it is durable");
    }
    driven.close();
    assert_eq!(disk.names().len(), 3, "{:?}", disk.names());
    disk
}

/// Where the frames of a segment are, by what `docs/log-format.md` says of them.
fn frames(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut frames = Vec::new();
    let mut at = 64;
    while at + 32 <= bytes.len() && bytes[at..at + 4] == *b"tgFr" {
        let length = u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap());
        let end = at + 32 + usize::try_from(length).unwrap();
        frames.push(at..end);
        at = end;
    }
    frames
}

/// The appends that are there whole, and what was told as lost.
fn read(disk: &SimulatedDisk) -> (Vec<u64>, u64) {
    let mut driven = open(disk);
    let all = driven.read_all(Position::START, PLENTY).expect("all can be read");
    let one = driven.read_all(Position::START, 1).expect("all can be read, one by one");
    assert_eq!((&one.events, one.lost), (&all.events, all.lost));
    let mut appends: Vec<u64> = all.events.iter().map(|(_, event)| identity(event)[0]).collect();
    assert!(appends.chunks(2).all(|pair| pair[0] == pair[1]), "whole appends: {appends:?}");
    appends.dedup();
    (appends, all.lost)
}

/// Every byte of every file, one bit of it each time.
#[test]
fn a_flipped_bit_is_found_where_it_is_and_costs_no_other_record() {
    let names = closed_log().names();
    for name in &names {
        let whole = closed_log().contents(name);
        let frames = frames(&whole);
        let written = frames.last().expect("a frame").end;
        for byte in 0..written {
            let disk = closed_log();
            disk.flip(name, byte, u8::try_from(byte * 5 % 8).unwrap());
            let damaged = frames.iter().find(|frame| frame.contains(&byte));
            let start = damaged.map_or(0, |frame| frame.start);
            let last_frame = name == names.last().unwrap() && damaged == frames.last();
            let found = inspect_in(&disk).expect("it can be inspected");
            if last_frame {
                // Nothing proves that what closes the log was ever durable, and it holds nothing.
                assert_eq!(found, []);
            } else {
                assert_found(&found, name, start);
                assert_told(&disk, name, start);
            }
            assert_eq!(repair_in(Arc::new(disk.clone())).expect("it can be repaired"), found);
            assert_eq!(inspect_in(&disk).expect("it can be inspected"), []);

            let lost: u64 = found.iter().map(|damage| damage.events).sum();
            let (appends, told) = read(&disk);
            assert_eq!((appends.len() as u64, told), (APPENDS - lost / 2, lost), "byte {byte} of {name}");
            assert!(lost <= 2, "one append: {found:?}");
            let mut driven = open(&disk);
            // The newest mark stands in the last append and nowhere else.
            let last_append = name == names.last().unwrap() && start == frames[frames.len() - 2].start;
            assert_eq!(driven.marked(), APPENDS - u64::from(last_append && lost > 0));
            let after = driven.append(events(100, 2, 10)).expect("it goes on");
            assert_eq!(after, Position::new(2 * APPENDS + 3), "numbers are not given twice");
        }
    }
}

fn assert_found(found: &[Damage], name: &str, start: usize) {
    let [damage] = found else { panic!("one damage: {found:?}") };
    assert_eq!((damage.file.as_str(), damage.offset), (&*format!("simulated/{name}"), start as u64));
}

/// Whoever opens or reads it is told as well.
fn assert_told(disk: &SimulatedDisk, name: &str, start: usize) {
    let error = match Driven::open(disk, &options()) {
        Err(error) => error,
        Ok(mut driven) => match driven.read_all(Position::START, PLENTY) {
            Err(error) => error,
            // The marks of an old segment: nobody reads them any more.
            Ok(all) => return assert_eq!((all.events.len() as u64, start), (2 * APPENDS, 64)),
        },
    };
    assert_eq!(error.kind(), StoreErrorKind::Damaged);
    let place = format!("simulated/{name} at byte {start}: ");
    assert!(error.to_string().starts_with(&place), "{error}, and not {place}");
}

#[test]
fn what_stands_before_the_damage_is_read_and_what_stands_behind_it_too() {
    let disk = closed_log();
    let name = &disk.names()[0];
    let damaged = frames(&disk.contents(name))[2].start;
    disk.flip(name, damaged + 40, 0);
    let mut driven = open(&disk);
    let chunk = driven.read(Position::START, PLENTY).expect("the first append can be read");
    assert_eq!(chunk.events.len(), 2);
    driven.read(chunk.next, PLENTY).expect_err("the second cannot");
    let behind = driven.read(Position::new(5), PLENTY).expect("the third can be read");
    assert_eq!(identity(&behind.events[0].1), [3, 0, 2]);
}

#[test]
fn what_is_taken_out_is_kept() {
    let disk = closed_log();
    let name = &disk.names()[1];
    let frame = frames(&disk.contents(name))[1].clone();
    disk.flip(name, frame.start + 50, 3);
    let bytes = disk.contents(name)[frame.clone()].to_vec();
    let damage = repair_in(Arc::new(disk.clone())).expect("it can be repaired").remove(0);
    assert_eq!((damage.bytes, damage.events), (frame.len() as u64, 2));
    assert_eq!(damage.why, "the record is not what was written (its checksum differs, or a part is missing)");
    assert_eq!(disk.contents(&format!("{name}.{}.damaged", frame.start)), bytes);
}

/// A crash says nothing of a record in the last write: it is cut, and told, and the others of that write stay.
#[test]
fn a_bit_of_the_last_write_before_a_crash_costs_no_other_record() {
    let disk = SimulatedDisk::seeded(1);
    let mut driven = open(&disk);
    driven.append(events(1, 2, 10)).expect("it is durable");
    let before = frames(&disk.contents(&disk.names()[0])).len();
    let mut context = Context::from_waker(Waker::noop());
    let mut appends: Vec<_> = (2..=4).map(|append| driven.log.append(events(append, 2, 10))).collect();
    assert!(appends.iter_mut().all(|append| append.as_mut().poll(&mut context).is_pending()));
    while driven.driver.turn() {}
    drop(appends);
    drop(driven);
    disk.restart_after_power_loss();
    let name = &disk.names()[0];
    let frame = frames(&disk.contents(name))[before + 1].clone();
    disk.flip(name, frame.start + 40, 0);
    assert_eq!(inspect_in(&disk).expect("it can be inspected"), [], "it is as a crash leaves it");

    let driven = open(&disk);
    let [cut] = &driven.log.recovered().cuts[..] else { panic!("one cut: {:?}", driven.log.recovered()) };
    assert_eq!((cut.offset, cut.bytes), (frame.start as u64, frame.len() as u64));
    assert_eq!(cut.file, format!("simulated/{name}"));
    drop(driven);
    assert_eq!(read(&disk), (vec![1, 2, 4], 2));
    assert!(open(&disk).log.recovered().is_clean(), "it is told once");
}

/// A segment's name appears when its marks are durable: what is wrong with them is no torn write.
#[test]
fn damaged_marks_of_a_segment_that_has_nothing_else_are_damage() {
    let (disk, name) = (0..100)
        .map(|steps| {
            let disk = SimulatedDisk::seeded(1);
            let mut driven = open(&disk);
            disk.lose_power_after(steps);
            for append in 1..=9 {
                let _ = driven.append(events(append, 2, 180).with_marks(vec![mark(append)]));
            }
            drop(driven);
            disk.restart_after_kill();
            let name = disk.names().last().cloned().unwrap_or_default();
            (disk, name)
        })
        .find(|(disk, name)| name == "0000000002.log" && frames(&disk.contents(name)).len() == 1)
        .expect("the power goes at some step after a segment has begun");
    let marks = frames(&disk.contents(&name)).remove(0);
    disk.flip(&name, marks.start + 35, 0);
    let error = Driven::open(&disk, &options()).err().expect("it does not open");
    assert!(error.to_string().starts_with("simulated/0000000002.log at byte 64: "), "{error}");
    repair_in(Arc::new(disk.clone())).expect("it can be repaired");
    assert_eq!(open(&disk).marked(), 4, "the segment before has it too");
}

#[test]
fn a_large_append_is_one_record() {
    let disk = SimulatedDisk::seeded(1);
    let mut driven = open(&disk);
    for append in 1..=3 {
        driven.append(events(append, 4, 40_000)).expect("it is durable");
    }
    driven.close();
    let name = disk.names()[1].clone();
    let frames = frames(&disk.contents(&name));
    assert!(frames.len() > 2, "{frames:?}");
    disk.flip(&name, frames[2].start + 100, 0);
    let found = repair_in(Arc::new(disk.clone())).expect("it can be repaired");
    let [damage] = &found[..] else { panic!("one damage: {found:?}") };
    assert_eq!((damage.offset, damage.events), (frames[1].start as u64, 4));
    let all = open(&disk).read_all(Position::START, PLENTY).expect("all can be read");
    let mut appends: Vec<u64> = all.events.iter().map(|(_, event)| identity(event)[0]).collect();
    appends.dedup();
    assert_eq!((appends, all.lost), (vec![1, 3], 4));
}

#[test]
fn a_missing_segment_is_named_and_passed_by_with_consent() {
    let disk = closed_log();
    let names = disk.names();
    tidegate_store::disk::Files::remove(&disk, &names[1]).expect("it is there");
    let error = Driven::open(&disk, &options()).err().expect("it does not open");
    assert_eq!(error.to_string(), "simulated/0000000002.log is missing between two others: damaged");
    let found = repair_in(Arc::new(disk.clone())).expect("it can be repaired");
    let [damage] = &found[..] else { panic!("one damage: {found:?}") };
    assert_eq!((damage.file.as_str(), damage.bytes, damage.events), ("simulated/0000000002.log", 0, 8));
    assert_eq!(read(&disk), (vec![1, 2, 3, 4, 9], 8));
    assert_eq!(inspect_in(&disk).expect("it can be inspected"), []);
}

#[test]
fn a_newer_format_is_refused_and_not_repaired() {
    let disk = closed_log();
    let name = disk.names()[2].clone();
    let mut bytes = disk.contents(&name);
    bytes[8] = 2;
    let checksum = crc32c::crc32c(&bytes[..60]);
    bytes[60..64].copy_from_slice(&checksum.to_le_bytes());
    let file = tidegate_store::disk::Files::open(&disk, &name, false).expect("it is there");
    file.write_at(&bytes[..64], 0).expect("it is written");
    let error = Driven::open(&disk, &options()).err().expect("it does not open");
    assert_eq!(error.kind(), StoreErrorKind::Invalid);
    assert_eq!(repair_in(Arc::new(disk.clone())).expect_err("it is no damage").kind(), StoreErrorKind::Invalid);
    assert_eq!(disk.contents(&name), bytes);
}

#[test]
fn segments_that_have_changed_names_are_told() {
    let disk = closed_log();
    let names = disk.names();
    tidegate_store::disk::Files::rename(&disk, &names[2], &names[1]).expect("it is there");
    let error = Driven::open(&disk, &options()).err().expect("it does not open");
    let said = "simulated/0000000002.log at byte 0: it is segment 3 and has another one's name: damaged";
    assert_eq!(error.to_string(), said);
}

#[test]
fn a_log_in_use_is_neither_inspected_nor_repaired() {
    let disk = closed_log();
    let _driven = open(&disk);
    assert_eq!(inspect_in(&disk).expect_err("it is in use").kind(), StoreErrorKind::InUse);
    assert_eq!(repair_in(Arc::new(disk.clone())).expect_err("it is in use").kind(), StoreErrorKind::InUse);
    assert_eq!(Driven::open(&disk, &options()).err().expect("it is in use").kind(), StoreErrorKind::InUse);
}
