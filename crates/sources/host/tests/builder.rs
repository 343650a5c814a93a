//! What a host refuses, and what it says of itself.

mod common;

use std::fs;
use std::time::Duration;

use common::{copy, fixture, on};
use tidegate_event::Resource;
use tidegate_source::Source;
use tidegate_source_host::{Host, HostBuilder, HostErrorKind};

fn refusal(builder: HostBuilder) -> (HostErrorKind, String) {
    let error = builder.build().expect_err("refused");
    (error.kind(), error.to_string())
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let host = || on(&fixture("bare"));
    let (kind, words) = refusal(host().with_interval(Duration::ZERO));
    assert_eq!((kind, &*words), (HostErrorKind::Missing, "interval is 0; it must be longer, such as 10 s"));
    assert_eq!(refusal(host().with_name("")).0, HostErrorKind::Missing);
    assert_eq!(refusal(host().with_cluster("")).0, HostErrorKind::Missing);
    assert_eq!(refusal(host().with_node("")).0, HostErrorKind::Missing);
    for volume in ["", "data", "./data", "/data/../etc"] {
        let (kind, words) = refusal(host().with_volumes(["/", volume]));
        assert_eq!(kind, HostErrorKind::InvalidVolume);
        assert!(words.starts_with(&format!("volume {volume:?} is not a path from `/`")), "{words}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_host_without_a_name_wants_one() {
    let machine = copy("bare");
    let hostname = machine.path().join("proc/sys/kernel/hostname");
    fs::write(&hostname, "\n").expect("written");
    assert_eq!(refusal(on(machine.path())).0, HostErrorKind::Unnamed);
    fs::remove_file(&hostname).expect("removed");
    let (kind, words) = refusal(on(machine.path()));
    assert_eq!(kind, HostErrorKind::Unnamed);
    assert!(words.starts_with("node has no name, and the host has none: cannot read "), "{words}");
    assert!(on(machine.path()).with_node("a").build().is_ok());
}

#[test]
fn the_defaults_are_those_of_the_documentation() {
    let host = on(&fixture("bare")).build().expect("valid");
    assert_eq!((host.name(), host.interval()), ("host", Duration::from_secs(10)));
    assert_eq!(host.resources(), [Resource::new().with_node("db-1")]);
    let named = on(&fixture("bare")).with_name("db").with_interval(Duration::from_secs(1)).build().expect("valid");
    assert_eq!((named.name(), named.interval()), ("db", Duration::from_secs(1)));
}

#[test]
fn what_is_named_is_the_node_and_its_volumes_once_each() {
    let volumes = ["/var/lib/kurrentdb/", "/var//lib/./kurrentdb", "/"];
    let host = on(&fixture("bare")).with_cluster("orders").with_node("a").with_volumes(volumes).build().expect("valid");
    let node = Resource::new().with_cluster("orders").with_node("a");
    let expected = [node.clone(), node.clone().with_part("/var/lib/kurrentdb"), node.with_part("/")];
    assert_eq!(host.resources(), expected);
}

#[test]
fn a_host_goes_between_threads() {
    fn is_send_and_sync<T: Send + Sync + Clone + 'static>() {}
    is_send_and_sync::<Host>();
}
