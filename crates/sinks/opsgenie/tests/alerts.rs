//! What stands in Opsgenie in the end: the sink straight over a model with a queue, in paused time.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use common::direct::{TokioClock, Way, service, sink, told};
use common::{KEY, body, deliver, is_accepted, kind, opsgenie, queued};
use http::Request;
use tidegate_base::Random;
use tidegate_event::{IssueEvent, Severity};
use tidegate_sink::{Outcome, SinkErrorKind};
use tidegate_sink_opsgenie::Flavor;
use tidegate_testkit::model::{OpsgenieAlert, OpsgenieService, OpsgenieState};
use tidegate_testkit::sample::{self, Episode};
use tokio::time::Instant;

mod common;

/// The requests that were sent already in this delivery.
#[derive(Clone, Default)]
struct Sent(Arc<Mutex<BTreeSet<String>>>);

impl Sent {
    /// Each sort of request is applied and its answer lost when it is sent for the first time.
    fn losing_each_first(&self) -> impl FnMut(&Request<Bytes>) -> Way + Send + 'static {
        let sent = self.clone();
        move |request| {
            let path = request.uri().path().split("/requests/").next().unwrap_or_default().to_owned();
            let new = sent.0.lock().expect("no test panics here").insert(format!("{} {path}", request.method()));
            if new { Way::Lost } else { Way::Good }
        }
    }

    fn forget(&self) {
        self.0.lock().expect("no test panics here").clear();
    }
}

/// What an update makes of the description.
fn description(issue: &IssueEvent) -> String {
    let (_, request) = common::request(&opsgenie(), &common::told(issue.clone()), &[queued()]);
    body(&request)["description"].as_str().expect("a text").to_owned()
}

fn is_left(alerts: &[OpsgenieAlert], last: &IssueEvent, what: &str) {
    let [alert] = alerts else { panic!("{what}: {} alerts: {alerts:?}", alerts.len()) };
    assert_eq!((alert.state, alert.count), (OpsgenieState::Closed, 1), "{what}: {alert:?}");
    assert_eq!(alert.description, description(last), "{what}");
    assert_eq!(alert.priority, "P1", "{what}");
    assert_eq!(alert.notes.len(), 1, "{what}: the note of its close");
}

#[tokio::test(start_paused = true)]
async fn open_three_updates_and_close_leave_one_closed_alert_with_the_last_description() {
    for (losing, lag) in [(false, 0), (false, 60), (true, 0), (true, 5)] {
        for seed in 0..20 {
            let clock = TokioClock::new();
            let service = service(seed, clock, Duration::from_secs(lag));
            let sent = Sent::default();
            let mut decide = sent.losing_each_first();
            let sink = sink(
                Flavor::Opsgenie,
                &service,
                clock,
                move |request| {
                    if losing { decide(request) } else { Way::Good }
                },
            );
            let disk = Episode::new("disk-usage");
            let mut last = disk.open();
            let mut receipt = told(&sink, last.clone(), None).await;
            for severity in [Severity::Error, Severity::Warning, Severity::Critical] {
                sent.forget();
                last = disk.update_at(severity);
                receipt = told(&sink, last.clone(), receipt).await;
                let now = &service.alerts()[0];
                assert_eq!(now.description, description(&last), "accepted means applied");
            }
            sent.forget();
            told(&sink, disk.close(), receipt).await;
            let what = format!("lost {losing}, seed {seed}, a queue of {lag} s");
            is_left(&service.alerts(), &last, &what);
            assert_eq!(service.complaints(), [""; 0], "{what}");
            if !losing && lag == 0 {
                assert_eq!(service.requests().len(), 2 + 3 * 6 + 2, "no question too much");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn at_random_faults_each_issue_ends_as_one_closed_alert() {
    for seed in 0..60 {
        let clock = TokioClock::new();
        let service = service(seed, clock, Duration::from_secs(5));
        let mut random = Random::seeded(seed);
        let sink = sink(Flavor::Opsgenie, &service, clock, move |_| match random.below(8) {
            0 => Way::Lost,
            1 => Way::Cut,
            _ => Way::Good,
        });
        for number in 0..5 {
            let disk = Episode::numbered("disk-usage", number);
            let receipt = told(&sink, disk.open(), None).await;
            let last = disk.update_at(Severity::Critical);
            let receipt = told(&sink, last.clone(), receipt).await;
            told(&sink, disk.close(), receipt).await;
            let alerts = service.alerts_of(disk.key());
            let [alert] = alerts.as_slice() else { panic!("seed {seed}: {alerts:?}") };
            assert!(!alert.is_open() && alert.description == description(&last), "seed {seed}: {alert:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_takes_longer_than_it_is_waited_for_makes_no_second_alert() {
    let clock = TokioClock::new();
    let service = service(3, clock, Duration::from_mins(10));
    let sink = sink(Flavor::Opsgenie, &service, clock, |_| Way::Good);
    for number in 0..5 {
        let disk = Episode::numbered("disk-usage", number);
        let receipt = told(&sink, disk.open(), None).await;
        let last = disk.update();
        let receipt = told(&sink, last.clone(), receipt).await;
        told(&sink, disk.close(), receipt).await;
        let alerts = service.alerts_of(disk.key());
        assert_eq!((alerts.len(), alerts[0].is_open()), (1, false), "{alerts:?}");
        assert_eq!(alerts[0].description, description(&last));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_created_though_it_may_be_there_says_the_latest_where_changes_overtake_creations() {
    let mut late = 0;
    for seed in 0..100 {
        let clock = TokioClock::new();
        let service = service(seed, clock, Duration::from_mins(1)).with_overtaking();
        let mut first = true;
        let sink =
            sink(
                Flavor::Opsgenie,
                &service,
                clock,
                move |_| {
                    if std::mem::take(&mut first) { Way::Lost } else { Way::Good }
                },
            );
        let disk = Episode::new("disk-usage");
        let opened = deliver(&sink, &sample::delivery(disk.open())).await;
        assert_eq!(kind(&opened), Some(SinkErrorKind::Unconfirmed));
        let last = disk.update_at(Severity::Critical);
        let mut outcome = deliver(&sink, &sample::delivery(last.clone()).with_maybe_applied()).await;
        while !is_accepted(&outcome) {
            late += 1;
            outcome = deliver(&sink, &sample::delivery(last.clone()).with_maybe_applied()).await;
        }
        service.settle();
        let alerts = service.alerts();
        let [alert] = alerts.as_slice() else { panic!("seed {seed}: {alerts:?}") };
        assert!(alert.is_open(), "seed {seed}: {alert:?}");
        assert_eq!((&*alert.description, &*alert.priority), (&*description(&last), "P1"), "seed {seed}");
    }
    assert!(late < 20, "one delivery, mostly: {late}");
}

#[tokio::test(start_paused = true)]
async fn what_people_delete_or_close_is_created_anew_by_the_next_update_and_left_by_the_close() {
    for by_hand in [OpsgenieService::delete, OpsgenieService::close] {
        let clock = TokioClock::new();
        let service = service(1, clock, Duration::from_secs(3));
        let sink = sink(Flavor::Opsgenie, &service, clock, |_| Way::Good);
        let disk = Episode::new("disk-usage");
        let receipt = told(&sink, disk.open(), None).await;
        assert!(by_hand(&service, &service.alerts()[0].id));
        let last = disk.update();
        let receipt = told(&sink, last.clone(), receipt).await;
        let alerts = service.alerts();
        assert_eq!((alerts.len(), alerts[1].is_open()), (2, true));
        assert_eq!(alerts[1].description, description(&last));
        assert!(by_hand(&service, &alerts[1].id));
        told(&sink, disk.close(), receipt).await;
        assert_eq!(service.alerts().len(), 2, "a close creates nothing");
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_episode_is_another_alert() {
    let clock = TokioClock::new();
    let service = service(1, clock, Duration::from_secs(3));
    let sink = sink(Flavor::Opsgenie, &service, clock, |_| Way::Good);
    for number in 1..4 {
        let disk = Episode::of(sample::key("disk-usage"), sample::episode(number));
        // As after a restart: it may have been told.
        let open = sample::delivery(disk.open()).with_maybe_applied();
        let Outcome::Accepted(receipt) = deliver(&sink, &open).await else { panic!("not accepted") };
        assert!(service.alerts().last().is_some_and(OpsgenieAlert::is_open));
        told(&sink, disk.close(), receipt).await;
    }
    let alerts = service.alerts();
    assert_eq!((alerts.len(), alerts.iter().filter(|alert| alert.count == 1).count()), (3, 3), "{alerts:?}");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_may_not_read_tells_all_the_same() {
    let clock = TokioClock::new();
    let service = service(1, clock, Duration::from_secs(3));
    service.set_may_read(false);
    let sink = sink(Flavor::Opsgenie, &service, clock, |_| Way::Good);
    let disk = Episode::new("disk-usage");
    let receipt = told(&sink, disk.open(), None).await;
    let receipt = told(&sink, disk.update(), receipt).await;
    told(&sink, disk.close(), receipt).await;
    service.settle();
    let alerts = service.alerts();
    assert_eq!((alerts.len(), alerts[0].is_open()), (1, false));
}

#[tokio::test(start_paused = true)]
async fn an_alert_that_the_integration_ignores_is_rejected_with_the_words_of_the_service() {
    let clock = TokioClock::new();
    let service = service(1, clock, Duration::from_secs(3)).with_filter("Disk");
    let sink = sink(Flavor::Opsgenie, &service, clock, |_| Way::Good);
    let Outcome::Rejected(reason) = deliver(&sink, &sample::delivery(sample::issue())).await else { panic!("taken") };
    assert!(reason.to_string().contains("ignored by integration filter"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_rate_is_told_with_its_period_and_by_a_question_too() {
    let clock = TokioClock::new();
    let service = service(1, clock, Duration::ZERO).with_rate(6, Duration::from_mins(1));
    let sink = sink(Flavor::Opsgenie, &service, clock, |_| Way::Good);
    let disk = Episode::new("disk-usage");
    let receipt = told(&sink, disk.open(), None).await.expect("a receipt");
    let update = sample::delivery(disk.update()).with_prior(receipt);
    let began = Instant::now();
    let Outcome::Failed(error) = deliver(&sink, &update).await else { panic!("taken") };
    let wait = Some(Duration::from_mins(1));
    assert_eq!((error.kind(), error.retry_after()), (SinkErrorKind::Unconfirmed, wait), "it was queued");
    assert_eq!(began.elapsed().as_secs(), 1, "it holds nobody up, and so the others hear of it");
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert!(is_accepted(&deliver(&sink, &update).await));
    assert_eq!(service.requests().iter().filter(|request| request.status == 429).count(), 1);
    let first = sample::delivery(Episode::numbered("disk-usage", 2).open());
    let Outcome::Failed(error) = deliver(&sink, &first).await else { panic!("taken") };
    assert_eq!((error.kind(), error.retry_after()), (SinkErrorKind::Throttled, wait));
}

#[tokio::test(start_paused = true)]
async fn jira_service_management_has_one_alert_and_the_last_text_in_a_note() {
    for seed in 0..40 {
        let clock = TokioClock::new();
        let service = OpsgenieService::jsm(KEY).with_clock(clock);
        let service = service.with_lag(Random::seeded(seed), Duration::from_secs(5));
        let mut random = Random::seeded(seed);
        let sink = sink(Flavor::Jsm, &service, clock, move |_| if random.one_in(3) { Way::Lost } else { Way::Good });
        let disk = Episode::new("disk-usage");
        let receipt = told(&sink, disk.open(), None).await;
        let worse = disk.update_at(Severity::Critical);
        let receipt = told(&sink, worse.clone(), receipt).await;
        service.settle();
        let notes = service.alerts()[0].notes.clone();
        assert!(notes.last().is_some_and(|note| note.contains(&description(&worse))), "seed {seed}: {notes:?}");
        told(&sink, disk.close(), receipt).await;
        service.settle();
        let alerts = service.alerts();
        assert_eq!((alerts.len(), alerts[0].is_open()), (1, false), "seed {seed}: {alerts:?}");
        assert_eq!(service.complaints(), [""; 0], "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_revoked_key_stops_the_sink_and_a_good_one_starts_it() {
    let clock = TokioClock::new();
    let service = service(1, clock, Duration::ZERO);
    let sink = sink(Flavor::Opsgenie, &service, clock, |_| Way::Good);
    service.set_key_good(false);
    let open = sample::delivery(sample::issue());
    assert_eq!(kind(&deliver(&sink, &open).await), Some(SinkErrorKind::Unauthorized));
    service.set_key_good(true);
    assert!(is_accepted(&deliver(&sink, &open).await));
}
