//! Lines of KurrentDB's log to records, on one core: `clef` by this crate, `wanted` where nine in ten are of too low a
//! level, `serde` the same bytes read by `serde_json` into nothing at all, `value` into its values.
//!
//! Run: `cargo bench -p tidegate-source-tail --bench clef`. The target is 300 MB/s through `clef`.

use chrono::DateTime;
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use serde::de::IgnoredAny;
use tidegate_event::{LogLevel, Resource};
use tidegate_source_tail::Clef;

const LINES: usize = 10_000;

fn main() {
    divan::main();
}

/// Lines of 300 bytes on average, as KurrentDB writes them: nine of a kind in ten at `Debug`.
fn lines() -> Vec<String> {
    (0..LINES)
        .map(|number| {
            let second = number / 100 % 60;
            if number % 10 == 0 {
                return format!(
                    r#"{{"@t":"2026-07-25T00:02:{second:02}.0521000+00:00","@mt":"Looks like node [{{nodeEndPoint}}] is DEAD (Gossip send failed).","@l":"Information","@i":1718796462,"nodeEndPoint":"Unspecified/node{number}.kdb.example.net:2113","SourceContext":"KurrentDB.Core.Services.Gossip.GossipServiceBase","ProcessId":1,"ThreadId":9}}"#
                );
            }
            format!(
                r#"{{"@t":"2026-07-25T00:01:{second:02}.2521000+00:00","@mt":"SLOW QUEUE MSG [{{queue}}]: {{message}} - {{elapsed}}ms. Q: {{prevQueueCount}}/{{curQueueCount}}.","@l":"Debug","@i":642274653,"queue":"MainQueue","message":"SystemInit","elapsed":{number},"prevQueueCount":0,"curQueueCount":4,"SourceContext":"KurrentDB.Core.Bus.QueuedHandlerThreadPool","ProcessId":1,"ThreadId":9}}"#
            )
        })
        .collect()
}

fn bench(bencher: Bencher<'_, '_>, mut each: impl FnMut(&[u8])) {
    let lines = lines();
    let bytes: usize = lines.iter().map(String::len).sum();
    bencher.counter(BytesCount::new(bytes)).counter(ItemsCount::new(LINES)).bench_local(|| {
        for line in &lines {
            each(line.as_bytes());
        }
    });
}

fn resource() -> Resource {
    Resource::new().with_cluster("orders").with_node("10.0.0.1:2113")
}

#[divan::bench]
fn clef(bencher: Bencher<'_, '_>) {
    let mut clef = Clef::new(resource());
    bench(bencher, |line| {
        black_box(clef.read(line, DateTime::UNIX_EPOCH));
    });
}

#[divan::bench]
fn wanted(bencher: Bencher<'_, '_>) {
    let mut clef = Clef::new(resource()).with_min_level(LogLevel::Information);
    bench(bencher, |line| {
        black_box(clef.read_wanted(line, DateTime::UNIX_EPOCH));
    });
}

#[divan::bench]
fn serde(bencher: Bencher<'_, '_>) {
    bench(bencher, |line| {
        black_box(serde_json::from_slice::<IgnoredAny>(line).expect("JSON"));
    });
}

#[divan::bench]
fn value(bencher: Bencher<'_, '_>) {
    bench(bencher, |line| {
        black_box(serde_json::from_slice::<serde_json::Value>(line).expect("JSON"));
    });
}
