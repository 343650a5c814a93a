//! The bodies of the server, each read by hand first.

use std::collections::{BTreeMap, BTreeSet};

use tidegate_event::{Resource, Sample, SampleKind};
use tidegate_source_kurrentdb::metrics::Figure::{self, Cores, Filesystem, MemoryTotal};
use tidegate_source_kurrentdb::metrics::Scrape;

use super::{at, node, options, read_fixture, value};

const GIB: f64 = 1_073_741_824.0;

/// What a body says, read by hand.
struct Row {
    file: &'static str,
    load: [f64; 3],
    /// Used and total, where they can be told from the body alone.
    memory: Option<[f64; 2]>,
    free: f64,
    disk: Option<(&'static str, f64, f64)>,
    untold: &'static [Figure],
    role: &'static str,
    /// Samples that are not standard ones.
    others: usize,
}

const LOAD: [f64; 3] = [3.42, 2.9, 2.15];
const LEADER: Row = Row {
    file: "v26.1-leader.prom",
    load: LOAD,
    memory: None,
    free: 22_548_578_304.0,
    disk: Some(("/var/lib/kurrentdb", 412_316_860_416.0, 536_870_912_000.0)),
    untold: &[Cores, MemoryTotal],
    role: "Leader",
    others: 155,
};

const EVENTSTORE: Option<(&str, f64, f64)> = Some(("/var/lib/eventstore", 412_316_860_416.0, 536_870_912_000.0));

const ROWS: [Row; 12] = [
    Row {
        file: "v24.10-leader.prom",
        memory: Some([46_170_898_432.0, 68_719_476_736.0]),
        disk: EVENTSTORE,
        untold: &[Cores],
        others: 148,
        ..LEADER
    },
    Row {
        file: "v24.10-follower.prom",
        load: [0.31, 0.4, 0.52],
        memory: Some([33_285_996_544.0, 68_719_476_736.0]),
        free: 35_433_480_192.0,
        disk: EVENTSTORE,
        untold: &[Cores],
        role: "Follower",
        others: 113,
    },
    Row {
        file: "v24.10-memory-95.prom",
        memory: Some([65_283_502_900.0, 68_719_476_736.0]),
        free: 3_435_973_836.0,
        disk: EVENTSTORE,
        untold: &[Cores],
        others: 148,
        ..LEADER
    },
    Row { file: "v25.0-leader.prom", others: 152, ..LEADER },
    LEADER,
    Row { file: "v26.1-leader.openmetrics.prom", ..LEADER },
    Row {
        file: "v26.1-follower.prom",
        load: [0.31, 0.4, 0.52],
        free: 52_613_349_376.0,
        role: "Follower",
        others: 117,
        ..LEADER
    },
    Row { file: "v26.1-legacy-names.prom", others: 141, ..LEADER },
    Row {
        file: "v26.1-disk-92.prom",
        disk: Some(("/var/lib/kurrentdb", 493_921_239_040.0, 536_870_912_000.0)),
        others: 148,
        ..LEADER
    },
    Row { file: "v26.1-load-high.prom", load: [18.75, 17.9, 12.02], others: 148, ..LEADER },
    Row { file: "v26.1-memory-free-exceeds-total.prom", free: 59_055_800_320.0, others: 148, ..LEADER },
    Row {
        file: "v26.1-drive-unknown.prom",
        disk: None,
        untold: &[Cores, MemoryTotal, Filesystem],
        others: 148,
        ..LEADER
    },
];

fn figures(scrape: &Scrape) -> Vec<Figure> {
    scrape.untold.iter().map(|untold| untold.figure).collect()
}

fn others(scrape: &Scrape) -> impl Iterator<Item = &Sample> {
    scrape.samples.iter().filter(|sample| sample.name.starts_with("kurrentdb."))
}

#[test]
fn each_body_says_what_was_read_by_hand() {
    for row in ROWS {
        let (scrape, file) = (read_fixture(row.file, options()), row.file);
        let load = ["system.load.1m", "system.load.5m", "system.load.15m"].map(|name| value(&scrape, name));
        assert_eq!(load, row.load.map(Some), "{file}");
        let memory = ["used", "total"].map(|part| value(&scrape, &format!("system.memory.{part}")));
        assert_eq!(memory, row.memory.map_or([None; 2], |memory| memory.map(Some)), "{file}");
        assert_eq!(value(&scrape, "system.memory.available"), Some(row.free), "{file}");
        let disk = ["used", "size"].map(|part| value(&scrape, &format!("system.filesystem.{part}")));
        assert_eq!(disk, row.disk.map_or([None; 2], |(_, used, size)| [Some(used), Some(size)]), "{file}");
        assert_eq!(value(&scrape, "system.cpu.physical.count"), None, "{file}");
        assert_eq!(figures(&scrape), row.untold, "{file}");
        assert_eq!(scrape.role().map(|role| &**role), Some(row.role), "{file}");
        assert_eq!(others(&scrape).count(), row.others, "{file}");
        assert_eq!((scrape.faults, scrape.not_finite, scrape.over, scrape.is_cut), (0, 0, 0, false), "{file}");
        for sample in &scrape.samples {
            let is_of_disk = sample.name.starts_with("system.filesystem");
            let part = row.disk.filter(|_| is_of_disk).map(|(mount_point, ..)| mount_point);
            assert_eq!(sample.resource, part.into_iter().fold(node(), Resource::with_part), "{file}");
            assert_eq!(sample.at, at(), "our clock's time");
            assert!(sample.labels.iter().all(|(label, _)| !label.starts_with("otel_")), "{file}: {sample:?}");
        }
    }
}

#[test]
fn cores_and_memory_are_those_of_the_options() {
    for row in ROWS {
        let options = options().with_physical_cores(8).with_physical_memory(96 << 30);
        let (scrape, file) = (read_fixture(row.file, options), row.file);
        assert_eq!(value(&scrape, "system.cpu.physical.count"), Some(8.0), "{file}");
        assert_eq!(value(&scrape, "system.memory.total"), Some(96.0 * GIB), "{file}");
        assert_eq!(value(&scrape, "system.memory.used"), Some(96.0 * GIB - row.free), "{file}");
        assert_eq!(scrape.untold.len(), usize::from(row.disk.is_none()), "{file}: {:?}", scrape.untold);
    }
}

#[test]
fn a_host_source_on_the_machine_leaves_only_what_the_server_alone_knows() {
    for row in ROWS {
        let scrape = read_fixture(row.file, options().with_standard(false).with_physical_cores(8));
        assert_eq!((scrape.samples.len(), others(&scrape).count()), (row.others, row.others), "{}", row.file);
        assert!(scrape.untold.is_empty() && scrape.role().is_some());
    }
}

#[test]
fn both_formats_tell_the_same() {
    let [text, openmetrics] = ["v26.1-leader.prom", "v26.1-leader.openmetrics.prom"]
        .map(|file| read_fixture(file, options().with_include(["*", "*_bucket"])));
    assert_eq!(text, openmetrics);
    assert_eq!(others(&text).count(), 155 + 132, "buckets too");
}

/// Of each metric its unit and whether it is a counter.
fn catalogue(file: &str) -> BTreeMap<String, (String, Option<SampleKind>)> {
    let scrape = read_fixture(file, options());
    others(&scrape).map(|sample| (sample.name.to_string(), (sample.unit.to_string(), sample.kind))).collect()
}

#[test]
fn one_catalogue_serves_all_versions() {
    let now = catalogue("v26.1-leader.prom");
    for (file, gone) in [
        ("v24.10-leader.prom", &["kurrentdb.queue_busy_seconds"][..]),
        ("v25.0-leader.prom", &["kurrentdb.queue_busy_seconds"]),
        ("v26.1-legacy-names.prom", &[]),
    ] {
        let then = catalogue(file);
        let missing: BTreeSet<&str> = then.keys().filter(|name| !now.contains_key(*name)).map(|name| &**name).collect();
        assert_eq!(missing, gone.iter().copied().collect(), "{file}");
        for (name, told) in then.iter().filter(|(name, _)| now.contains_key(*name)) {
            assert_eq!(told, &now[name], "{file}: {name}");
        }
    }
    assert_eq!(now["kurrentdb.proc_up_time_seconds"], ("s".to_owned(), Some(SampleKind::Counter)));
    assert_eq!(now["kurrentdb.gc_allocated_bytes"], ("By".to_owned(), Some(SampleKind::Counter)));
    assert_eq!(now["kurrentdb.gossip_latency_seconds_count"], ("1".to_owned(), Some(SampleKind::Counter)));
    assert_eq!(now["kurrentdb.http_server_active_requests"], ("1".to_owned(), Some(SampleKind::Gauge)));
    assert!(now.values().all(|(_, kind)| kind.is_some()), "the server says of everything what it is");
}

#[test]
fn labels_are_kept_and_their_escapes_undone() {
    let scrape = read_fixture("v26.1-leader.prom", options().with_include(["*.persistent_sub_connections"]));
    let groups: Vec<_> = others(&scrape).filter_map(|sample| sample.labels.value("group_name")).collect();
    assert!(groups.iter().any(|group| &***group == "audit \"eu\""), "{groups:?}");
    assert!(others(&scrape).all(|sample| sample.labels.iter().count() == 2));
}
