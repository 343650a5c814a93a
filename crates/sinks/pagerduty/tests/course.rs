//! How an issue goes: opened, changed, closed, and whatever people do at PagerDuty meanwhile.

use bytes::Bytes;
use common::{KEY, asked, dialect, first, request, service};
use http::Request;
use serde_json::{Value, json};
use tidegate_event::{Event, IssueEvent, IssueKey, Resource, Severity};
use tidegate_sink::{Delivery, Outcome};
use tidegate_testkit::model::PagerDutyService;
use tidegate_testkit::sample::{self, Episode};

mod common;

/// Tells `delivery`, and PagerDuty takes it.
fn tell(pager: &PagerDutyService, delivery: &Delivery) {
    let answer = pager.answer(&request(&dialect(), delivery, &[]));
    let outcome = common::outcome(delivery, &[answer]);
    assert!(matches!(outcome, Outcome::Accepted(None)), "{outcome:?}");
    assert_eq!(pager.complaints(), [""; 0]);
}

/// What PagerDuty shows: of each alert of the key its last summary, how many triggers it had, and whether it is open.
fn shown(pager: &PagerDutyService, disk: &Episode) -> Vec<(String, usize, bool)> {
    let alerts = pager.alerts_by(&disk.key().id());
    alerts.iter().map(|alert| (alert.summary().to_owned(), alert.triggers.len(), alert.is_open())).collect()
}

fn saying(summary: &str, issue: IssueEvent) -> Delivery {
    sample::delivery(IssueEvent { summary: summary.to_owned(), ..issue })
}

#[test]
fn an_issue_is_one_alert_that_is_changed_and_resolved() {
    let (pager, disk) = (service(), Episode::new("disk-usage"));
    tell(&pager, &saying("one", disk.open()));
    tell(&pager, &saying("two", disk.update()));
    tell(&pager, &saying("three", disk.update_at(Severity::Critical)));
    assert_eq!(shown(&pager, &disk), [("three".to_owned(), 3, true)]);
    assert_eq!(pager.alerts()[0].last()["payload"]["severity"], "critical");
    tell(&pager, &saying("over", disk.close()));
    assert_eq!(shown(&pager, &disk), [("three".to_owned(), 3, false)]);
}

#[test]
fn a_repetition_after_a_lost_answer_does_no_harm() {
    let (pager, disk) = (service(), Episode::new("disk-usage"));
    for delivery in [saying("one", disk.open()), saying("two", disk.update()), saying("over", disk.close())] {
        tell(&pager, &delivery);
        tell(&pager, &delivery.clone().with_maybe_applied());
        let (once, again) = (asked(&dialect(), &delivery, &[]), asked(&dialect(), &delivery.with_maybe_applied(), &[]));
        assert_eq!(once, again, "told in the same words");
    }
    assert_eq!(shown(&pager, &disk), [("two".to_owned(), 4, false)]);
}

#[test]
fn a_close_that_finds_nothing_is_taken() {
    let (pager, disk) = (service(), Episode::new("disk-usage"));
    tell(&pager, &sample::delivery(disk.close()).with_maybe_applied());
    assert_eq!(pager.alerts(), []);
}

#[test]
fn the_next_episode_wakes_somebody_again() {
    let (pager, disk) = (service(), Episode::new("disk-usage"));
    tell(&pager, &saying("one", disk.open()));
    tell(&pager, &sample::delivery(disk.close()));
    let again = Episode::of(disk.key().clone(), sample::episode(2));
    tell(&pager, &saying("two", again.open()));
    assert_eq!(shown(&pager, &disk), [("one".to_owned(), 1, false), ("two".to_owned(), 1, true)]);
}

#[test]
fn what_people_resolve_while_it_goes_on_opens_with_the_next_change_and_closes() {
    let (pager, disk) = (service(), Episode::new("disk-usage"));
    tell(&pager, &saying("one", disk.open()));
    assert!(pager.acknowledge_by_hand(&disk.key().id()));
    tell(&pager, &saying("two", disk.update()));
    assert!(pager.alerts()[0].acknowledged, "a change leaves it in hand");
    assert!(pager.resolve_by_hand(&disk.key().id()));
    tell(&pager, &saying("three", disk.update()));
    tell(&pager, &sample::delivery(disk.close()));
    assert_eq!(shown(&pager, &disk), [("two".to_owned(), 2, false), ("three".to_owned(), 1, false)]);
}

#[test]
fn two_issues_do_not_touch_each_other() {
    let (pager, one, other) = (service(), Episode::numbered("disk-usage", 1), Episode::numbered("disk-usage", 2));
    tell(&pager, &sample::delivery(one.open()));
    tell(&pager, &sample::delivery(other.open()));
    tell(&pager, &sample::delivery(one.close()));
    let open = [&one, &other].map(|disk| shown(&pager, disk)[0].2);
    assert_eq!(open, [false, true]);
}

#[test]
fn what_holds_no_words_is_told_all_the_same() {
    let nothing = IssueEvent {
        summary: " \u{0} ".to_owned(),
        cause: String::new(),
        remedy: "".into(),
        evidence: Vec::new(),
        ..Episode::of(IssueKey::new("", Resource::new()), sample::episode(1)).open()
    };
    let pager = service();
    tell(&pager, &sample::delivery(nothing.clone()));
    let payload = &first(nothing)["payload"];
    assert_eq!((&payload["summary"], &payload["source"]), (&json!("an issue"), &json!("tidegate")));
    let details: Vec<&String> = payload["custom_details"].as_object().expect("details").keys().collect();
    assert_eq!(details, ["episode", "event", "since"]);
}

#[test]
fn the_key_stands_in_the_body_and_nowhere_else() {
    let request: Request<Bytes> = request(&dialect(), &sample::delivery(sample::issue()), &[]);
    let (parts, body) = request.into_parts();
    assert!(!format!("{parts:?}").contains(KEY));
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(body.to_string().matches(KEY).count(), 1);
}

#[test]
fn only_issues_are_for_it() {
    let log = sample::log("a line");
    let others: [Event; 3] =
        [sample::notification("n-1").into(), log.into(), sample::metric("system.load.1m", 1.0).into()];
    for event in others {
        let outcome = common::outcome(&sample::delivery(event), &[]);
        assert!(matches!(outcome, Outcome::Rejected(_)), "{outcome:?}");
    }
}
