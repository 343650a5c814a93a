//! The log on disk beside what the disk itself can do: appends of 1 to 4,096 samples beside a bare write and sync of the
//! same bytes, 64 producers of single samples, reading, the start on 1 GB, and the memory all that takes.
//!
//! Run: `cargo bench -p tidegate-store --features disk --bench disk`, on an idle machine; `TMPDIR` says on which disk. It needs
//! 2 GB there. The targets: at batches of 1,024 0.8 of the bare write and sync, one append at a time; 64 producers at 50,000
//! events/s; the start on 1 GB in 1 s; 64 MB of memory while 1 GB waits.
//!
//! Found on a virtual machine of two cores (Xeon, 2.6 GHz) beside other work: 0.81 at batches of 1,024, and 1.4 to 1.6 with
//! eight appends under way; 130,000 events/s from 64 producers at 7,000 syncs/s; the start in 5 to 16 ms; 2.6 MB.

mod common;

use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use futures::StreamExt;
use futures::executor::block_on;
use futures::stream::{self, FuturesUnordered};
use peak_alloc::PeakAlloc;
use tidegate_event::{Event, Labels, Resource, Sample};
use tidegate_store::disk::Folder;
use tidegate_store::{Append, DiskLog, DiskLogOptions, EventLog, Position};

use common::{dir, is_asked_for, median, raw, timed};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const BATCHES: [usize; 5] = [1, 16, 256, 1_024, 4_096];
const PRODUCERS: usize = 64;
const GIGABYTE: u64 = 1_000_000_000;

fn main() {
    if !is_asked_for() {
        return;
    }
    appends();
    json();
    producers();
    one_gigabyte();
}

fn samples(count: usize) -> Vec<Arc<Event>> {
    let at = chrono::DateTime::from_timestamp_millis(1_795_489_200_123).expect("a time");
    let sample = |index: usize| {
        let resource = Resource::new().with_cluster("orders").with_node(format!("10.0.0.{}:2113", index % 200));
        Sample::new("system.filesystem.used", resource.with_part("/var/lib/kurrentdb"), 1.0e9 + index as f64, "By", at)
            .expect("a finite value")
            .with_labels(Labels::from_iter([("device", "/dev/nvme1n1")]))
    };
    (0..count).map(|index| Arc::new(Event::from(sample(index)))).collect()
}

fn appends() {
    println!(
        "appends, samples/s: the log, one append at a time and eight under way; and write+fdatasync of the same bytes"
    );
    println!(
        "{:>6} {:>10} {:>12} {:>12} {:>12} {:>6} {:>6}",
        "batch", "bytes", "one", "eight", "floor", "ratio", "ratio"
    );
    for batch in BATCHES {
        let events = samples(batch);
        let rounds = (40_000 / batch).clamp(60, 600);
        let (mut one, mut eight, mut floor) = (Vec::new(), Vec::new(), Vec::new());
        let mut bytes = 0;
        // In turns, so that what else the machine does falls on all of them.
        for _ in 0..9 {
            let folder = dir();
            let log = DiskLog::open(folder.path(), DiskLogOptions::new().with_segment_bytes(64 << 20)).expect("a log");
            one.push(rate(batch * rounds, || block_on(append_one_by_one(&log, &events, rounds))));
            bytes = usize::try_from(log.bytes()).expect("it fits") / rounds;
            eight.push(rate(batch * rounds, || block_on(append_under_way(&log, &events, rounds, 8))));
            floor.push((batch * rounds) as f64 / raw(folder.path(), bytes, rounds).as_secs_f64());
        }
        let (one, eight, floor) = (median(one), median(eight), median(floor));
        println!(
            "{batch:>6} {bytes:>10} {one:>12.0} {eight:>12.0} {floor:>12.0} {:>6.2} {:>6.2}",
            one / floor,
            eight / floor
        );
    }
}

/// What the records would cost as JSON.
fn json() {
    let events = samples(4_096);
    let took = (0..9).map(|_| {
        let write = || events.iter().map(|event| serde_json::to_vec(event).expect("JSON").len()).sum::<usize>();
        let (took, bytes) = timed(write);
        (took.as_secs_f64() * 1e9 / events.len() as f64, bytes / events.len())
    });
    let took: Vec<_> = took.collect();
    println!(
        "\nas JSON: {} bytes and {:.0} ns a sample",
        took[0].1,
        median(took.iter().map(|(took, _)| *took).collect())
    );
}

fn rate(events: usize, work: impl FnOnce()) -> f64 {
    events as f64 / timed(work).0.as_secs_f64()
}

async fn append_one_by_one(log: &DiskLog, events: &[Arc<Event>], rounds: usize) {
    for _ in 0..rounds {
        log.append(Append::new().with_events(events.to_vec())).await.expect("it is durable");
    }
}

async fn append_under_way(log: &DiskLog, events: &[Arc<Event>], rounds: usize, at_once: usize) {
    let appends = stream::iter(0..rounds).map(|_| log.append(Append::new().with_events(events.to_vec())));
    appends
        .buffer_unordered(at_once)
        .for_each(|appended| async move { assert!(appended.is_ok(), "it is durable") })
        .await;
}

fn producers() {
    let runtime = tokio::runtime::Builder::new_multi_thread().build().expect("a runtime");
    let each = 400;
    let (mut log_rates, mut sync_rates) = (Vec::new(), Vec::new());
    for _ in 0..9 {
        let folder = dir();
        let log = Arc::new(DiskLog::open(folder.path(), DiskLogOptions::new()).expect("a log"));
        log_rates.push(rate(PRODUCERS * each, || {
            runtime.block_on(async {
                let mut producing: FuturesUnordered<_> = (0..PRODUCERS)
                    .map(|_| {
                        let log = Arc::clone(&log);
                        let events = samples(1);
                        tokio::spawn(async move { append_one_by_one(&log, &events, each).await })
                    })
                    .collect();
                while let Some(done) = producing.next().await {
                    done.expect("it appends");
                }
            });
        }));
        sync_rates.push(400.0 / raw(folder.path(), 128, 400).as_secs_f64());
    }
    let (found, syncs) = (median(log_rates), median(sync_rates));
    let target = (0.8 * PRODUCERS as f64 * syncs).min(50_000.0);
    println!(
        "\n{PRODUCERS} producers of single samples: {found:.0} events/s, at {syncs:.0} fdatasync/s; target {target:.0}"
    );
}

fn one_gigabyte() {
    let folder = dir();
    let options = || DiskLogOptions::new();
    let events = samples(4_096);
    {
        let log = DiskLog::open(folder.path(), options()).expect("a log");
        while log.bytes() < GIGABYTE {
            block_on(append_under_way(&log, &events, 64, 8));
        }
    }
    let mut starts = Vec::new();
    for _ in 0..5 {
        // Killed: without the frame that closes it.
        let (took, opened) = timed(|| {
            let folder = Folder::at(folder.path()).expect("the folder");
            DiskLog::driven(Arc::new(folder), options()).expect("a log")
        });
        drop(opened);
        starts.push(took.as_secs_f64());
    }
    let log = DiskLog::open(folder.path(), options()).expect("a log");
    println!("\nstart on {:.2} GB: {:.1} ms", log.bytes() as f64 / 1e9, median(starts) * 1e3);
    ALLOCATOR.reset_peak_usage();
    let (took, read) = timed(|| block_on(read_all(&log)));
    println!(
        "reading it: {:.0} events/s, {:.0} MB/s; most memory meanwhile: {:.1} MB",
        read as f64 / took.as_secs_f64(),
        log.bytes() as f64 / 1e6 / took.as_secs_f64(),
        ALLOCATOR.peak_usage_as_mb()
    );
    let (took, bytes) = timed(|| read_raw(folder.path()));
    println!("floor: {:.0} MB/s read and summed up", bytes as f64 / 1e6 / took.as_secs_f64());
    let (took, ()) = timed(|| block_on(log.release(Position::new(u64::MAX))).expect("a release"));
    println!("releasing it: {:.1} ms; it takes {:.1} MB then", took.as_secs_f64() * 1e3, log.bytes() as f64 / 1e6);
}

async fn read_all(log: &DiskLog) -> u64 {
    let end = log.append(Append::new()).await.expect("the end");
    let mut at = Position::START;
    while at < end {
        at = log.read(at, 512 * 1024).await.expect("a chunk").next;
    }
    end.number()
}

fn read_raw(folder: &Path) -> u64 {
    let mut block = vec![0; 256 * 1024];
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let file = std::fs::File::open(entry.expect("an entry").path()).expect("a file");
        let mut at = 0;
        loop {
            let read = file.read_at(&mut block, at).expect("a read");
            if read == 0 {
                break;
            }
            std::hint::black_box(crc32c::crc32c(&block[..read]));
            at += read as u64;
        }
        bytes += at;
    }
    bytes
}
