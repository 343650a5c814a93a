//! Bytes a second through the parser, on the bodies of KurrentDB one after the other until they are 10 MB: samples alone,
//! and with every label of them. The floors go through the same memory once: one looks for line feeds, one adds up bytes.
//!
//! Run: `cargo bench -p tidegate-exposition`; one core is used. The target is 400 MB/s, and ten times what the crate
//! `prometheus-parse` does: `versus/` is held against that one.

use std::hint::black_box;
use std::path::Path;

use divan::counter::BytesCount;
use divan::{AllocProfiler, Bencher};
use memchr::memchr_iter;
use tidegate_exposition::{Format, Samples};

const BYTES: usize = 10_000_000;

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// The bodies in the text format, again and again.
fn corpus() -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sources/kurrentdb/tests/fixtures/metrics");
    let files = std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> = files.filter(|path| !path.to_string_lossy().contains("openmetrics")).collect();
    files.sort();
    let bodies: Vec<u8> = files.iter().flat_map(|path| std::fs::read(path).expect("a body")).collect();
    bodies.repeat(BYTES.div_ceil(bodies.len()))
}

fn bench(bencher: Bencher, work: impl Fn(&[u8]) -> f64) {
    let corpus = corpus();
    bencher.counter(BytesCount::new(corpus.len())).bench_local(|| work(black_box(&corpus)));
}

#[divan::bench]
fn samples(bencher: Bencher) {
    bench(bencher, |corpus| {
        Samples::new(corpus, Format::Text).map(|sample| sample.expect("a sample")).map(|sample| sample.value).sum()
    });
}

#[divan::bench]
fn samples_and_labels(bencher: Bencher) {
    bench(bencher, |corpus| {
        let mut bytes = 0;
        for sample in Samples::new(corpus, Format::Text) {
            for (name, value) in &sample.expect("a sample").labels {
                bytes += name.len() + value.len();
            }
        }
        bytes as f64
    });
}

#[divan::bench]
fn floor_line_feeds(bencher: Bencher) {
    bench(bencher, |corpus| memchr_iter(b'\n', corpus).count() as f64);
}

#[divan::bench]
fn floor_sum(bencher: Bencher) {
    bench(bencher, |corpus| corpus.iter().map(|byte| u64::from(*byte)).sum::<u64>() as f64);
}
