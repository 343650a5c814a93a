//! An issue from its sample through the stores on a real disk to a webhook on this machine, which is posted each issue
//! alone, or 100 of them at once.
//!
//! Run: `cargo bench -p tidegate --features http,store-disk --bench webhook`; `TMPDIR` says on which disk. Half a minute.
//! The target: 20,000 issues, each of a node of its own, durable and delivered at 15,000 a second, with a p99 of 150 ms
//! from the publication to the webhook's answer.
//!
//! The floor, in the same run, is the same requests by the same client, with no router before it. Client, router and
//! webhook share the cores of this machine.

#[path = "../../router/benches/common/mod.rs"]
mod common;
#[path = "../../router/benches/common/paced.rs"]
mod paced;
#[path = "../../router/benches/common/stores.rs"]
mod stores;
#[path = "common/webhook.rs"]
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, stream};
use tidegate_detect::{Detector, Ledger};
use tidegate_event::Event;
use tidegate_http::HttpTransport;
use tidegate_sink::Delivery;
use tokio::runtime::Builder;
use tokio::time::Instant;

use common::AtOnce;
use paced::{Told, measure, row};
use webhook::Webhook;

const ISSUES: usize = 20_000;
const RATES: [usize; 4] = [1_000, 5_000, 10_000, 15_000];

/// The opening events of so many issues.
fn events(count: usize) -> Vec<Event> {
    let mut ledger = Ledger::new(tidegate_base::Random::seeded(1));
    let mut findings = Vec::new();
    (0..count).for_each(|number| AtOnce.observe(&common::disk(number, 0.86), &mut findings));
    findings.into_iter().filter_map(|finding| ledger.apply(finding)).map(Event::from).collect()
}

/// The same requests without a router: events a second.
async fn floor(address: &str, batch: usize, concurrency: usize) -> f64 {
    let (events, transport) = (events(ISSUES), HttpTransport::new().expect("the machine's certificates"));
    let post = |some: &[Event]| {
        let (some, transport, address) = (some.to_vec(), transport.clone(), address.to_owned());
        async move {
            let some: Vec<&Event> = some.iter().collect();
            webhook::post(&transport, &address, &some).await.expect("it answers");
        }
    };
    let posts: Vec<_> = events.chunks(batch).map(post).collect();
    let began = Instant::now();
    stream::iter(posts).buffer_unordered(concurrency).collect::<Vec<()>>().await;
    rate(began.elapsed())
}

fn rate(took: Duration) -> f64 {
    ISSUES as f64 / took.as_secs_f64()
}

async fn to_webhook() {
    let address = webhook::serve().await;
    for (batch, concurrency) in [(1, 64), (100, 4)] {
        let floor = floor(&address, batch, concurrency).await;
        let sink = |told: &Arc<Told>| {
            let told = Arc::clone(told);
            Webhook::new(&address, batch, concurrency, move |batch: &[Delivery]| told.note(batch))
        };
        let told = Arc::new(Told::default());
        let (_, took) = measure(sink(&told), &told, ISSUES, None).await;
        let reached = rate(took);
        println!(
            "issues/s at once, {batch} in a request: {reached:.0}; floor {floor:.0}; ratio {:.2}",
            floor / reached
        );
        for a_second in RATES {
            let told = Arc::new(Told::default());
            let (published, took) = measure(sink(&told), &told, ISSUES, Some(a_second)).await;
            row(&format!("  at {a_second}/s, all told at {:.0}/s", rate(took)), &told.waits(&published));
        }
    }
}

fn main() {
    // Of `cargo test` this is no part.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    println!("{:<44} {:>10} {:>10} {:>10}", "latency", "p50", "p99", "longest");
    let runtime = Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async { tokio::spawn(to_webhook()).await.expect("no panic") });
}
