//! The machine on which the tests run, against what it tells others.
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::process::Command;

use common::told;
use tidegate_source_host::Host;

fn meminfo(name: &str) -> f64 {
    let text = fs::read_to_string("/proc/meminfo").expect("/proc");
    let line = text.lines().find(|line| line.starts_with(name)).expect("a line");
    let kib: f64 = line.split_whitespace().nth(1).expect("a figure").parse().expect("a number");
    kib * 1024.0
}

#[tokio::test]
async fn this_machine_is_measured_as_it_is() {
    let host = Host::builder().with_cgroup(false).build().expect("this machine has a name");
    let told = told(&host.measure().await.expect("readable"));
    let name = fs::read_to_string("/proc/sys/kernel/hostname").expect("/proc");
    assert_eq!(host.node().node.as_deref(), Some(name.trim()));

    let load: f64 =
        fs::read_to_string("/proc/loadavg").expect("/proc").split(' ').next().expect("one").parse().expect("a number");
    // It may have been counted anew in between; more than a few it cannot have moved.
    assert!((told.value("system.load.1m").expect("load") - load).abs() < 8.0);
    let total = meminfo("MemTotal:");
    assert_eq!(told.value("system.memory.total"), Some(total));
    let used = told.value("system.memory.used").expect("memory");
    assert!((used - (total - meminfo("MemAvailable:"))).abs() < total / 4.0, "{used}");
    let cores = told.value("system.cpu.physical.count").expect("cores");
    assert!((1.0..=65_536.0).contains(&cores), "{cores}");
}

#[tokio::test]
async fn memory_is_never_more_than_the_machine_has() {
    let told = told(&Host::builder().build().expect("a name").measure().await.expect("readable"));
    let Some(total) = told.value("system.memory.total") else {
        assert!(told.gaps.contains_key("memory"));
        return;
    };
    assert!(total > 0.0 && total <= meminfo("MemTotal:"));
    assert!(told.value("system.memory.used").expect("with its total") <= total);
}

#[tokio::test]
async fn disks_are_counted_as_df_counts_them() {
    let told = told(&Host::builder().with_volumes(["/"]).build().expect("a name").measure().await.expect("readable"));
    // Where there is no GNU `df`, there is nothing to compare with.
    let Ok(df) = Command::new("df").args(["-B1", "--output=used,avail", "/"]).output() else { return };
    let text = String::from_utf8_lossy(&df.stdout).into_owned();
    let figures: Vec<f64> = text.split_whitespace().filter_map(|figure| figure.parse().ok()).collect();
    let [used, available] = figures[..] else { return };
    // Others write in the meantime: a hundredth is more than they do.
    let size = told.value("system.filesystem.size /").expect("the root has a size");
    assert!((size - (used + available)).abs() <= (used + available) / 100.0, "{size} {text}");
    let measured = told.value("system.filesystem.used /").expect("and a use");
    assert!((measured - used).abs() <= (used + available) / 100.0, "{measured} {text}");
}
