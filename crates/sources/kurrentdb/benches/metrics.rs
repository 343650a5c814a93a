//! One answer of `/metrics` to samples, as 26.1 and 24.10 give it: 54 and 24 KB, of which 155 and 148 samples pass beside the
//! standard ones. The floor parses the same bytes and adds up the values.
//!
//! Run: `cargo bench -p tidegate-source-kurrentdb`; one core is used. A thousand clusters of three nodes, asked every 15 s,
//! are 200 answers a second.

use std::hint::black_box;
use std::path::Path;

use chrono::DateTime;
use divan::Bencher;
use divan::counter::BytesCount;
use tidegate_event::Resource;
use tidegate_exposition::{Format, Samples};
use tidegate_source_kurrentdb::metrics::{Reader, ReaderOptions};

const BODIES: [&str; 2] = ["v26.1-leader.prom", "v24.10-leader.prom"];

fn main() {
    divan::main();
}

fn body(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/metrics").join(name)).expect("a body")
}

#[divan::bench(args = BODIES)]
fn read(bencher: Bencher, name: &str) {
    let body = body(name);
    let node = Resource::new().with_cluster("orders").with_node("10.0.0.1:2113");
    let mut reader = Reader::new(ReaderOptions::new(node).with_physical_cores(8).with_physical_memory(64 << 30));
    bencher
        .counter(BytesCount::new(body.len()))
        .bench_local(|| reader.read(black_box(&body), "text/plain", DateTime::UNIX_EPOCH).expect("a scrape"));
}

#[divan::bench(args = BODIES)]
fn floor(bencher: Bencher, name: &str) {
    let body = body(name);
    bencher.counter(BytesCount::new(body.len())).bench_local(|| {
        Samples::new(black_box(&body), Format::Text).filter_map(Result::ok).map(|sample| sample.value).sum::<f64>()
    });
}
