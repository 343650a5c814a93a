use std::sync::{Arc as Shared, Mutex};
use std::time::Duration;

use tidegate_detect::Condition;
use tidegate_event::{
    ClusterViews, EpisodeId, IssueEvent, IssueKey, IssueState, LogRecord, Notification, Resource, Sample, Severity,
};
use tidegate_testkit::ManualClock;

use super::*;
use crate::Cluster;
use crate::story::STORY;

/// What a [`Witness`] saw, in milliseconds of the story since the beginning.
type Seen = Shared<Mutex<Vec<(&'static str, i64)>>>;

/// Notes each time that it is shown, and finds it.
struct Witness(Seen);

impl Witness {
    fn note(&self, what: &'static str, at: DateTime<Utc>, findings: &mut Vec<Finding>) {
        let since = (at - start()).num_milliseconds();
        self.0.lock().expect("no panic holds it").push((what, since));
        let condition = Condition::Unknown { why: what.to_owned() };
        findings.push(Finding { key: IssueKey::new("witness", Resource::new()), condition, at });
    }
}

impl Detector for Witness {
    fn kind(&self) -> &'static str {
        "witness"
    }

    fn observe(&mut self, signal: &Signal, findings: &mut Vec<Finding>) {
        match signal {
            Signal::Event(Event::Issue(issue)) => {
                self.note("opened", issue.opened_at, findings);
                self.note("issue", issue.at, findings);
            }
            Signal::Event(event) => self.note("event", event.at(), findings),
            Signal::Views(views) => self.note("views", views.at, findings),
            Signal::Gap { .. } | Signal::Retired { .. } | Signal::Restored { .. } => {}
        }
    }

    fn tick(&mut self, now: DateTime<Utc>, findings: &mut Vec<Finding>) {
        self.note("tick", now, findings);
    }
}

fn start() -> DateTime<Utc> {
    tidegate_base::Clock::now(&ManualClock::new())
}

fn at(millis: i64) -> DateTime<Utc> {
    start() + TimeDelta::milliseconds(millis)
}

/// A witness whose story runs twice as fast as it happened.
fn witness() -> (Hurried<Box<dyn Detector>>, Cluster, Seen) {
    let seen = Seen::default();
    let cluster = Cluster::builder().with_speed(2.0).with_clock(ManualClock::new()).build().expect("valid");
    let boxed: Box<dyn Detector> = Box::new(Witness(Shared::clone(&seen)));
    (cluster.hurry(boxed), cluster, seen)
}

fn take(seen: &Seen) -> Vec<(&'static str, i64)> {
    std::mem::take(&mut *seen.lock().expect("no panic holds it"))
}

fn sample(millis: i64) -> Signal {
    Sample::new("figure", Resource::new(), 1.0, "1", at(millis)).expect("finite").into()
}

fn observe(hurried: &mut impl Detector, signal: impl Into<Signal>) -> Vec<DateTime<Utc>> {
    let mut findings = Vec::new();
    hurried.observe(&signal.into(), &mut findings);
    findings.into_iter().map(|finding| finding.at).collect()
}

#[test]
fn every_time_of_a_signal_is_that_of_the_story_and_what_is_found_is_ours() {
    let (mut hurried, _cluster, seen) = witness();
    let issue = IssueEvent {
        key: IssueKey::new("witness", Resource::new()),
        episode: EpisodeId::new(at(0), [0; 10]),
        sequence: 1,
        state: IssueState::Open,
        severity: Severity::Info,
        summary: String::new(),
        cause: String::new(),
        remedy: "".into(),
        evidence: Vec::new(),
        stale: false,
        opened_at: at(-3_000),
        at: at(-1_500),
    };
    let views = ClusterViews { resource: Resource::new(), at: at(2_000), expected: None, nodes: Vec::new() };
    let log = LogRecord::new(Resource::new(), "line", at(2_100));
    let notification = Notification::new("n", "kind", "message", at(2_200));

    assert_eq!(observe(&mut hurried, issue), [at(-3_000), at(-1_500)]);
    assert_eq!(observe(&mut hurried, sample(2_000)), [at(2_000), at(2_000)]);
    assert_eq!(observe(&mut hurried, Signal::Views(views)), [at(2_000)]);
    assert_eq!(observe(&mut hurried, log), [at(2_100)]);
    assert_eq!(observe(&mut hurried, notification), [at(2_200)]);
    let expected = [
        ("opened", -6_000),
        ("issue", -3_000),
        ("tick", 4_000),
        ("event", 4_000),
        ("views", 4_000),
        ("event", 4_200),
        ("event", 4_400),
    ];
    assert_eq!(take(&seen), expected);
}

#[test]
fn a_signal_without_a_time_is_shown_as_it_is() {
    let (mut hurried, _cluster, seen) = witness();
    let resource = Resource::new().with_node("a");
    for signal in [
        Signal::Gap { resource: resource.clone(), why: "why".to_owned() },
        Signal::Retired { resource: resource.clone(), why: "why".to_owned() },
        Signal::Restored { resource },
    ] {
        assert_eq!(in_story(&signal, hurried.cluster.tempo), signal);
        assert!(observe(&mut hurried, signal).is_empty());
    }
    assert_eq!(take(&seen), []);
}

#[test]
fn ticks_come_each_second_of_the_story() {
    let (mut hurried, _cluster, seen) = witness();
    let mut findings = Vec::new();
    hurried.tick(at(0), &mut findings);
    hurried.tick(at(1_000), &mut findings);
    assert_eq!(take(&seen), [("tick", 0), ("tick", 1_000), ("tick", 2_000)]);
    assert_eq!(findings.iter().map(|finding| finding.at).collect::<Vec<_>>(), [at(0), at(500), at(1_000)]);
    observe(&mut hurried, sample(1_700));
    assert_eq!(take(&seen), [("tick", 3_000), ("tick", 3_400), ("event", 3_400)]);
    observe(&mut hurried, sample(1_600));
    assert_eq!(take(&seen), [("event", 3_200)], "time does not go back for a sample that is late");
}

#[test]
fn a_clock_that_jumps_brings_one_tick() {
    let (mut hurried, _cluster, seen) = witness();
    hurried.tick(at(0), &mut Vec::new());
    hurried.tick(at(3_600_000), &mut Vec::new());
    hurried.tick(at(0), &mut Vec::new());
    assert_eq!(take(&seen), [("tick", 0), ("tick", 7_200_000), ("tick", 0)]);
}

#[test]
fn before_its_end_time_waits_for_the_story() {
    let (mut hurried, cluster, seen) = witness();
    assert_eq!(cluster.duration(), Duration::from_secs(450));
    observe(&mut hurried, sample(10_000));
    hurried.tick(at(60_000), &mut Vec::new());
    assert_eq!(take(&seen).last(), Some(&("tick", 50_000)), "30 s of the story after what was heard");
    hurried.cluster.go_on(STORY);
    hurried.tick(at(500_000), &mut Vec::new());
    assert_eq!(take(&seen).last(), Some(&("tick", 1_000_000)), "it has ended");
}

#[test]
fn what_others_found_stays_as_it_is() {
    let (mut hurried, _cluster, _seen) = witness();
    let condition = Condition::Unknown { why: String::new() };
    let other = Finding { key: IssueKey::new("other", Resource::new()), condition, at: at(9_999) };
    let mut findings = vec![other.clone()];
    hurried.observe(&sample(1_000), &mut findings);
    hurried.tick(at(1_000), &mut findings);
    assert_eq!(findings[0], other);
    assert_eq!(hurried.kind(), "witness");
}
