//! An issue from its sample through the stores on a real disk to a sink that does nothing: how long that takes at a steady
//! rate, and how many pass in a second.
//!
//! Run: `cargo bench -p tidegate-router --bench disk`; `TMPDIR` says on which disk. Half a minute.
//!
//! The floor, in the same run, is a write of 1 KB and `fdatasync`: before an issue is told it is durable in the journal, and
//! that it is about to be told is in the state.
//!
//! Found on a virtual machine of two cores (Xeon, 2.6 GHz): p50 and p99 at 1,000/s 1.0 and 5 ms, at 15,000/s
//! 2.2 and 22 ms; 62,000 to 75,000 issues/s at once.

mod common;
#[path = "common/paced.rs"]
mod paced;
#[path = "common/stores.rs"]
mod stores;

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
use tokio::runtime::Builder;
use tokio::time::Instant;

use paced::{Told, measure, row};

const ISSUES: usize = 20_000;
const RATES: [usize; 3] = [1_000, 5_000, 15_000];

/// Accepts at once.
struct Nothing {
    profile: Profile,
    told: Arc<Told>,
}

#[async_trait]
impl Sink for Nothing {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        self.told.note(batch);
        Ok(vec![Outcome::Accepted(None); batch.len()])
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        Ok(Probe::new())
    }
}

fn nothing(batch: usize, told: &Arc<Told>) -> Nothing {
    Nothing { profile: Profile::new("nowhere").with_batch(batch), told: Arc::clone(told) }
}

/// Writes of 1 KB, each synced.
fn floor_of_disk(dir: &Path) -> Vec<Duration> {
    let file = OpenOptions::new().create_new(true).write(true).open(dir.join("floor")).expect("a file");
    file.write_all_at(&vec![0; 4 * 1024 * 1024], 0).expect("room");
    file.sync_all().expect("a disk that is well");
    let mut waits: Vec<Duration> = (0..2_000)
        .map(|number| {
            let began = Instant::now();
            file.write_all_at(&[1; 1024], number * 1024).expect("room");
            file.sync_data().expect("a disk that is well");
            began.elapsed()
        })
        .collect();
    waits.sort_unstable();
    waits
}

fn rate(took: Duration) -> f64 {
    ISSUES as f64 / took.as_secs_f64()
}

async fn to_nowhere() {
    for a_second in RATES {
        let told = Arc::new(Told::default());
        let (published, took) = measure(nothing(1, &told), &told, ISSUES, Some(a_second)).await;
        row(&format!("at {a_second}/s, all told at {:.0}/s", rate(took)), &told.waits(&published));
    }
    for batch in [1, 100] {
        let told = Arc::new(Told::default());
        let (_, took) = measure(nothing(batch, &told), &told, ISSUES, None).await;
        println!("issues/s at once, to a sink that takes {batch} in a call: {:.0}", rate(took));
    }
}

fn main() {
    // Of `cargo test` this is no part.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    println!("{:<44} {:>10} {:>10} {:>10}", "latency", "p50", "p99", "longest");
    row("floor: write and fdatasync of 1 KB", &floor_of_disk(stores::folder().path()));
    let runtime = Builder::new_multi_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async { tokio::spawn(to_nowhere()).await.expect("no panic") });
}
