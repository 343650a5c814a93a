//! When it measures, and how it ends.

mod common;

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use common::{copy, fixture, on, told};
use futures::StreamExt;
use tidegate_base::Clock;
use tidegate_event::{Cursor, Event, Signal};
use tidegate_source::{Source, SourceErrorKind};
use tokio::time::Instant;

/// A second later each time it is asked.
#[derive(Clone, Default)]
struct Ticking(Arc<Mutex<i64>>);

impl Clock for Ticking {
    fn now(&self) -> DateTime<Utc> {
        let mut seconds = self.0.lock().expect("no panic");
        *seconds += 1;
        DateTime::UNIX_EPOCH + TimeDelta::seconds(*seconds)
    }
}

#[tokio::test(start_paused = true)]
async fn it_measures_at_once_and_then_each_interval() {
    let interval = Duration::from_secs(7);
    let host = on(&fixture("bare")).with_interval(interval).with_clock(Ticking::default()).build().expect("valid");
    let start = Instant::now();
    let mut stream = host.open(None).await.expect("opened");
    for round in 0..4_u32 {
        let intake = stream.next().await.expect("it goes on").expect("readable");
        assert_eq!(start.elapsed().as_secs(), u64::from(7 * round));
        assert_eq!(intake.cursor, None);
        let mut times: Vec<_> = intake
            .signals
            .iter()
            .map(|signal| match signal {
                Signal::Event(Event::Metric(sample)) => sample.at.timestamp(),
                other => panic!("a sample: {other:?}"),
            })
            .collect();
        times.dedup();
        assert_eq!(times, [i64::from(round) + 1], "all of one measurement at one time, by our clock");
    }
}

#[tokio::test(start_paused = true)]
async fn measurements_that_were_missed_are_not_made_up_for() {
    let host = on(&fixture("bare")).build().expect("valid");
    let mut stream = host.open(None).await.expect("opened");
    stream.next().await.expect("it goes on").expect("readable");
    // The router is busy for a while.
    tokio::time::advance(Duration::from_secs(65)).await;
    let start = Instant::now();
    for seconds in [0, 10, 20] {
        stream.next().await.expect("it goes on").expect("readable");
        assert_eq!(start.elapsed().as_secs(), seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn it_ends_with_an_error_when_nothing_can_be_read_and_opens_again_when_it_can() {
    let machine = copy("bare");
    let host = on(machine.path()).build().expect("valid");
    let mut stream = host.open(Some(Cursor::new("anything"))).await.expect("opened");
    stream.next().await.expect("it goes on").expect("readable");

    let proc = machine.path().join("proc");
    fs::rename(&proc, machine.path().join("away")).expect("renamed");
    let error = stream.next().await.expect("an error").expect_err("nothing is there");
    assert_eq!(error.kind(), SourceErrorKind::Unreachable);
    assert!(error.to_string().starts_with("reading load, memory and mounts below "), "{error}");
    assert!(std::error::Error::source(&error).is_some());
    assert!(stream.next().await.is_none(), "an error ends it");
    assert_eq!(host.open(None).await.err().map(|error| error.kind()), Some(SourceErrorKind::Unreachable));
    assert_eq!(host.measure().await.err().map(|error| error.kind()), Some(SourceErrorKind::Unreachable));

    fs::rename(machine.path().join("away"), &proc).expect("renamed");
    let mut stream = host.open(None).await.expect("opened again");
    let intake = stream.next().await.expect("it goes on").expect("readable");
    assert!(told(&intake.signals).gaps.is_empty());
}
