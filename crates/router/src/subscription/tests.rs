use tidegate_event::{IssueKey, Resource, Sample};
use tidegate_testkit::sample::{self, Episode};

use super::*;

fn all() -> Subscription {
    Subscription::new(EventKinds::ALL)
}

fn issue(severity: Severity) -> Event {
    Episode::new("core-load").with_severity(severity).open().into()
}

fn log(level: Option<LogLevel>) -> Event {
    let mut record = sample::log("line");
    record.level = level;
    record.into()
}

/// That `part` is away.
fn away(part: &str) -> Event {
    let key = IssueKey::new(SINK_UNAVAILABLE, Resource::new().with_part(part));
    Episode::of(key, sample::episode(1)).with_severity(Severity::Error).open().into()
}

#[test]
fn it_takes_the_kinds_that_it_is_for_and_says_which_it_is_not() {
    let expected = [
        (EventKind::Issue, "issues are not among its sources"),
        (EventKind::Notification, "notifications are not among its sources"),
        (EventKind::Log, "logs are not among its sources"),
        (EventKind::Metric, "metrics are not among its sources"),
    ];
    for (kind, words) in expected {
        let event = sample::event(kind, 1);
        let none = Subscription::new(EventKind::ALL.into_iter().filter(|other| *other != kind).collect::<EventKinds>());
        assert_eq!((all().explain("ops", &event), all().takes("ops", &event)), (None, true), "{kind}");
        assert_eq!((none.explain("ops", &event), none.takes("ops", &event)), (Some(words), false), "{kind}");
    }
}

#[test]
fn issues_and_notifications_below_the_severity_are_not_taken_and_others_have_none() {
    let urgent = all().with_min_severity(Severity::Error);
    let words = Some("its severity is below min_severity");
    assert_eq!(urgent.explain("ops", &issue(Severity::Warning)), words);
    assert_eq!(urgent.explain("ops", &issue(Severity::Error)), None);
    assert_eq!(urgent.explain("ops", &sample::event(EventKind::Notification, 1)), words);
    assert_eq!(urgent.explain("ops", &sample::event(EventKind::Log, 1)), None);
    assert_eq!(urgent.explain("ops", &sample::event(EventKind::Metric, 1)), None);
}

#[test]
fn log_lines_below_the_level_are_not_taken_and_those_that_do_not_say_are() {
    let bad = all().with_min_level(LogLevel::Error);
    assert_eq!(bad.explain("ops", &log(Some(LogLevel::Warning))), Some("its level is below min_level"));
    assert_eq!(bad.explain("ops", &log(Some(LogLevel::Error))), None);
    assert_eq!(bad.explain("ops", &log(None)), None);
}

#[test]
fn only_the_clusters_that_are_named_are_taken() {
    let words = Some("its cluster is not among cluster_ids");
    for kind in EventKind::ALL {
        let event = sample::event(kind, 1);
        assert_eq!(all().with_clusters(["other", "orders"]).explain("ops", &event), None, "{kind}");
        assert_eq!(all().with_clusters(["other"]).explain("ops", &event), words, "{kind}");
        assert_eq!(all().with_clusters(Vec::<Name>::new()).explain("ops", &event), None, "{kind}");
    }
    let nowhere = Event::from(Sample::new("m", Resource::new(), 1.0, "1", sample::at()).expect("finite"));
    assert_eq!(all().with_clusters(["orders"]).explain("ops", &nowhere), words);
}

#[test]
fn a_mute_is_for_what_people_are_told_alone() {
    let muted = all().with_mute(true);
    for kind in EventKind::ALL {
        let told = matches!(kind, EventKind::Issue | EventKind::Notification);
        let words = told.then_some("the integration is muted");
        assert_eq!(muted.explain("ops", &sample::event(kind, 1)), words, "{kind}");
        assert_eq!(muted.clone().with_mute(false).explain("ops", &sample::event(kind, 1)), None, "{kind}");
    }
}

#[test]
fn that_an_integration_is_away_is_told_to_every_other_one_whatever_its_clusters() {
    let orders = all().with_clusters(["orders"]);
    assert_eq!(orders.explain("ops", &away("pager")), None);
    assert_eq!(orders.explain("pager", &away("pager")), Some("it is about this very integration"));
    let words = Some("its severity is below min_severity");
    assert_eq!(orders.clone().with_min_severity(Severity::Critical).explain("ops", &away("pager")), words);
    assert_eq!(orders.clone().with_mute(true).explain("ops", &away("pager")), Some("the integration is muted"));
    let logs = Subscription::new([EventKind::Log]);
    assert_eq!(logs.explain("ops", &away("pager")), Some("issues are not among its sources"));
}
