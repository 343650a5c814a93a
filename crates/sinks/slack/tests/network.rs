//! The sink over the network, against a Slack in this process that fails at every point.

use std::time::Duration;

use common::{CHANNEL, TOKEN, deliver, kind, service, tell, tell_whole};
use tidegate_base::{Random, Secret};
use tidegate_event::Event;
use tidegate_sink::SinkErrorKind::{Misconfigured, Throttled, Unauthorized, Unconfirmed};
use tidegate_sink::{Outcome, Sink, SinkErrorKind};
use tidegate_sink_slack::{Slack, SlackSink};
use tidegate_testkit::model::SlackService;
use tidegate_testkit::sample::{self, Episode};
use tidegate_testkit::server::{Fault, Point, RandomServerFaults, RetryAfter, Server, text};

mod common;
#[path = "../../../http/tests/guest/network.rs"]
mod network;

async fn slack(model: &SlackService) -> (SlackSink, Server) {
    let inner = model.clone();
    let server = Server::start(move |request| inner.answer(request)).await;
    (sink(&server.url(), TOKEN), server)
}

fn sink(url: &str, token: &str) -> SlackSink {
    let builder = Slack::bot(CHANNEL, Secret::literal(token)).with_endpoint(url);
    builder.with_timeout(Duration::from_secs(5)).build_sink().expect("a sink")
}

#[tokio::test]
async fn an_issue_is_one_message_that_turns_green() {
    let model = service();
    let (sink, server) = slack(&model).await;
    let disk = Episode::new("disk-usage");
    let receipt = tell(&sink, disk.open(), None).await;
    tell(&sink, disk.close(), receipt).await;
    let paths: Vec<String> = server.received().iter().map(|one| one.request.uri().path().to_owned()).collect();
    assert_eq!(paths, ["/chat.postMessage", "/chat.update"]);
    let messages = model.messages();
    assert_eq!((messages.len(), messages[0].is_green(), messages[0].edits()), (1, true, 1));
}

#[tokio::test]
async fn each_fault_is_told_as_what_it_is() {
    let (sink, server) = slack(&service()).await;
    let nowhere = self::sink("http://127.0.0.1:1", TOKEN);
    let own = [
        (Fault::throttled(RetryAfter::None), Some(Throttled), None),
        (Fault::Instead(text(403, "<html>a proxy</html>")), Some(Unauthorized), None),
        (Fault::status(302), Some(Misconfigured), None),
        (Fault::Close(Point::HalfBody), Some(Unconfirmed), None),
        (Fault::After(text(200, "not what Slack says")), Some(Unconfirmed), None),
    ];
    network::assert_told(&sink, &server, own, &nowhere).await;
}

#[tokio::test]
async fn a_post_whose_answer_was_lost_is_found_again_and_stands_once() {
    for fault in [Fault::Reset(Point::Applied), Fault::status_after(500), Fault::Close(Point::HalfHead)] {
        let model = service();
        let (sink, server) = slack(&model).await;
        // Newer messages, so that the look needs several pages.
        let disk = Episode::new("disk-usage");
        server.script([fault.clone()]);
        let first = sample::delivery(disk.open());
        assert!(kind(&deliver(&sink, &first).await).is_some_and(SinkErrorKind::may_have_applied), "{fault:?}");
        for number in 1..6 {
            tell(&sink, Episode::numbered("core-load", number).open(), None).await;
        }
        let receipt = tell(&sink, disk.update(), None).await;
        drop(receipt);
        let again = first.with_maybe_applied();
        let Outcome::Accepted(receipt) = deliver(&sink, &again).await else { panic!("not accepted") };
        tell(&sink, disk.close(), receipt).await;
        assert!(!model.shown(&sample::issue()).open, "{fault:?}");
    }
}

#[tokio::test]
async fn after_any_faults_each_issue_stands_once_and_green() {
    for seed in 0..30 {
        let model = service();
        let inner = model.clone();
        let server = Server::start(move |request| inner.answer(request))
            .await
            .with_faults(RandomServerFaults::new(Random::seeded(seed), 3));
        let sink = sink(&server.url(), TOKEN);
        for number in 0..4 {
            let disk = Episode::numbered("disk-usage", number);
            let closed = tell_whole(&sink, &disk).await;
            let shown = model.shown(&closed);
            assert_eq!((shown.open, shown.copies), (false, 1), "seed {seed}, issue {number}");
        }
        assert_eq!(model.complaints(), [""; 0], "seed {seed}");
    }
}

#[tokio::test]
async fn where_nobody_may_look_each_issue_ends_green_and_every_copy_says_so() {
    for seed in 0..30 {
        let model = service().without_history();
        let inner = model.clone();
        let server = Server::start(move |request| inner.answer(request))
            .await
            .with_faults(RandomServerFaults::new(Random::seeded(seed), 3));
        let sink = sink(&server.url(), TOKEN);
        let disk = Episode::new("disk-usage");
        let receipt = tell(&sink, disk.open(), None).await;
        let closed = disk.close();
        tell(&sink, closed.clone(), receipt).await;
        assert!(!model.shown(&closed).open, "seed {seed}");
        let posts = server.received().into_iter().filter(|one| one.request.uri().path() == "/chat.postMessage");
        let posts: Vec<_> = posts.collect();
        let first = posts.iter().position(|one| one.applied).expect("a post");
        for copy in posts.iter().skip(first + 1) {
            let said = String::from_utf8_lossy(copy.request.body()).into_owned();
            assert!(said.contains("There may be an earlier message"), "seed {seed}: {said}");
        }
    }
}

#[tokio::test]
async fn a_message_that_somebody_deleted_is_posted_anew() {
    let model = service();
    let (sink, _server) = slack(&model).await;
    let disk = Episode::new("disk-usage");
    let first = tell(&sink, disk.open(), None).await;
    model.delete_all();
    let second = tell(&sink, disk.update(), first.clone()).await;
    assert_ne!(first, second);
    let closed = disk.close();
    tell(&sink, closed.clone(), second).await;
    assert_eq!((model.shown(&closed).open, model.shown(&closed).copies), (false, 1));
}

#[tokio::test]
async fn a_bad_token_is_one_clear_line_and_shows_nowhere() {
    let (_, server) = slack(&service()).await;
    let sink = sink(&server.url(), "xoxb-another-s3cret");
    let Outcome::Failed(error) = deliver(&sink, &sample::delivery(sample::issue())).await else { panic!("taken") };
    assert_eq!(error.kind(), Unauthorized);
    let probed = sink.probe().await.expect_err("a bad token");
    assert_eq!((probed.kind(), probed.to_string()), (error.kind(), error.to_string()));
    assert!(!format!("{error:?} {probed:?} {sink:?}").contains("s3cret"));
    let unset = Slack::bot(CHANNEL, Secret::from_env("TIDEGATE_NOT_SET")).with_endpoint(server.url());
    let unset = unset.build_sink().expect("a sink").probe().await.expect_err("no token");
    assert_eq!(unset.to_string(), "Slack's `token` cannot be read: unauthorized");
}

#[tokio::test]
async fn an_event_that_is_never_taken_is_refused_and_logs_are_not_for_it() {
    let (sink, server) = slack(&service()).await;
    let event: Event = sample::log("a line").into();
    assert!(matches!(deliver(&sink, &sample::delivery(event)).await, Outcome::Rejected(_)));
    assert_eq!(server.received().len(), 0);
}
