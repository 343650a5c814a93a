//! The parser beside the crate `prometheus-parse` and a bare walk over the memory, on the same 10 MB of KurrentDB's bodies.
//!
//! Run in this folder: `cargo bench`; one core is used.

use std::hint::black_box;
use std::path::Path;

use divan::Bencher;
use divan::counter::BytesCount;
use memchr::memchr_iter;
use prometheus_parse::Scrape;
use tidegate_exposition::{Format, Samples};

const BYTES: usize = 10_000_000;

fn main() {
    divan::main();
}

/// The bodies in the text format, again and again. `prometheus-parse` takes them as they are.
fn corpus() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sources/kurrentdb/tests/fixtures/metrics");
    let files = std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> = files.filter(|path| !path.to_string_lossy().contains("openmetrics")).collect();
    files.sort();
    let bodies: String = files.iter().map(|path| std::fs::read_to_string(path).expect("a body")).collect();
    bodies.repeat(BYTES.div_ceil(bodies.len()))
}

fn bench<T>(bencher: Bencher, work: impl Fn(&str) -> T) {
    let corpus = corpus();
    bencher.counter(BytesCount::new(corpus.len())).bench_local(|| work(black_box(&corpus)));
}

#[divan::bench(sample_count = 50)]
fn samples_and_labels(bencher: Bencher) {
    bench(bencher, |corpus| {
        let mut bytes = 0;
        for sample in Samples::new(corpus.as_bytes(), Format::Text) {
            for (name, value) in &sample.expect("a sample").labels {
                bytes += name.len() + value.len();
            }
        }
        bytes
    });
}

#[divan::bench(sample_count = 5)]
fn prometheus_parse(bencher: Bencher) {
    bench(bencher, |corpus| {
        let lines = corpus.lines().map(|line| Ok(line.to_owned()));
        Scrape::parse(lines).expect("a scrape").samples.len()
    });
}

#[divan::bench(sample_count = 50)]
fn floor(bencher: Bencher) {
    bench(bencher, |corpus| memchr_iter(b'\n', corpus.as_bytes()).count());
}
