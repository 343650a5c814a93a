//! Time that goes with tokio's, and what the standard detectors make of the story.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt;
use tidegate_base::{Clock, Random};
use tidegate_detect::{Detector, Finding, Ledger, standard};
use tidegate_event::{Event, IssueEvent, Notification, Signal};
use tidegate_source::Source;
use tidegate_source_simulated::{Cluster, ClusterBuilder};
use tokio::time::Instant;

/// A clock that goes with tokio's, which stands still while anything has something to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokioClock {
    start: Instant,
}

impl TokioClock {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now() }
    }
}

/// When each test begins.
pub(crate) fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_489_200, 0).expect("24 November 2026")
}

impl Clock for TokioClock {
    fn now(&self) -> DateTime<Utc> {
        start() + TimeDelta::from_std(self.start.elapsed()).expect("a short test")
    }
}

/// A cluster by the clock of tokio.
pub(crate) fn cluster(settings: impl FnOnce(ClusterBuilder) -> ClusterBuilder) -> (Cluster, TokioClock) {
    let clock = TokioClock::new();
    (settings(Cluster::builder().with_clock(clock)).build().expect("valid settings"), clock)
}

/// All that was made of a story.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) issues: Vec<IssueEvent>,
    pub(crate) notifications: Vec<Notification>,
    /// The issues that are still open.
    pub(crate) open: usize,
}

impl Told {
    /// Each event of the issues in a few words, in order.
    pub(crate) fn words(&self) -> Vec<String> {
        self.issues.iter().map(words).collect()
    }

    /// The same without updates that bring other figures only: those come where a story is told so slowly that 5 minutes
    /// of ours pass.
    pub(crate) fn news(&self) -> Vec<String> {
        let words = self.words();
        let of_kind = |words: &str| words.split(' ').next().map(str::to_owned);
        let is_news = |number: usize| {
            let before = words[..number].iter().rfind(|before| of_kind(before) == of_kind(&words[number]));
            before != Some(&words[number])
        };
        (0..words.len()).filter(|number| is_news(*number)).map(|number| words[number].clone()).collect()
    }

    /// When an issue was last so, in seconds of the story.
    pub(crate) fn seconds(&self, cluster: &Cluster, words: &str) -> f64 {
        let issue = self.issues.iter().rfind(|issue| self::words(issue) == words).expect(words);
        (issue.at - start()).as_seconds_f64() * cluster.speed()
    }
}

pub(crate) fn words(issue: &IssueEvent) -> String {
    let state = if issue.is_closed() { "closed" } else { issue.severity.as_str() };
    let missing = if issue.stale { " stale" } else { "" };
    format!("{} {state}{missing}", issue.key.kind())
}

/// What opens, grows worse and closes, in order.
pub(crate) const EXPECTED: [&str; 9] = [
    "core-load warning",
    "disk-usage warning",
    "memory-usage warning",
    "disk-usage critical",
    "core-load closed",
    "disk-usage closed",
    "cluster-consensus critical",
    "cluster-consensus closed",
    "memory-usage closed",
];

/// What a router does: shows all to hurried detectors, lets them tick each second, and asks the ledger.
pub(crate) struct Desk {
    detectors: Vec<Box<dyn Detector>>,
    ledger: Ledger,
    pub(crate) told: Told,
}

impl Desk {
    pub(crate) fn new(cluster: &Cluster) -> Self {
        let ledger = Ledger::new(Random::seeded(3));
        Self { detectors: cluster.hurry_all(standard()), ledger, told: Told::default() }
    }

    pub(crate) fn observe(&mut self, signals: &[Signal]) {
        for signal in signals {
            let mut findings = Vec::new();
            for detector in &mut self.detectors {
                detector.observe(signal, &mut findings);
            }
            self.apply(findings);
            if let Signal::Event(Event::Notification(notification)) = signal {
                self.told.notifications.push((**notification).clone());
            }
        }
    }

    pub(crate) fn tick(&mut self, now: DateTime<Utc>) {
        let mut findings = Vec::new();
        for detector in &mut self.detectors {
            detector.tick(now, &mut findings);
        }
        self.apply(findings);
        let late = self.ledger.tick(now);
        self.told.issues.extend(late);
    }

    fn apply(&mut self, findings: Vec<Finding>) {
        self.told.issues.extend(findings.into_iter().filter_map(|finding| self.ledger.apply(finding)));
        self.told.open = self.ledger.open().count();
    }
}

/// Plays all of it. `held_up`: so long nothing is done, after so many ticks; a tick is the first thing then.
pub(crate) async fn play(cluster: &Cluster, clock: TokioClock, held_up: Option<(u32, Duration)>) -> Told {
    let mut desk = Desk::new(cluster);
    let mut intakes = cluster.open(None).await.expect("it opens");
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    let mut ticks = 0;
    loop {
        tokio::select! {
            biased;
            _ = seconds.tick() => {
                if let Some((after, long)) = held_up && ticks == after {
                    tokio::time::advance(long).await;
                }
                ticks += 1;
                desk.tick(clock.now());
            }
            intake = intakes.next() => match intake {
                Some(intake) => desk.observe(&intake.expect("it never fails").signals),
                None => return desk.told,
            }
        }
    }
}
