//! Samples a second through each standard detector, through all of them, and through the ratios, in steady state: 10,000
//! nodes that each measure load, cores, memory and one volume. `floor` walks the same signals and adds their values:
//! what the memory alone allows. The detectors allocate in their first round only (`max alloc` shows nothing after it
//! in the median column).
//!
//! Run: `cargo bench -p tidegate-detect`; one core is used. The target is 5 million samples/s through all of them.
//!
//! Found on a virtual machine of two cores (Xeon, 2.6 GHz) with others at work on it, medians: all four 16 million
//! samples/s (4.9 times the floor, which is 79 million), `core_load`, `disk_usage` and `memory_usage` 34 to 37 million
//! each (2.2 times), `cluster_consensus` 74 million (1.1 times), `ratios` 10 million (7.9 times).

use chrono::{DateTime, TimeDelta, Utc};
use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher, black_box};
use tidegate_detect::{ClusterConsensus, Detector, DiskFullSoon, Ratios, ReplicationLag, Threshold, standard};
use tidegate_event::{Event, Name, Resource, Sample, Signal};

const NODES: usize = 10_000;

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap_or_default()
}

/// One measurement of every node, all under their limits.
fn signals() -> Vec<Signal> {
    let names = [
        ("system.cpu.physical.count", "1", 4.0, false),
        ("system.load.1m", "1", 2.5, false),
        ("system.memory.total", "By", 16e9, false),
        ("system.memory.used", "By", 9e9, false),
        ("system.filesystem.size", "By", 500e9, true),
        ("system.filesystem.used", "By", 200e9, true),
    ]
    .map(|(name, unit, value, on_disk)| (Name::from(name), Name::from(unit), value, on_disk));
    let cluster = Name::from("orders");
    let nodes = (0..NODES).map(|number| {
        let name = format!("10.0.{}.{}:2113", number / 250, number % 250);
        Resource::new().with_cluster(cluster.clone()).with_node(name)
    });
    nodes
        .flat_map(|node| {
            let volume = node.clone().with_part("/var/lib/kurrentdb");
            names.clone().map(|(name, unit, value, on_disk)| {
                let resource = if on_disk { volume.clone() } else { node.clone() };
                Sample::new(name, resource, value, unit, start()).map(Signal::from)
            })
        })
        .filter_map(Result::ok)
        .collect()
}

/// The same 10 s later.
fn advance(signals: &mut [Signal]) {
    for signal in signals {
        if let Signal::Event(Event::Metric(sample)) = signal {
            sample.at += TimeDelta::seconds(10);
        }
    }
}

fn bench_detectors(bencher: Bencher, mut detectors: Vec<Box<dyn Detector>>) {
    let mut signals = signals();
    let mut findings = Vec::new();
    bencher.counter(ItemsCount::new(signals.len())).bench_local(|| {
        advance(&mut signals);
        for signal in &signals {
            for detector in &mut detectors {
                detector.observe(signal, &mut findings);
            }
        }
        assert!(findings.is_empty(), "all is well");
    });
}

#[divan::bench]
fn floor(bencher: Bencher) {
    let mut signals = signals();
    bencher.counter(ItemsCount::new(signals.len())).bench_local(|| {
        advance(&mut signals);
        let mut sum = 0.0;
        for signal in &signals {
            if let Signal::Event(Event::Metric(sample)) = signal {
                sum += sample.value();
            }
        }
        black_box(sum)
    });
}

#[divan::bench]
fn core_load(bencher: Bencher) {
    bench_detectors(bencher, vec![Box::new(Threshold::core_load().build().expect("valid"))]);
}

#[divan::bench]
fn disk_usage(bencher: Bencher) {
    bench_detectors(bencher, vec![Box::new(Threshold::disk_usage().build().expect("valid"))]);
}

#[divan::bench]
fn memory_usage(bencher: Bencher) {
    bench_detectors(bencher, vec![Box::new(Threshold::memory_usage().build().expect("valid"))]);
}

#[divan::bench]
fn cluster_consensus(bencher: Bencher) {
    bench_detectors(bencher, vec![Box::new(ClusterConsensus::builder().build().expect("valid"))]);
}

#[divan::bench]
fn replication_lag(bencher: Bencher) {
    bench_detectors(bencher, vec![Box::new(ReplicationLag::builder().build().expect("valid"))]);
}

#[divan::bench]
fn disk_full_soon(bencher: Bencher) {
    bench_detectors(bencher, vec![Box::new(DiskFullSoon::builder().build().expect("valid"))]);
}

/// The same of volumes that are more than half used: each new point is judged.
#[divan::bench]
fn disk_full_soon_judged(bencher: Bencher) {
    let detector = DiskFullSoon::builder().with_min_used(0.1).build().expect("valid");
    bench_detectors(bencher, vec![Box::new(detector)]);
}

#[divan::bench]
fn all(bencher: Bencher) {
    bench_detectors(bencher, standard());
}

/// The ratios as metrics of their own, which allocate a sample each.
#[divan::bench]
fn ratios(bencher: Bencher) {
    let mut signals = signals();
    let mut ratios = Ratios::standard();
    let mut out = Vec::new();
    bencher.counter(ItemsCount::new(signals.len())).bench_local(|| {
        advance(&mut signals);
        out.clear();
        for signal in &signals {
            ratios.observe(signal, &mut out);
        }
        black_box(out.len())
    });
}
