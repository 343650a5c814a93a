//! Settings, good and bad.

use std::time::Duration;

use tidegate_base::Secret;
use tidegate_source::Source;
use tidegate_source_kurrentdb::{KurrentDb, KurrentDbBuilder, KurrentDbErrorKind as Kind};

const NODES: [&str; 2] = ["https://10.0.0.1:2113", "https://10.0.0.2:2113"];

fn builder() -> KurrentDbBuilder {
    KurrentDb::builder("orders").with_nodes(NODES)
}

#[test]
fn the_defaults_build_and_name_what_is_watched() {
    let source = builder().build().expect("valid");
    assert_eq!(source.name(), "kurrentdb");
    let named: Vec<String> = source.resources().iter().map(ToString::to_string).collect();
    let expected = ["cluster orders", "node 10.0.0.1:2113 of cluster orders", "node 10.0.0.2:2113 of cluster orders"];
    assert_eq!(named, expected);
    assert_eq!(source.gossip_interval(), Some(Duration::from_secs(30)));
    assert_eq!(source.metrics_interval(), Some(Duration::from_secs(15)));
}

#[test]
fn what_cannot_be_is_refused_by_its_key_and_what_would_be_right() {
    let many = (0..33).map(|number| format!("https://10.0.0.{number}:2113"));
    let secret = || Secret::literal("s3cret");
    let plain = || KurrentDb::builder("orders").with_nodes(["http://10.0.0.1:2113"]).with_credentials("ops", secret());
    for (builder, kind, key, words) in [
        (builder().with_name(""), Kind::Missing, "name", "name is empty; the source needs one, such as `kurrentdb`"),
        (
            KurrentDb::builder("").with_nodes(NODES),
            Kind::Missing,
            "cluster",
            "cluster is empty; name it, such as `orders`",
        ),
        (KurrentDb::builder("a"), Kind::Missing, "nodes", "nodes is empty; name at least one"),
        (builder().with_nodes(many), Kind::InvalidNode, "nodes", "nodes has 33 addresses; at most 32 are asked"),
        (
            builder().with_nodes(["https://a", "https://A:2113"]),
            Kind::InvalidNode,
            "nodes",
            "node `a:2113` is there twice",
        ),
        (builder().with_nodes(["a:2113"]), Kind::InvalidNode, "nodes", "does not begin with https://"),
        (plain(), Kind::PlainHttp, "nodes", "plain http to 10.0.0.1:2113 would show the credentials to the network"),
        (
            builder().without_gossip().without_metrics(),
            Kind::Contradiction,
            "metrics_interval",
            "gossip and metrics are both off",
        ),
        (
            builder().without_gossip().with_discover(true),
            Kind::Contradiction,
            "discover",
            "discover is on and gossip is off",
        ),
        (
            builder().with_credentials("a:b", secret()),
            Kind::Missing,
            "credentials.username",
            "the username is empty or has a colon",
        ),
        (builder().with_credentials("", secret()), Kind::Missing, "credentials.username", "the username is empty"),
        (
            builder().with_gossip_interval(Duration::ZERO),
            Kind::InvalidFigure,
            "gossip_interval",
            "gossip_interval is 0 s; it must be at least 1 s",
        ),
        (
            builder().with_confirm(Duration::ZERO),
            Kind::InvalidFigure,
            "confirm",
            "confirm is 0 s; it must be longer than 0 and shorter than gossip_interval, 30 s",
        ),
        (builder().with_confirm(Duration::from_secs(30)), Kind::InvalidFigure, "confirm", "confirm is 30 s"),
        (
            builder().with_metrics_interval(Duration::from_secs(4)),
            Kind::InvalidFigure,
            "metrics_interval",
            "metrics_interval is 4 s; it must be at least 5 s",
        ),
        (
            builder().with_expected_nodes(0),
            Kind::InvalidFigure,
            "expected_nodes",
            "expected_nodes is 0; it must be at least 1, or left out",
        ),
        (builder().with_pace(0.0), Kind::InvalidFigure, "pace", "pace is 0; it must be above 0"),
        (builder().with_pace(f64::NAN), Kind::InvalidFigure, "pace", "pace is NaN"),
        (builder().with_physical_cores(0), Kind::InvalidFigure, "physical_cores", "physical_cores is 0"),
        (builder().with_physical_memory(0), Kind::InvalidFigure, "physical_memory", "physical_memory is 0"),
        (builder().with_include([""]), Kind::InvalidPattern, "include", "include has an empty pattern"),
        (builder().with_ca_file("/nowhere/ca.pem"), Kind::File, "ca_file", "ca_file /nowhere/ca.pem cannot be read"),
        (builder().with_ca_file("/"), Kind::File, "ca_file", "ca_file / cannot be read: it is no regular file"),
    ] {
        assert!(!format!("{builder:?}").contains("s3cret"));
        let error = builder.build().expect_err(words);
        assert_eq!((error.kind(), error.key()), (kind, key), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn credentials_go_in_the_clear_to_this_machine_or_where_that_is_allowed() {
    let with = |node: &str| KurrentDb::builder("a").with_nodes([node]).with_credentials("ops", Secret::literal("s"));
    for node in ["http://localhost:2113", "http://127.0.0.1:2113", "http://[::1]:2113"] {
        assert!(with(node).build().is_ok(), "{node}");
    }
    assert!(with("http://10.0.0.1:2113").with_http_allowed().build().is_ok());
    assert!(KurrentDb::builder("a").with_nodes(["http://10.0.0.1:2113"]).build().is_ok(), "nothing to show");
}

#[test]
fn a_short_interval_is_confirmed_in_half_of_it() {
    assert!(builder().with_gossip_interval(Duration::from_secs(2)).build().is_ok());
}

#[test]
fn simulated_nodes_are_asked_by_their_own_time() {
    let source = builder().with_pace(24.0).build().expect("a source");
    assert_eq!(source.gossip_interval(), Some(Duration::from_millis(1_250)));
}
