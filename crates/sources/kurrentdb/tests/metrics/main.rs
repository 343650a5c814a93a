//! What is read from `/metrics`: the bodies of all versions, and odd ones.

mod bodies;
mod odd;
mod volumes;

use std::path::Path;

use chrono::{DateTime, Utc};
use tidegate_event::Resource;
use tidegate_source_kurrentdb::metrics::{MetricsError, Reader, ReaderOptions, Scrape};

const TEXT: &str = "text/plain; charset=utf-8; version=0.0.4";
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

fn node() -> Resource {
    Resource::new().with_cluster("orders").with_node("10.0.0.1:2113")
}

fn options() -> ReaderOptions {
    ReaderOptions::new(node())
}

fn at() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_795_489_200_123).expect("a time")
}

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/metrics").join(name);
    std::fs::read_to_string(path).expect("a fixture")
}

fn read(body: &str, options: ReaderOptions) -> Result<Scrape, MetricsError> {
    Reader::new(options).read(body.as_bytes(), TEXT, at())
}

fn read_fixture(name: &str, options: ReaderOptions) -> Scrape {
    let content_type = if name.contains("openmetrics") { OPENMETRICS } else { TEXT };
    let scrape = Reader::new(options).read(fixture(name).as_bytes(), content_type, at());
    scrape.unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The value of the standard sample `name`, of whatever volume.
fn value(scrape: &Scrape, name: &str) -> Option<f64> {
    let mut found = scrape.samples.iter().filter(|sample| &*sample.name == name);
    let value = found.next().map(tidegate_event::Sample::value);
    assert!(found.next().is_none(), "{name} twice");
    value
}
