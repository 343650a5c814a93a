//! What the benches of the stores on disk share: the clock, and the floor that they stand beside.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// Of `cargo test` a benchmark is no part.
pub(crate) fn is_asked_for() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

pub(crate) fn dir() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the real clock")]
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let began = Instant::now();
    let done = work();
    (began.elapsed(), done)
}

pub(crate) fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

/// How long so many writes take, each of `bytes` and synced, into a file that has its room.
pub(crate) fn raw(folder: &Path, bytes: usize, rounds: usize) -> Duration {
    let file = OpenOptions::new().create(true).truncate(true).write(true).open(folder.join("raw")).expect("a file");
    rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, (bytes * rounds) as u64).expect("room");
    file.sync_all().expect("a sync");
    let block: Vec<u8> = (0..=250).cycle().take(bytes).collect();
    let write = || {
        for round in 0..rounds {
            file.write_all_at(&block, (round * bytes) as u64).expect("a write");
            file.sync_data().expect("a sync");
        }
    };
    timed(write).0
}
