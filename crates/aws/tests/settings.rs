//! Settings: which cannot work, and what is told of them.

use std::time::Duration;

use tidegate_aws::{AwsBuilder, AwsConfig, AwsConnection, AwsErrorKind};
use tidegate_base::Secret;

const SECRET: &str = "s3cret/wJalrXUtnFEMI";

fn good() -> AwsConfig {
    AwsConfig {
        region: Some("eu-west-1".to_owned()),
        access_key_id: Some(Secret::literal("AKIDEXAMPLE")),
        secret_access_key: Some(Secret::literal(SECRET)),
        ..AwsConfig::default()
    }
}

fn refused(config: AwsConfig) -> (AwsErrorKind, &'static str) {
    let error = AwsConnection::from_config(config).expect_err("it cannot work");
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    (error.kind(), error.key())
}

#[test]
fn what_cannot_work_is_refused_with_its_key() {
    use AwsErrorKind::{Invalid, Missing};
    for region in ["", "EU West", "eu-west-1.evil.example/", "-eu", "ü"] {
        assert_eq!(refused(AwsConfig { region: Some(region.to_owned()), ..good() }), (Invalid, "region"), "{region}");
    }
    for endpoint in ["", "logs.example.com", "ftp://a.example", "http://a.example", "https://u:s3cret@a.example", "/x"]
    {
        let config = AwsConfig { endpoint: Some(endpoint.to_owned()), ..good() };
        assert_eq!(refused(config), (Invalid, "endpoint"), "{endpoint}");
    }
    assert_eq!(refused(AwsConfig { secret_access_key: None, ..good() }), (Missing, "secret_access_key"));
    assert_eq!(refused(AwsConfig { access_key_id: None, ..good() }), (Missing, "access_key_id"));
    let token = AwsConfig { session_token: Some(Secret::literal(SECRET)), ..AwsConfig::default() };
    assert_eq!(refused(token), (Missing, "access_key_id"));
    assert_eq!(refused(AwsConfig { profile: Some("work".to_owned()), ..good() }), (Invalid, "profile"));
    for timeout in [Duration::ZERO, Duration::from_secs(31)] {
        assert_eq!(refused(AwsConfig { timeout: Some(timeout), ..good() }), (Invalid, "timeout"));
    }
}

#[test]
fn plain_http_goes_to_this_machine_and_elsewhere_where_it_is_allowed() {
    for endpoint in ["http://localhost:5000", "http://127.0.0.1:5000/", "http://[::1]:5000", "https://a.example"] {
        assert!(AwsConnection::from_config(AwsConfig { endpoint: Some(endpoint.to_owned()), ..good() }).is_ok());
    }
    let elsewhere = AwsConfig { endpoint: Some("http://moto:5000".to_owned()), allow_http: true, ..good() };
    assert_eq!(AwsConnection::from_config(elsewhere).expect("allowed").place(), "eu-west-1");
}

#[test]
fn every_setting_arrives_and_no_secret_is_shown() {
    let config = AwsConfig {
        endpoint: Some("https://vpce.example.com/path".to_owned()),
        session_token: Some(Secret::from_env("TOKEN")),
        timeout: Some(Duration::from_secs(3)),
        allow_http: true,
        ..good()
    };
    let shown = format!("{config:?} {:?} {:?}", config.clone().builder(), AwsConnection::from_config(config.clone()));
    let (_, built) = shown.split_once("AwsBuilder").expect("a builder");
    for part in ["eu-west-1", "vpce.example.com", "env TOKEN", "3s", "http_allowed: true"] {
        assert!(built.contains(part), "{part} is not in {built}");
    }
    assert!(!shown.contains("s3cret"), "{shown}");
}

#[test]
fn a_place_is_the_region_else_the_host_else_the_profile() {
    let place = |builder: AwsBuilder| builder.build().expect("a connection").place();
    let profile = || AwsBuilder::default().with_profile("work");
    assert_eq!(place(profile().with_endpoint("https://logs.example:8443").with_region("eu-west-1")), "eu-west-1");
    // Nothing here may hang on the environment of whoever runs it.
    if std::env::var_os("AWS_REGION").or(std::env::var_os("AWS_DEFAULT_REGION")).is_none() {
        assert_eq!(place(profile().with_endpoint("https://logs.example:8443")), "logs.example:8443");
        assert_eq!(place(profile()), "profile:work");
        assert_eq!(place(AwsBuilder::default()), "default");
    }
}
