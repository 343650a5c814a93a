//! What is measured on machines of different sorts.

mod common;

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Stopped, Told, copy, fixture, measured, on};
use tidegate_event::{Event, Resource, Signal};
use tidegate_source_host::HostBuilder;
use tracing::{Level, Metadata, Subscriber, span};

const KIB: f64 = 1024.0;

fn memory(told: &Told) -> (Option<f64>, Option<f64>) {
    (told.value("system.memory.used"), told.value("system.memory.total"))
}

#[tokio::test]
async fn a_bare_machine_is_measured_whole() {
    let told = measured(on(&fixture("bare"))).await;
    assert!(told.gaps.is_empty(), "{:?}", told.gaps);
    let expected = [
        ("system.load.1m", 9.2, "1"),
        ("system.load.5m", 6.41, "1"),
        ("system.load.15m", 3.07, "1"),
        ("system.cpu.physical.count", 4.0, "1"),
        ("system.memory.total", 65_536_000.0 * KIB, "By"),
        ("system.memory.used", (65_536_000.0 - 16_384_000.0) * KIB, "By"),
        ("system.memory.available", 16_384_000.0 * KIB, "By"),
        ("system.paging.total", 8_388_604.0 * KIB, "By"),
        ("system.paging.used", (8_388_604.0 - 7_340_028.0) * KIB, "By"),
    ];
    for (name, value, unit) in expected {
        assert_eq!(told.value(name), Some(value), "{name}");
        assert_eq!(told.units[name], unit, "{name}");
    }
    let volumes = ["/", "/boot/efi", "/mnt/cold storage", "/srv/index"];
    assert_eq!(told.volumes(), volumes, "local filesystems with data, each device once, at its shortest mount point");
    for volume in volumes {
        assert_eq!(told.value(&format!("system.filesystem.used {volume}")), Some(400.0 * 4096.0));
        assert_eq!(told.value(&format!("system.filesystem.size {volume}")), Some(900.0 * 4096.0), "as `df` counts");
        assert_eq!(told.units[&format!("system.filesystem.size {volume}")], "By");
    }
    assert_eq!(told.samples.len(), expected.len() + 2 * volumes.len());
}

#[tokio::test]
async fn samples_of_one_measurement_share_their_time_and_their_node() {
    let host = on(&fixture("bare")).with_cluster("orders").with_node("10.0.0.1:2113").build().expect("valid");
    let node = Resource::new().with_cluster("orders").with_node("10.0.0.1:2113");
    for signal in host.measure().await.expect("readable") {
        let Signal::Event(Event::Metric(sample)) = signal else { panic!("a sample: {signal:?}") };
        assert_eq!(sample.at, Stopped::at());
        assert_eq!(Resource { part: None, ..sample.resource.clone() }, node);
        assert_eq!(sample.resource.part.is_some(), sample.name.starts_with("system.filesystem."), "{}", sample.name);
    }
}

#[tokio::test]
async fn without_other_names_the_node_is_the_host() {
    let host = on(&fixture("vm")).build().expect("valid");
    assert_eq!(host.node(), &Resource::new().with_node("vm-7.internal.example"));
}

#[tokio::test]
async fn a_machine_that_does_not_tell_its_cores_counts_logical_ones() {
    let told = measured(on(&fixture("vm"))).await;
    assert_eq!(told.value("system.cpu.physical.count"), Some(2.0));
    assert_eq!(told.value("system.paging.total"), None, "no swap, no samples of it");
    assert_eq!(memory(&told), (Some((4_030_464.0 - 3_022_848.0) * KIB), Some(4_030_464.0 * KIB)));
    assert!(told.gaps.is_empty(), "{:?}", told.gaps);

    let machine = copy("vm");
    fs::remove_file(machine.path().join("sys/devices/system/cpu/online")).expect("removed");
    assert_eq!(measured(on(machine.path())).await.value("system.cpu.physical.count"), Some(2.0), "of /proc/cpuinfo");
}

/// Counts what the program says of itself at the level of warnings.
#[derive(Clone, Default)]
struct Warnings(Arc<AtomicUsize>);

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::WARN
    }

    fn event(&self, _event: &tracing::Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn new_span(&self, _span: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _span: &span::Id, _values: &span::Record<'_>) {}
    fn record_follows_from(&self, _span: &span::Id, _follows: &span::Id) {}
    fn enter(&self, _span: &span::Id) {}
    fn exit(&self, _span: &span::Id) {}
}

#[tokio::test]
async fn that_cores_are_logical_ones_is_said_once() {
    let warnings = Warnings::default();
    let _guard = tracing::subscriber::set_default(warnings.clone());
    for (machine, expected) in [("bare", 0), ("vm", 1)] {
        let host = on(&fixture(machine)).build().expect("valid");
        for _ in 0..3 {
            host.measure().await.expect("readable");
        }
        assert_eq!(warnings.0.load(Ordering::Relaxed), expected, "{machine}");
    }
}

#[tokio::test]
async fn an_old_kernel_tells_cores_by_package_and_number() {
    let machine = copy("bare");
    for cpu in 0..8 {
        let topology = machine.path().join(format!("sys/devices/system/cpu/cpu{cpu}/topology"));
        fs::remove_file(topology.join("core_cpus_list")).expect("removed");
    }
    assert_eq!(measured(on(machine.path())).await.value("system.cpu.physical.count"), Some(4.0));

    // Where they are not known they all say -1, which is not one and the same core.
    for cpu in 0..8 {
        let topology = machine.path().join(format!("sys/devices/system/cpu/cpu{cpu}/topology"));
        fs::write(topology.join("physical_package_id"), "-1\n").expect("written");
    }
    assert_eq!(measured(on(machine.path())).await.value("system.cpu.physical.count"), Some(8.0));
}

#[tokio::test]
async fn cores_that_are_off_line_do_not_count() {
    let machine = copy("bare");
    fs::write(machine.path().join("sys/devices/system/cpu/online"), "0-1,4-5\n").expect("written");
    assert_eq!(measured(on(machine.path())).await.value("system.cpu.physical.count"), Some(2.0));
}

#[tokio::test]
async fn in_a_container_memory_is_what_its_group_may_take() {
    // Its own group has no limit; of the two above it the smaller counts, less the cache that could be dropped.
    let told = measured(on(&fixture("container-v2"))).await;
    assert_eq!(memory(&told), (Some(3_758_096_384.0 - 536_870_912.0), Some(4_294_967_296.0)));
    assert_eq!(told.value("system.memory.available"), Some(4_294_967_296.0 - 3_221_225_472.0));
    assert_eq!(told.value("system.paging.total"), None, "the machine's swap is not the container's");
    assert_eq!(told.value("system.cpu.physical.count"), Some(2.0));

    // The first version, where the container sees its own group as the root and its path as the machine has it.
    let told = measured(on(&fixture("container-v1"))).await;
    assert_eq!(memory(&told), (Some(1_879_048_192.0 - 536_870_912.0), Some(2_147_483_648.0)));
    assert_eq!(told.value("system.cpu.physical.count"), Some(2.0));
}

#[tokio::test]
async fn of_two_groups_with_the_same_limit_the_inner_one_counts() {
    let machine = copy("container-v2");
    fs::write(machine.path().join("sys/fs/cgroup/memory.max"), "4294967296\n").expect("written");
    let told = measured(on(machine.path())).await;
    assert_eq!(memory(&told), (Some(3_758_096_384.0 - 536_870_912.0), Some(4_294_967_296.0)));
}

#[tokio::test]
async fn a_limit_that_is_no_limit_or_not_wanted_leaves_the_machine() {
    let whole = (Some((65_536_000.0 - 16_384_000.0) * KIB), Some(65_536_000.0 * KIB));
    let told = measured(on(&fixture("container-v2")).with_cgroup(false)).await;
    assert_eq!(memory(&told), whole);

    let machine = copy("container-v1");
    let limit = machine.path().join("sys/fs/cgroup/memory/memory.limit_in_bytes");
    fs::write(&limit, "9223372036854771712\n").expect("written");
    assert_eq!(memory(&measured(on(machine.path())).await), whole);

    fs::remove_file(machine.path().join("proc/self/cgroup")).expect("removed");
    assert_eq!(memory(&measured(on(machine.path())).await), whole, "a kernel without control groups");
}

#[tokio::test]
async fn a_container_has_its_root_and_its_volumes_and_no_single_files() {
    for machine in ["container-v2", "container-v1"] {
        let told = measured(on(&fixture(machine))).await;
        assert_eq!(told.volumes(), ["/", "/var/lib/kurrentdb"], "{machine}");
        assert!(told.gaps.is_empty(), "{:?}", told.gaps);
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_a_gap_and_the_rest_goes_out() {
    let cases = [
        ("proc/loadavg", "load", "system.load.1m"),
        ("proc/meminfo", "memory", "system.memory.used"),
        ("proc/self/mountinfo", "filesystems", "system.filesystem.used /"),
    ];
    let whole = measured(on(&fixture("bare"))).await;
    for (file, part, sample) in cases {
        for content in [None, Some("nonsense\n"), Some("")] {
            let machine = copy("bare");
            let path = machine.path().join(file);
            match content {
                None => fs::remove_file(&path).expect("removed"),
                Some(content) => fs::write(&path, content).expect("written"),
            }
            let told = measured(on(machine.path())).await;
            assert_eq!(told.gaps.keys().collect::<Vec<_>>(), [part], "{file} {content:?}");
            assert!(told.gap(part).contains(file), "{}", told.gap(part));
            assert_eq!(told.value(sample), None, "{file}");
            let family = &sample[..sample.rfind('.').expect("a dot")];
            let rest = |told: &Told| -> Vec<String> {
                let names = told.samples.keys().filter(|name| !name.starts_with(family));
                names.filter(|name| part != "memory" || !name.starts_with("system.paging")).cloned().collect()
            };
            assert_eq!(rest(&told), rest(&whole), "{file}");
        }
    }
}

#[tokio::test]
async fn figures_of_which_a_part_is_missing_are_not_guessed() {
    let gap = async |machine: &str, file: &str, content: &str, part: &str| {
        let machine = copy(machine);
        fs::write(machine.path().join(file), content).expect("written");
        let told = measured(on(machine.path())).await;
        assert_eq!(told.gaps.len(), 1, "{:?}", told.gaps);
        told.gap(part).replace(&machine.path().display().to_string(), "")
    };
    let old = "MemTotal: 1000 kB\nMemFree: 10 kB\nBuffers: 1 kB\nCached: 1 kB\n";
    let why = gap("bare", "proc/meminfo", old, "memory").await;
    assert_eq!(why, "/proc/meminfo does not tell MemAvailable in kB");
    let why = gap("bare", "proc/loadavg", "0.1 NaN 0.3 1/2 3\n", "load").await;
    assert_eq!(why, "/proc/loadavg says \"0.1 NaN 0.3 1/2 3\"; three load averages would be right");
    let why = gap("bare", "proc/loadavg", "0.1 inf 0.3 1/2 3\n", "load").await;
    assert_eq!(why, "/proc/loadavg says \"0.1 inf 0.3 1/2 3\"; three load averages would be right");
    let why = gap("bare", "sys/devices/system/cpu/online", "\n", "cpu").await;
    assert_eq!(why, "/sys/devices/system/cpu/online says \"\"; a list like 0-3,8 would be right");

    let group = "sys/fs/cgroup/payload/";
    let why = gap("container-v2", &format!("{group}memory.current"), "lots\n", "memory").await;
    assert_eq!(why, format!("/{group}memory.current says \"lots\"; a number of bytes would be right"));
    let why = gap("container-v2", &format!("{group}memory.stat"), "anon 5\n", "memory").await;
    assert_eq!(why, format!("/{group}memory.stat does not tell inactive_file"));
    let why = gap("container-v2", &format!("{group}memory.max"), "4G\n", "memory").await;
    assert_eq!(why, format!("/{group}memory.max says \"4G\"; a number of bytes or `max` would be right"));
}

#[tokio::test]
async fn what_figures_are_of_is_told_where_it_is_not_the_usual() {
    let basis = async |builder: HostBuilder| {
        let basis = builder.build().expect("valid").basis().await.expect("Linux");
        (basis.logical_cores, basis.machine_memory.map(|bytes| bytes as f64))
    };
    let container = || on(&fixture("container-v2"));
    assert_eq!(basis(on(&fixture("bare"))).await, (false, None));
    assert_eq!(basis(on(&fixture("vm"))).await, (true, None));
    let machine = measured(container().with_cgroup(false)).await.value("system.memory.total");
    assert!(machine.is_some());
    assert_eq!(basis(container()).await, (false, machine));
    assert_eq!(basis(container().with_cgroup(false)).await, (false, None));
}
