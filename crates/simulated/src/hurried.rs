use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tidegate_detect::{Detector, Finding};
use tidegate_event::{Event, Signal};

use crate::cluster::Inner;
use crate::tempo::Tempo;

/// How far the story's clock goes ahead of what was last heard of the story, before it has ended.
const LONGEST_LEAD: TimeDelta = TimeDelta::seconds(30);
/// Over a longer span the story's clock jumps: nobody waits for hours of ticks.
const MOST_SECONDS: i64 = 600;

/// A detector that lives in the time of the story, among all else that lives in ours.
///
/// A story that is played many times as fast as it happened would be over before any "for 5 minutes" is. To hurry the
/// router instead would hurry its lanes: rates, `Retry-After` and the distance of updates would be told to a real
/// service many times too fast. So only the detectors are hurried. What they observe and each tick is put into the
/// story's time, and what they find is put back into ours: stamps, figures and limits are all as they should be, and
/// "for 5 minutes" is over in some seconds.
///
/// - **Times** of samples, views, notifications, logs and issues from before are changed; all else of a signal is as it
///   was.
/// - **Ticks** come each second of the story, as a detector expects, and before a sample or a round of gossip up to its
///   time.
/// - **The story's clock waits for the story.** Until it has ended, ticks are at most 30 s of it ahead of the last
///   sample or round: otherwise a program that is held up for three seconds would look like a cluster that was silent
///   for a minute. So nothing falls silent before the end; after it everything does.
///
/// [`Cluster::hurry`](crate::Cluster::hurry) makes one.
pub struct Hurried<D> {
    detector: D,
    cluster: Arc<Inner>,
    /// The story's time of the last tick.
    now: Option<DateTime<Utc>>,
    /// Our time of the last sample or round.
    heard: Option<DateTime<Utc>>,
}

impl<D: Detector> Hurried<D> {
    pub(crate) fn new(detector: D, cluster: Arc<Inner>) -> Self {
        Self { detector, cluster, now: None, heard: None }
    }

    /// Lets it be `now`, second by second.
    fn pass(&mut self, now: DateTime<Utc>, findings: &mut Vec<Finding>) {
        let before = self.now.replace(now).unwrap_or(now);
        let seconds = (now - before).num_seconds();
        if seconds <= MOST_SECONDS {
            let each = (1..=seconds).map_while(|second| before.checked_add_signed(TimeDelta::seconds(second)));
            for at in each.filter(|at| *at < now) {
                self.detector.tick(at, findings);
            }
        }
        self.detector.tick(now, findings);
    }

    /// What the story's clock shows at our `now`.
    fn clock(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let story = self.cluster.tempo.story(now);
        match self.heard {
            Some(heard) if !self.cluster.is_over() => {
                let longest = self.cluster.tempo.story(heard).checked_add_signed(LONGEST_LEAD);
                longest.map_or(story, |longest| longest.min(story))
            }
            _ => story,
        }
    }

    fn put_back(&self, findings: &mut [Finding]) {
        for finding in findings {
            finding.at = self.cluster.tempo.real(finding.at);
        }
    }
}

impl<D: Detector> Detector for Hurried<D> {
    fn kind(&self) -> &str {
        self.detector.kind()
    }

    fn observe(&mut self, signal: &Signal, findings: &mut Vec<Finding>) {
        let known = findings.len();
        if let Some(at) = measured_at(signal) {
            self.heard = self.heard.max(Some(at));
            let at = self.cluster.tempo.story(at);
            if self.now.is_none_or(|now| now < at) {
                self.pass(at, findings);
            }
        }
        self.detector.observe(&in_story(signal, self.cluster.tempo), findings);
        self.put_back(&mut findings[known..]);
    }

    fn tick(&mut self, now: DateTime<Utc>, findings: &mut Vec<Finding>) {
        let known = findings.len();
        self.pass(self.clock(now), findings);
        self.put_back(&mut findings[known..]);
    }
}

impl<D: Detector> fmt::Debug for Hurried<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hurried")
            .field("kind", &self.detector.kind())
            .field("tempo", &self.cluster.tempo)
            .finish_non_exhaustive()
    }
}

/// When it was measured, where that is by our clock. Issues are from before, and logs and notifications may be.
fn measured_at(signal: &Signal) -> Option<DateTime<Utc>> {
    match signal {
        Signal::Event(Event::Metric(sample)) => Some(sample.at),
        Signal::Views(views) => Some(views.at),
        Signal::Event(_) | Signal::Gap { .. } | Signal::Retired { .. } | Signal::Restored { .. } => None,
    }
}

/// The signal with its times in that of the story.
fn in_story(signal: &Signal, tempo: Tempo) -> Signal {
    let mut signal = signal.clone();
    match &mut signal {
        Signal::Event(Event::Metric(sample)) => sample.at = tempo.story(sample.at),
        Signal::Event(Event::Log(record)) => record.at = tempo.story(record.at),
        Signal::Event(Event::Notification(notification)) => notification.at = tempo.story(notification.at),
        Signal::Event(Event::Issue(issue)) => {
            issue.opened_at = tempo.story(issue.opened_at);
            issue.at = tempo.story(issue.at);
        }
        Signal::Views(views) => views.at = tempo.story(views.at),
        Signal::Gap { .. } | Signal::Retired { .. } | Signal::Restored { .. } => {}
    }
    signal
}

#[cfg(test)]
mod tests;
