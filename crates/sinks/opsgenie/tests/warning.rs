//! The end of Opsgenie's API is told in the log, once.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tidegate_base::Secret;
use tidegate_sink_opsgenie::{Flavor, Opsgenie};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no test panics here").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_sink_of_opsgenie_warns_once_that_the_api_ends_and_one_of_jsm_does_not() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let told = || String::from_utf8_lossy(&log.0.lock().expect("no test panics here")).into_owned();
    tracing::subscriber::with_default(subscriber, || {
        let build =
            |flavor| Opsgenie::builder(Secret::literal("s3cret")).with_flavor(flavor).build_sink().expect("a sink");
        build(Flavor::Jsm);
        assert_eq!(told(), "");
        build(Flavor::Opsgenie);
        build(Flavor::Opsgenie);
    });
    let told = told();
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.contains("WARN") && told.contains("2027-04-05") && told.contains("flavor = \"jsm\""), "{told}");
    assert!(!told.contains("s3cret"));
}
