//! The end of Opsgenie's API is told in the log, once.

use log::Log;
use tidegate_base::Secret;
use tidegate_sink_opsgenie::{Flavor, Opsgenie};

#[path = "../../../http/tests/guest/log.rs"]
mod log;

#[test]
fn a_sink_of_opsgenie_warns_once_that_the_api_ends_and_one_of_jsm_does_not() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(log.clone()).finish();
    tracing::subscriber::with_default(subscriber, || {
        let build =
            |flavor| Opsgenie::builder(Secret::literal("s3cret")).with_flavor(flavor).build_sink().expect("a sink");
        build(Flavor::Jsm);
        assert_eq!(log.text(), "");
        build(Flavor::Opsgenie);
        build(Flavor::Opsgenie);
    });
    let told = log.text();
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.contains("WARN") && told.contains("2027-04-05") && told.contains("flavor = \"jsm\""), "{told}");
    assert!(!told.contains("s3cret"));
}
