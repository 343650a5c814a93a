//! What a file makes.

mod common;

use std::time::Duration;

use tidegate_base::Secret;
use tidegate_config::{Config, Plan};
use tidegate_event::{EventKind, LogLevel, Severity};
use tidegate_router::{Policy, Subscription};
use tidegate_sink::Rate;

const FULL: &str = include_str!("full.toml");

fn plan(text: &str) -> Plan {
    let config = Config::parse("tidegate.toml", text).expect("TOML");
    config.build(&common::registry()).unwrap_or_else(|errors| panic!("{errors}"))
}

/// `keys` after a valid beginning.
fn with(keys: &str) -> Plan {
    plan(&format!("[[integration]]\nname = \"ops\"\nsink = \"console\"\n{keys}"))
}

#[test]
fn a_full_file_makes_all_that_it_names() {
    let plan = plan(FULL);
    let sources: Vec<_> = plan.sources().iter().map(|one| one.source().name().to_owned()).collect();
    assert_eq!(sources, ["host", "second", "tail", "app", "proxy"]);
    let named: Vec<_> = plan.sources()[0].resources().iter().map(ToString::to_string).collect();
    assert_eq!(named[1], "/var/lib/kurrentdb on node 10.0.0.1:2113 of cluster local");
    let detectors: Vec<_> = plan.detectors().collect();
    let expected = "core-load disk-full-soon disk-usage memory-usage node-fatal replication-lag scavenge-failed";
    assert_eq!(detectors.join(" "), expected);
    assert_eq!(plan.status(), Some("127.0.0.1:2115".parse().expect("an address")));
    assert_eq!(plan.intake_token(), Some(&Secret::literal("s3cret")));

    let ops = plan.integration("ops").expect("named");
    assert_eq!((ops.kind(), ops.description()), ("pager", Some("Cluster health to the pager")));
    let integration = ops.integration();
    let subscription = Subscription::new([EventKind::Issue, EventKind::Notification])
        .with_clusters(["orders"])
        .with_min_severity(Severity::Warning)
        .with_mute(true);
    assert_eq!(*integration.subscription(), subscription);
    let policy = Policy::new().with_update_interval(Duration::from_mins(10)).with_linger(Duration::from_secs(2));
    assert_eq!(*integration.policy(), policy);
    let profile = integration.sink().profile();
    assert_eq!(&**profile.destination(), "pager:7 5000 Secret(env PATH, ***)");
    assert_eq!(profile.rate(), Some(Rate::new(10, Duration::from_secs(1))));

    let logs = plan.integration("logs").expect("named").integration();
    assert_eq!(*logs.subscription(), Subscription::new([EventKind::Log]).with_min_level(LogLevel::Warning));
    assert!(plan.into_router().build().is_ok());
}

#[test]
fn without_a_word_the_standard_detectors_are_there_and_issues_and_notifications_are_told() {
    let plan = with("");
    let detectors: Vec<_> = plan.detectors().collect();
    assert_eq!(
        detectors,
        ["cluster-consensus", "core-load", "disk-full-soon", "disk-usage", "memory-usage", "replication-lag"]
    );
    let told = Subscription::new([EventKind::Issue, EventKind::Notification]);
    assert_eq!(*plan.integrations()[0].integration().subscription(), told);
    assert_eq!((plan.status(), plan.intake_token(), plan.sources().len()), (None, None, 0));
}

#[test]
fn the_level_of_logs_may_be_said_as_severities_are() {
    for word in ["info", "information"] {
        let plan = with(&format!("min_level = \"{word}\"\n"));
        let subscription = plan.integrations()[0].integration().subscription().clone();
        let told = Subscription::new([EventKind::Issue, EventKind::Notification]);
        assert_eq!(subscription, told.with_min_level(LogLevel::Information), "{word}");
    }
}

#[test]
fn a_source_that_measures_seldom_makes_the_detectors_more_patient() {
    // Three times the interval is more than the usual minute: no mistake, as long as nobody asked for less.
    with("[[source]]\ntype = \"host\"\ninterval = \"5m\"\n");
    let text = "[[source]]\ntype = \"host\"\ninterval = \"5m\"\n[detector.core-load]\nstale_after = \"10m\"\n";
    let config = Config::parse("a.toml", format!("{text}[[integration]]\nname = \"a\"\nsink = \"console\"\n"));
    let errors = config.expect("TOML").build(&common::registry()).expect_err("too impatient");
    let error = errors.iter().next().expect("one");
    assert_eq!((errors.iter().len(), error.line(), error.column()), (1, Some(5), Some(15)), "{errors}");
}

#[test]
fn spellings_of_others_and_kinds_of_ones_own_are_known() {
    let registry = common::registry().with_alias("beeper", "pager");
    let text = "[[integration]]\nname = \"a\"\nsink = \"beeper\"\nnumber = 3\npin = \"1\"\n";
    let plan =
        Config::parse("a.toml", text).expect("TOML").build(&registry).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(plan.integrations()[0].kind(), "pager");
}

#[test]
fn paths_of_secrets_start_in_the_folder_of_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("pin"), "1234\n").expect("written");
    let file = folder.path().join("tidegate.toml");
    let text = "[[integration]]\nname = \"a\"\nsink = \"pager\"\nnumber = 3\npin = { file = \"pin\" }\n";
    std::fs::write(&file, text).expect("written");
    let config = Config::read(&file).expect("readable");
    let plan = config.build(&common::registry()).unwrap_or_else(|errors| panic!("{errors}"));
    let destination = plan.integrations()[0].integration().sink().profile().destination().to_string();
    assert!(destination.contains(&folder.path().join("pin").display().to_string()), "{destination}");
}

#[test]
fn a_plan_without_its_sources_keeps_the_rest() {
    let plan = plan(FULL).without_sources();
    assert_eq!((plan.sources().len(), plan.integrations().len()), (0, 2));
}

#[test]
fn cloudwatch_is_a_region_and_a_namespace_or_a_group() {
    let plan = plan(
        r#"
        [[integration]]
        name = "numbers"
        sink = "awsCloudWatchMetrics"
        source = ["metrics", "issues"]
        region = "eu-west-1"
        namespace = "Databases"
        labels = ["disk"]
        on_unconfirmed = "drop"
        access_key_id = "AKIA0123456789ABCDEF"
        secret_access_key = "0123456789/0123456789+0123456789"

        [[integration]]
        name = "lines"
        sink = "awsCloudWatchLogs"
        source = "logs"
        region = "eu-west-1"
        group_name = "kurrentdb"
        create_group = true
        oversize = "split"
        profile = "tidegate"
        "#,
    );
    let destination =
        |name| plan.integration(name).expect("named").integration().sink().profile().destination().clone();
    assert_eq!(&*destination("numbers"), "cloudwatch-metrics:eu-west-1:Databases");
    assert_eq!(&*destination("lines"), "cloudwatch-logs:eu-west-1:kurrentdb");
    let profile = plan.integration("numbers").expect("named").integration().sink().profile().clone();
    assert_eq!(profile.linger(), std::time::Duration::from_mins(1), "CloudWatch adds up by the minute");
}

#[test]
fn slack_is_a_channel_and_a_token_or_a_webhook() {
    let text = r#"
        [[integration]]
        name = "bot"
        sink = "slack"
        channel_id = "C0123456789"
        token = { env = "PATH" }
        endpoint = "http://slack.example/api"
        allow_http = true
        timeout = "3s"
        update_interval = "10m"

        [[integration]]
        name = "hook"
        sink = "slack"
        webhook_url = "https://hooks.slack.com/services/T/B/x"
    "#;
    let plan = plan(text);
    let destination =
        |name| plan.integration(name).expect("named").integration().sink().profile().destination().clone();
    assert_eq!((&*destination("bot"), &*destination("hook")), ("slack:C0123456789", "slack-webhook"));
    let policy = plan.integrations()[0].integration().policy().clone();
    assert_eq!(policy, Policy::new().with_update_interval(Duration::from_mins(10)));
}

#[test]
fn state_is_kept_beside_the_file_unless_the_file_says_otherwise() {
    let integration = "[[integration]]\nname = \"a\"\nsink = \"console\"\n";
    let storage = |keys: &str| {
        let config = Config::parse("/etc/tidegate/tidegate.toml", format!("{keys}\n{integration}")).expect("TOML");
        config.build(&common::registry()).unwrap_or_else(|errors| panic!("{errors}")).storage().clone()
    };
    let path = |storage: &tidegate_config::Storage| storage.dir().map(|dir| dir.display().to_string());
    let usual = storage("");
    assert_eq!(path(&usual).as_deref(), Some("/etc/tidegate/tidegate-state"));
    assert_eq!((usual.journal_bytes(), usual.bulk_bytes()), (1 << 30, 1 << 30));
    let other = storage("state_dir = \"/var/lib/tidegate\"\njournal_size = \"64MiB\"\nbulk_size = \"2GiB\"");
    assert_eq!(path(&other).as_deref(), Some("/var/lib/tidegate"));
    assert_eq!((other.journal_bytes(), other.bulk_bytes()), (64 << 20, 2 << 30));
    assert_eq!(path(&storage("state_dir = \"\"")), None);
}

const CLUSTER: &str = r#"
[[source]]
type = "kurrentdb"
cluster = "orders"
nodes = ["https://10.0.0.1:2113", "https://10.0.0.2:2113", "https://10.0.0.3:2113"]
credentials = { username = "ops", password = "pass" }
gossip_interval = "20s"
"#;

#[test]
fn a_cluster_is_watched_with_its_nodes_and_what_it_cannot_tell_is_noted() {
    let plan = with(CLUSTER);
    let source = &plan.sources()[0];
    assert_eq!(source.source().name(), "kurrentdb");
    let named: Vec<_> = source.resources().iter().map(ToString::to_string).collect();
    assert_eq!(named[..2], ["cluster orders", "node 10.0.0.1:2113 of cluster orders"]);
    assert_eq!(source.notes().len(), 3, "{:?}", source.notes());
    assert!(source.notes()[0].starts_with("core-load is unknown: "), "{:?}", source.notes());
    let known = with(&format!("{CLUSTER}physical_cores = 4\nphysical_memory = \"16GiB\"\n"));
    assert_eq!(known.sources()[0].notes(), [""; 0]);
}

#[test]
fn the_host_source_of_a_node_wins() {
    let host = |cluster: &str, node: &str| {
        let host = format!("[[source]]\ntype = \"host\"\ncluster = \"{cluster}\"\nnode = \"{node}\"\n");
        let plan = with(&format!("{CLUSTER}{host}"));
        let noted: Vec<String> = plan.sources().iter().flat_map(|source| source.notes().to_vec()).collect();
        (plan.sources().iter().map(|one| one.source().name().to_owned()).collect::<Vec<_>>(), noted)
    };
    let (names, notes) = host("orders", "10.0.0.2:2113");
    assert_eq!(names, ["kurrentdb", "host"], "in the order of the file");
    assert!(notes.len() == 2 && !notes.iter().any(|note| note.contains("10.0.0.2")), "{notes:?}");
    assert_eq!(host("orders", "10.0.0.9:2113").1.len(), 3, "another node");
    assert_eq!(host("stock", "10.0.0.2:2113").1.len(), 3, "another cluster");
}

#[test]
fn the_interval_of_rounds_is_what_consensus_has_to_bear() {
    let text = CLUSTER.replace("20s", "60s") + "[detector.cluster-consensus]\nstale_after = \"100s\"\n";
    let text = format!("[[integration]]\nname = \"ops\"\nsink = \"console\"\n{text}");
    let errors =
        Config::parse("tidegate.toml", &text).expect("TOML").build(&common::registry()).expect_err("too short");
    assert!(errors.to_string().contains("it must be at least 3 min"), "{errors}");
}
