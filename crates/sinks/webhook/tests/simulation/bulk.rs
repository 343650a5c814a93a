//! 10,000 log lines, through a router and a wire that fails.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tidegate_base::Random;
use tidegate_event::EventKind;
use tidegate_router::{Integration, Router, Subscription};
use tidegate_sink_webhook::WebhookSink;
use tidegate_testkit::model::WebhookReceiver;
use tidegate_testkit::{Crash, sample};

use crate::clock::SimulatedClock;
use crate::receiver::{NAME, Noted, Posted, SECRET, Words, webhook};
use crate::wire::{Trouble, Wire};

const LINES: usize = 10_000;

/// What became of the lines: the receiver, and all that was posted.
async fn pour(seed: u64) -> (WebhookReceiver, Posted) {
    let clock = SimulatedClock::new();
    let mut random = Random::seeded(seed);
    let receiver = WebhookReceiver::new([SECRET]).with_clock(clock);
    let (trouble, posted) = (Trouble::new(random.fork()), Posted::default());
    let wire = Wire { service: Arc::new(Words(receiver.clone())), trouble: trouble.clone(), crash: Crash::never() };
    let transport = Noted { transport: wire, posted: posted.clone() };
    let sink = WebhookSink::new(webhook(), transport).with_clock(clock);
    let router = Router::builder()
        .with_integration(Integration::new(NAME, sink, Subscription::new([EventKind::Log])))
        .with_clock(clock)
        .with_random(random.fork())
        .build()
        .expect("a router");
    let handle = router.handle();
    let running = tokio::spawn(router.run());
    let mut said = 0;
    while said < LINES {
        let more = (said + 1 + usize::try_from(random.below(400)).expect("a small number")).min(LINES);
        handle.publish((said..more).map(|number| sample::log(&format!("line {number}")))).await.expect("taken");
        said = more;
        tokio::time::sleep(random.duration(Duration::from_secs(3))).await;
    }
    // Whatever is in the way stays in the way until all have arrived.
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_mins(10)).await;
        if receiver.items().len() == LINES {
            break;
        }
    }
    trouble.end();
    tokio::time::sleep(Duration::from_mins(10)).await;
    handle.stop();
    let leftover = running.await.expect("no panic").expect("no error");
    assert!(leftover.is_empty(), "seed {seed}: {leftover:?}");
    (receiver, posted)
}

fn number(item: &Value) -> usize {
    let message = item["message"].as_str().and_then(|message| message.strip_prefix("line "));
    message.and_then(|number| number.parse().ok()).expect("a line")
}

fn numbers(body: &Value) -> Vec<usize> {
    body["data"]["logs"].as_array().expect("a batch").iter().map(number).collect()
}

#[test]
fn ten_thousand_lines_arrive_once_each_in_batches_through_whatever_fails() {
    for seed in 0..4 {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
        let (receiver, posted) = runtime.block_on(pour(seed));
        assert_eq!(receiver.complaints(), [""; 0], "seed {seed}");

        let arrived: Vec<usize> = receiver.items().iter().map(number).collect();
        assert_eq!(arrived.len(), LINES, "seed {seed}: none twice");
        assert_eq!(arrived.iter().copied().collect::<BTreeSet<_>>(), (0..LINES).collect(), "seed {seed}: none lost");
        let batches = receiver.messages().len();
        assert!(batches < LINES / 20, "seed {seed}: {batches} batches");
        assert!(receiver.repeated() > 0, "seed {seed}: no answer was lost");

        let mut next = 0;
        for body in posted.all() {
            let numbers = numbers(&body);
            assert!(numbers.is_sorted(), "seed {seed}: a batch in disorder: {numbers:?}");
            // What was tried before may stand before it.
            for number in numbers {
                assert!(number <= next, "seed {seed}: {number} was tried before {next}");
                next = next.max(number + 1);
            }
        }
        assert!(arrived.is_sorted(), "seed {seed}: a line was overtaken");
    }
}
