//! The state on disk beside what the disk itself can do: saves of 1, 16 and 256 records beside a bare write and sync of
//! the same bytes, 64 who save one record each, and the start on 100,000 records after a clean end and after a crash.
//!
//! Run: `cargo bench -p tidegate-store --features disk --bench disk_state`, on an idle machine; `TMPDIR` says on which
//! disk.

mod common;

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::executor::block_on;
use futures::future::join_all;
use peak_alloc::PeakAlloc;
use tidegate_store::disk::Folder;
use tidegate_store::{Change, DiskState, Space, StateStore};

use common::{dir, is_asked_for, median, raw, timed};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// About the size of a key's record with an event that waits.
const VALUE: usize = 700;
const ROUNDS: usize = 200;
const MANY: usize = 100_000;

fn main() {
    if !is_asked_for() {
        return;
    }
    saves();
    savers();
    starts();
}

fn record(number: usize) -> Change {
    let key = format!("ops-slack/abcdefabcdefabcd/i/disk-usage_c.orders_n.{number:06}");
    Change::put(Space::Key, key, Bytes::from(vec![b'x'; VALUE]))
}

fn bytes_of(changes: &[Change]) -> usize {
    changes.iter().map(|change| change.key.len() + change.value.as_ref().map_or(0, Bytes::len)).sum()
}

/// In a file that holds 2,000 records already, as in an agent that has been running.
fn filled(folder: &Path, number: usize) -> DiskState {
    let state = DiskState::open(folder).expect("a state");
    let records: Vec<Change> = (0..number).map(record).collect();
    for part in records.chunks(10_000) {
        block_on(state.save(part)).expect("room");
    }
    state
}

/// Milliseconds for each of `ROUNDS` works.
fn each(mut work: impl FnMut(usize)) -> f64 {
    timed(|| (0..ROUNDS).for_each(&mut work)).0.as_secs_f64() * 1e3 / ROUNDS as f64
}

fn saves() {
    println!("a save, ms: of records that are there, one after another; and write+fdatasync of the same bytes");
    println!("{:>8} {:>10} {:>10} {:>10} {:>8}", "records", "bytes", "save", "floor", "ratio");
    for number in [1, 16, 256] {
        let (mut saved, mut floor, mut bytes) = (Vec::new(), Vec::new(), 0);
        // In turns, so that what else the machine does falls on both.
        for _ in 0..7 {
            let folder = dir();
            let state = filled(folder.path(), 2_000);
            let groups: Vec<Vec<Change>> =
                (0..ROUNDS).map(|round| (0..number).map(|at| record((round * 37 + at) % 2_000)).collect()).collect();
            bytes = bytes_of(&groups[0]);
            saved.push(each(|round| block_on(state.save(&groups[round])).expect("it is durable")));
            floor.push(floor_of(folder.path(), bytes));
        }
        let (saved, floor) = (median(saved), median(floor));
        println!("{number:>8} {bytes:>10} {saved:>10.3} {floor:>10.3} {:>8.2}", saved / floor);
    }
}

/// Milliseconds for a write and sync of `bytes`.
fn floor_of(folder: &Path, bytes: usize) -> f64 {
    raw(folder, bytes, ROUNDS).as_secs_f64() * 1e3 / ROUNDS as f64
}

fn savers() {
    let mut rates = Vec::new();
    let mut syncs = Vec::new();
    for _ in 0..7 {
        let folder = dir();
        let state = filled(folder.path(), 2_000);
        let groups: Vec<[Change; 1]> = (0..64).map(|at| [record(at * 31)]).collect();
        rates.push(
            64e3 / each(|_| {
                let saved = block_on(join_all(groups.iter().map(|changes| state.save(changes))));
                assert!(saved.into_iter().all(|saved| saved.is_ok()));
            }),
        );
        syncs.push(1e3 / floor_of(folder.path(), 760));
    }
    println!(
        "64 at once save one record each: {:.0} records/s; the disk syncs {:.0} times/s",
        median(rates),
        median(syncs)
    );
}

fn starts() {
    let folder = dir();
    let (made, state) = timed(|| filled(folder.path(), MANY));
    println!("{MANY} records saved, 10,000 at once: {made:.2?}");
    drop(state);
    let length = || std::fs::metadata(folder.path().join("state.redb")).expect("a file").len() / 1_000_000;
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let (opened, state) = timed(|| DiskState::open(folder.path()).expect("a state"));
    let peak = (ALLOCATOR.peak_usage() - before) / 1_000_000;
    println!("opened after a clean end, {} MB: {opened:.2?}, at most {peak} MB of memory", length());
    let (loaded, records) = timed(|| block_on(state.load(Space::Key, "ops-slack/")).expect("they are there"));
    println!("{} records loaded: {loaded:.2?}", records.len());
    drop((state, records));

    let (state, mut driver) =
        DiskState::driven(Arc::new(Folder::at(folder.path()).expect("a folder"))).expect("a state");
    let last = [record(1)];
    let mut saving = state.save(&last);
    assert!(saving.as_mut().now_or_never().is_none());
    driver.turn();
    drop(driver);
    let (opened, state) = timed(|| DiskState::open(folder.path()).expect("a state"));
    println!("opened after a crash, {} MB: {opened:.2?}", length());

    let deletions: Vec<Change> = (1..MANY).map(|at| Change { value: None, ..record(at) }).collect();
    for part in deletions.chunks(10_000) {
        block_on(state.save(part)).expect("room");
    }
    println!("all but one deleted: {} MB", length());
    drop(state);
    drop(DiskState::open(folder.path()).expect("a state"));
    println!("and opened again: {} MB", length());
}
