//! Where other programs lose an alert or its end: each a test of the whole program, which is stopped or killed at the
//! worst moment, beside a Slack that outlives it.
#![cfg(target_os = "linux")]

mod common;

use std::time::Duration;

use common::rig::{Rig, Slack, notification, until};
use tidegate_testkit::server::{Fault, Point, RetryAfter};
use tokio::time::{Instant, sleep};

/// Long enough for what must not come.
const A_WHILE: Duration = Duration::from_secs(1);
const VOLUME: &str = "/data";
const FULL: f64 = 0.95;
const FULLER: f64 = 0.85;
const EMPTY: f64 = 0.5;

/// A Slack, and what tells it, with more keys for its integration.
async fn slack_and_rig(more: &str) -> (Slack, Rig) {
    let slack = Slack::start().await;
    let rig = Rig::new(&slack.integration("ops", more));
    (slack, rig)
}

/// In the end there is one message, it is green, and Slack minds nothing.
async fn is_over(slack: &Slack) {
    until("closed", || slack.is_green()).await;
    sleep(A_WHILE).await;
    assert!(slack.is_green());
    assert_eq!(slack.service.complaints(), [""; 0]);
}

#[tokio::test]
async fn what_is_over_while_the_program_is_away_is_closed_after_its_start() {
    for kills in [false, true] {
        let (slack, rig) = slack_and_rig("").await;
        let agent = rig.start();
        rig.fill(VOLUME, FULL).await;
        until("told", || slack.is_open()).await;
        let words = if kills { agent.kill() } else { agent.stop().await };
        assert!(kills || words.contains("One issue was open"), "{words}");

        let agent = rig.start();
        rig.fill(VOLUME, EMPTY).await;
        is_over(&slack).await;
        assert_eq!(slack.asked("chat.postMessage").len(), 1);
        agent.stop().await;
    }
}

#[tokio::test]
async fn an_issue_that_was_written_down_and_not_told_is_told_after_a_kill() {
    let (mut slack, rig) = slack_and_rig("").await;
    slack.server = slack.server.with_fault(Fault::Close(Point::Request));
    let agent = rig.start();
    rig.fill(VOLUME, FULL).await;
    rig.taken(vec![notification("7")]).await;
    agent.kill();
    assert_eq!(slack.service.all(), []);

    slack.server.heal();
    let agent = rig.start();
    until("told", || slack.service.all().len() == 2).await;
    rig.fill(VOLUME, EMPTY).await;
    let issue = || slack.service.all().into_iter().find(|message| message.mentions(VOLUME));
    until("closed", || issue().is_some_and(|message| message.is_green())).await;
    sleep(A_WHILE).await;
    assert_eq!((slack.service.all().len(), slack.service.about("7").len()), (2, 1));
    assert_eq!(slack.service.complaints(), [""; 0]);
    agent.stop().await;
}

#[tokio::test]
async fn a_post_that_was_applied_and_whose_answer_a_kill_lost_is_found_again() {
    let (slack, rig) = slack_and_rig("").await;
    slack.server.script([Fault::Hang(Point::Applied)]);
    let agent = rig.start();
    rig.fill(VOLUME, FULL).await;
    until("posted", || slack.is_open()).await;
    agent.kill();

    let agent = rig.start();
    until("found and edited", || slack.asked("chat.update").len() == 1).await;
    assert!(slack.is_open());
    rig.fill(VOLUME, EMPTY).await;
    is_over(&slack).await;
    assert_eq!((slack.asked("chat.postMessage").len(), slack.asked("conversations.history").len()), (1, 1));
    agent.stop().await;
}

#[tokio::test]
async fn an_issue_that_was_throttled_and_cleared_is_told_once_as_over() {
    for kills in [false, true] {
        let (slack, rig) = slack_and_rig("").await;
        slack.server.script([Fault::throttled(RetryAfter::Seconds(3))]);
        let mut agent = rig.start();
        rig.fill(VOLUME, FULL).await;
        until("throttled", || slack.asked("chat.postMessage").len() == 1).await;
        rig.fill(VOLUME, EMPTY).await;
        if kills {
            agent.kill();
            agent = rig.start();
        }
        is_over(&slack).await;
        let said = slack.message().map(|message| message.history.len());
        assert_eq!(said, Some(1), "it never said that it is open");
        agent.stop().await;
    }
}

#[tokio::test]
async fn a_close_that_is_throttled_is_told_later() {
    for kills in [false, true] {
        let (slack, rig) = slack_and_rig("").await;
        let mut agent = rig.start();
        rig.fill(VOLUME, FULL).await;
        until("told", || slack.is_open()).await;
        slack.server.script([Fault::throttled(RetryAfter::Seconds(3))]);
        let cleared = Instant::now();
        rig.fill(VOLUME, EMPTY).await;
        until("throttled", || slack.asked("chat.update").len() == 1).await;
        if kills {
            agent.kill();
            agent = rig.start();
        }
        is_over(&slack).await;
        // Who is killed does not know of the wait any more.
        assert!(kills || cleared.elapsed() >= Duration::from_secs(3), "{:?}", cleared.elapsed());
        assert_eq!(slack.asked("chat.postMessage").len(), 1);
        agent.stop().await;
    }
}

#[tokio::test]
async fn an_update_that_waits_outlives_two_restarts() {
    let (slack, rig) = slack_and_rig("update_interval = \"3s\"").await;
    let says =
        |word: &str| slack.message().is_some_and(|message| message.is_open() && message.text().starts_with(word));
    let agent = rig.start();
    rig.fill(VOLUME, FULL).await;
    until("told", || says("Critical")).await;
    let told = Instant::now();
    // That it was told is written down a moment later; who does not know it says it once more.
    sleep(Duration::from_millis(500)).await;
    rig.fill(VOLUME, FULLER).await;
    agent.kill();
    let agent = rig.start();
    agent.watches().await;
    agent.kill();
    let agent = rig.start();
    until("told what it is now", || says("Warning")).await;
    assert!(told.elapsed() >= Duration::from_millis(2_900), "{:?}", told.elapsed());
    assert_eq!(slack.message().map(|message| message.edits()), Some(1));

    // Where there is no time for the update, the close comes instead of it.
    rig.fill(VOLUME, FULL).await;
    until("worse, which does not wait", || says("Critical")).await;
    rig.fill(VOLUME, FULLER).await;
    agent.kill();
    rig.start().kill();
    let agent = rig.start();
    rig.fill(VOLUME, EMPTY).await;
    is_over(&slack).await;
    assert_eq!(slack.asked("chat.postMessage").len(), 1);
    agent.stop().await;
}

#[tokio::test]
async fn an_issue_that_fell_below_the_least_severity_is_closed_all_the_same() {
    for restarts in [false, true] {
        let (slack, rig) = slack_and_rig("min_severity = \"critical\"").await;
        let mut agent = rig.start();
        rig.fill("/other", FULLER).await; // never told
        rig.fill(VOLUME, FULL).await;
        until("told", || slack.is_open()).await;
        rig.fill(VOLUME, FULLER).await;
        if restarts {
            agent.kill();
            agent = rig.start();
        }
        rig.fill(VOLUME, EMPTY).await;
        rig.fill("/other", EMPTY).await;
        is_over(&slack).await;
        assert_eq!(slack.asked("chat.postMessage").len(), 1);
        agent.stop().await;
    }
}
