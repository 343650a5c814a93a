use tidegate_aws::AwsConfig;
use tidegate_base::Secret;
use tidegate_sink::{Keeps, Sink as _};

use super::*;
use crate::CloudWatchLogsConfig;

fn to(group: &str) -> CloudWatchLogsBuilder {
    let connection = AwsConnection::builder().with_region("eu-west-1").build().expect("a connection");
    CloudWatchLogs::builder(connection, group)
}

fn refused(builder: CloudWatchLogsBuilder) -> (CloudWatchLogsErrorKind, &'static str) {
    let error = builder.build().expect_err("it cannot work");
    (error.kind(), error.key())
}

#[test]
fn the_profile_is_what_the_front_page_says() {
    let sink = to("/tidegate/orders").build().expect("a sink");
    let profile = sink.profile();
    assert_eq!(&**profile.destination(), "cloudwatch-logs:eu-west-1:/tidegate/orders");
    let kinds: Vec<EventKind> = profile.kinds().iter().collect();
    assert_eq!(kinds, [EventKind::Issue, EventKind::Notification, EventKind::Log]);
    assert_eq!((profile.batch(), profile.batch_bytes(), profile.concurrency()), (10_000, 4 * 1024 * 1024, 1));
    assert_eq!((profile.deduplicates(), profile.keeps()), (false, Keeps::Messages));
    assert_eq!(profile.update_interval(), Duration::from_mins(1));
}

#[test]
fn what_cannot_work_is_refused_with_its_key() {
    use CloudWatchLogsErrorKind::{Invalid, Missing};
    let long = "x".repeat(513);
    for group in ["", "a b", "a:b", "arn:aws:logs:eu-west-1:123456789012:log-group:x", "größe", &long] {
        assert_eq!(refused(to(group)), (Invalid, "group_name"), "{group}");
    }
    assert!(to("/aws/orders_1.2-#").with_create_group().build().is_ok());
    assert!(to("aws/orders").build().is_ok());
    assert_eq!(refused(to("aws/orders").with_create_group()), (Invalid, "group_name"));
    for streams in [0, 65] {
        assert_eq!(refused(to("x").with_streams(streams)), (Invalid, "streams"));
    }
    for bytes in [0, 1_023, 1_048_551] {
        assert_eq!(refused(to("x").with_event_bytes(bytes)), (Invalid, "event_bytes"));
    }
    let group_name = Some("x".to_owned());
    for (aws, group_name, refused) in [
        (AwsConfig::default(), None, (Missing, "group_name")),
        (AwsConfig { region: Some("EU".to_owned()), ..AwsConfig::default() }, group_name.clone(), (Invalid, "region")),
        (
            AwsConfig { access_key_id: Some(Secret::from_env("ID")), ..AwsConfig::default() },
            group_name,
            (Missing, "secret_access_key"),
        ),
    ] {
        let config = CloudWatchLogsConfig { aws, group_name, ..CloudWatchLogsConfig::default() };
        let error = config.builder().expect_err("it cannot work");
        assert_eq!((error.kind(), error.key()), refused);
    }
}

#[test]
fn every_setting_arrives() {
    let config = CloudWatchLogsConfig {
        aws: AwsConfig { region: Some("eu-west-3".to_owned()), ..AwsConfig::default() },
        group_name: Some("/tidegate/orders".to_owned()),
        create_group: true,
        oversize: Some(Oversize::Split),
        update_interval: Some(Duration::from_secs(7)),
    };
    let builder = config.builder().expect("a builder");
    let shown = format!("{builder:?} {:?}", builder.clone().build().expect("a sink"));
    for part in ["eu-west-3", "/tidegate/orders", "create_group: true", "oversize: Split", "update_interval: 7s"] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
}
