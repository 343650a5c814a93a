//! Slack's limits under scripted time, where a delivery needs more than one request of a method.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use common::{CHANNEL, bot, said};
use futures::stream::{self, StreamExt};
use http::{Request, Response};
use serde_json::{Value, json};
use tidegate_base::Clock;
use tidegate_http::{HttpSink, Transport, TransportError};
use tidegate_sink::{Delivery, Outcome, Sink};
use tidegate_sink_slack::{Paced, Slack};
use tidegate_testkit::model::{SlackMessage, SlackService};
use tidegate_testkit::sample::{self, Episode};
use tokio::time::Instant;

mod common;

/// A clock that goes with tokio's.
#[derive(Clone, Copy)]
struct Scripted(Instant);

impl Clock for Scripted {
    fn now(&self) -> DateTime<Utc> {
        common::now() + TimeDelta::from_std(self.0.elapsed()).expect("a short test")
    }
}

/// Straight to a Slack in memory, which takes no blocks where `plain`.
struct Wire {
    slack: SlackService,
    plain: bool,
}

#[async_trait]
impl Transport for Wire {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let answer = self.slack.answer(&request);
        tokio::time::sleep(Duration::from_millis(100)).await;
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let has_blocks = body["blocks"].as_array().is_some_and(|blocks| !blocks.is_empty());
        Ok(if self.plain && has_blocks {
            said(200, &json!({ "ok": false, "error": "invalid_blocks" }))
        } else {
            answer
        })
    }
}

fn slack(page: usize) -> SlackService {
    SlackService::new(CHANNEL, common::TOKEN).with_clock(Scripted(Instant::now())).with_rates().with_page(page)
}

fn sink(slack: &SlackService, plain: bool) -> HttpSink<Slack, Paced<Wire>> {
    let transport = Paced::new(Wire { slack: slack.clone(), plain });
    HttpSink::new(bot(), transport).with_clock(Scripted(Instant::now()))
}

/// Delivers as the lane does where nothing else holds it: four at a time, and one each 4/3 s after the first three.
async fn deliver(sink: &HttpSink<Slack, Paced<Wire>>, deliveries: Vec<Delivery>) -> Vec<Outcome> {
    let (start, gap) = (Instant::now(), Duration::from_secs(4) / 3);
    let numbered = deliveries.into_iter().zip(0_u32..);
    let each = stream::iter(numbered).map(|(delivery, number)| async move {
        tokio::time::sleep_until(start + gap * number.saturating_sub(2)).await;
        sink.deliver(&[delivery]).await.expect("outcomes").remove(0)
    });
    each.buffered(4).collect().await
}

fn refused(slack: &SlackService) -> Vec<String> {
    let requests = slack.requests().into_iter();
    requests.filter(|request| request.error.as_deref() == Some("ratelimited")).map(|request| request.method).collect()
}

fn fresh(number: u32) -> Delivery {
    sample::delivery(Episode::numbered("disk-usage", number).open())
}

fn again(number: u32) -> Delivery {
    fresh(number).with_maybe_applied()
}

#[tokio::test(start_paused = true)]
async fn looks_of_many_pages_keep_to_what_slack_takes_a_minute() {
    let slack = slack(10);
    let sink = sink(&slack, false);
    for number in 100..140 {
        assert!(matches!(deliver(&sink, vec![fresh(number)]).await[..], [Outcome::Accepted(_)]));
        tokio::time::advance(Duration::from_secs(2)).await;
    }
    let outcomes = deliver(&sink, (0..60).map(again).collect()).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Accepted(_))), "{outcomes:?}");
    assert_eq!(refused(&slack), [""; 0]);
    let looks = slack.requests().iter().filter(|request| request.method == "conversations.history").count();
    assert!(looks > 4 * 60, "{looks}");
}

#[tokio::test(start_paused = true)]
async fn what_lies_some_pages_back_is_found_and_stands_once() {
    let slack = slack(2);
    let sink = sink(&slack, false);
    deliver(&sink, (0..6).map(fresh).collect()).await;
    let began = Instant::now();
    assert!(matches!(deliver(&sink, vec![again(0)]).await[..], [Outcome::Accepted(_)]));
    assert_eq!(slack.messages().iter().map(SlackMessage::edits).collect::<Vec<_>>(), [1, 0, 0, 0, 0, 0]);
    let took = began.elapsed().as_secs_f64();
    assert!((2.6..3.0).contains(&took), "two pages more, 4/3 s each, and four answers: {took}");
}

#[tokio::test(start_paused = true)]
async fn posts_and_edits_that_are_said_again_as_plain_text_keep_to_it() {
    let slack = slack(usize::MAX);
    let sink = sink(&slack, true);
    let outcomes = deliver(&sink, (0..100).map(fresh).collect()).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Accepted(_))), "{outcomes:?}");
    assert_eq!(refused(&slack), [""; 0]);
    assert_eq!(slack.requests().len(), 200);
}

#[tokio::test(start_paused = true)]
async fn what_the_lane_counts_waits_for_nothing() {
    let slack = slack(usize::MAX);
    let sink = sink(&slack, false);
    let began = Instant::now();
    for number in 0..20 {
        sink.deliver(&[fresh(number)]).await.expect("outcomes");
    }
    assert_eq!(began.elapsed(), Duration::from_secs(2), "20 answers");
    let asked = Instant::now();
    sink.probe().await.expect("a probe");
    assert_eq!(asked.elapsed(), Duration::from_millis(100));
}
