use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tidegate_event::{ClusterViews, Event, IssueEvent, IssueKey, Name, Resource, Severity, Signal};

use crate::figure::duration;
use crate::ticks::{Step, Ticks, to_ms};
use crate::{Condition, DetectError, DetectErrorKind, Detector, Finding, Symptom};
use cluster::{Cluster, Verdict};
pub use round::Judgement;
use round::within;

mod cluster;
mod difference;
mod fault;
mod round;
mod seen;
#[cfg(test)]
mod tests;

/// After how long without a round nothing is known any more: three rounds of the usual two a minute, and some.
const STALE_AFTER: Duration = Duration::from_secs(100);
/// For how long a cluster without an issue is remembered that has fallen silent, in milliseconds.
const FORGET_AFTER: i64 = 3_600_000;
/// How many clusters are remembered; one process asks a few dozen.
const MOST_CLUSTERS: usize = 10_000;

/// `cluster-consensus`: whether the nodes of a cluster agree on who is in it and in which state.
///
/// A round of gossip is bad when a node could not be asked, the views differ, there is not exactly one leader alive, a
/// member is dead, missing, leaderless, leaving or on its way into another state, or a node does not see itself. A
/// member that is catching up is mentioned and is no fault, and so are members of several versions. Of a cluster of one
/// node, which sees no other, only two things are bad: that it cannot be asked, and that it does not lead. A round that
/// asked nobody is no round.
///
/// It opens after two bad rounds in a row (the second is a confirming one, seconds later) and closes after a clean
/// one. Without a round for 100 s nothing is known, and counting starts anew.
#[derive(Debug)]
pub struct ClusterConsensus {
    figures: ClusterConsensusBuilder,
    clusters: BTreeMap<Resource, Cluster>,
    ticks: Ticks,
}

/// The figures of a [`ClusterConsensus`]. [`build`](ClusterConsensusBuilder::build) checks them all.
#[derive(Debug, Clone)]
#[must_use]
pub struct ClusterConsensusBuilder {
    open_rounds: u32,
    close_rounds: u32,
    severity: Severity,
    stale_after: Duration,
    source_interval: Option<Duration>,
    remedy: Name,
}

impl ClusterConsensusBuilder {
    /// After how many bad rounds in a row it opens. Default: 2, so that what settles within seconds opens nothing.
    pub fn with_open_rounds(mut self, rounds: u32) -> Self {
        self.open_rounds = rounds;
        self
    }

    /// After how many clean rounds in a row it closes. Default: 1.
    pub fn with_close_rounds(mut self, rounds: u32) -> Self {
        self.close_rounds = rounds;
        self
    }

    /// How bad it is. Default: [`Severity::Critical`].
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// After how long without a round nothing is known any more. Default: 100 s.
    pub fn with_stale_after(mut self, stale_after: Duration) -> Self {
        self.stale_after = stale_after;
        self
    }

    /// How often the source asks, for [`build`](ClusterConsensusBuilder::build) to check that `stale_after` is at
    /// least three times that.
    pub fn with_source_interval(mut self, interval: Duration) -> Self {
        self.source_interval = Some(interval);
        self
    }

    /// What to do about it, as a sentence.
    pub fn with_remedy(mut self, remedy: impl Into<Name>) -> Self {
        self.remedy = remedy.into();
        self
    }

    /// The detector.
    ///
    /// # Errors
    /// When a number of rounds or `stale_after` is zero, or `stale_after` is less than three times the source's
    /// interval.
    pub fn build(self) -> Result<ClusterConsensus, DetectError> {
        for (field, rounds) in [("open.rounds", self.open_rounds), ("close.rounds", self.close_rounds)] {
            if rounds == 0 {
                let context = format!("{field} is 0; it must be at least 1");
                return Err(DetectError::new(DetectErrorKind::Missing, context));
            }
        }
        crate::threshold::check_stale_after(self.stale_after, self.source_interval)?;
        Ok(ClusterConsensus { figures: self, clusters: BTreeMap::new(), ticks: Ticks::default() })
    }
}

impl ClusterConsensus {
    /// The detector's kind.
    pub const KIND: &'static str = "cluster-consensus";

    /// The default figures.
    pub fn builder() -> ClusterConsensusBuilder {
        ClusterConsensusBuilder {
            open_rounds: 2,
            close_rounds: 1,
            severity: Severity::Critical,
            stale_after: STALE_AFTER,
            source_interval: None,
            remedy: "Check the node, the network between the nodes, and the certificates.".into(),
        }
    }

    fn round(&mut self, views: &ClusterViews, findings: &mut Vec<Finding>) {
        let room = self.clusters.len() < MOST_CLUSTERS || self.clusters.contains_key(&views.resource);
        if views.nodes.is_empty() || !room {
            return;
        }
        let (at, stale_after) = (views.at.timestamp_millis(), to_ms(self.figures.stale_after));
        let heard = self.ticks.heard(at, stale_after);
        let cluster = self.clusters.entry(views.resource.clone()).or_default();
        let step = Step::between(cluster.last, at, stale_after);
        if step == Step::Old {
            return;
        }
        if step == Step::Anew {
            cluster.start_anew();
        }
        (cluster.last, cluster.heard) = (Some(at), Some(heard));
        let judgement = Judgement::of(views);
        let verdict = cluster.judge(&judgement, self.figures.open_rounds, self.figures.close_rounds);
        let condition = match verdict {
            Verdict::Same => return,
            Verdict::Met => self.met(&judgement, &views.resource),
            Verdict::Cleared => Condition::Cleared { cause: judgement.cause(), evidence: judgement.evidence() },
        };
        findings.push(Finding { key: key(&views.resource), condition, at: views.at });
    }

    fn met(&self, judgement: &Judgement, resource: &Resource) -> Condition {
        let mut cause = judgement.cause();
        if !judgement.is_bad() {
            // Writing to a String cannot fail.
            let _ = write!(cause, " It closes after {} such rounds in a row.", self.figures.close_rounds);
        }
        let what = judgement.headline().unwrap_or_else(|| "agreement is back, not yet confirmed".to_owned());
        Condition::Met(Symptom {
            severity: self.figures.severity,
            summary: format!("No consensus{}: {what}", within(resource)),
            cause,
            remedy: self.figures.remedy.clone(),
            evidence: judgement.evidence(),
        })
    }

    fn resume(&mut self, issue: &IssueEvent) {
        if **issue.key.kind() == *Self::KIND && !issue.is_closed() {
            let cluster = Cluster::resumed(issue.at.timestamp_millis(), self.ticks.now());
            self.clusters.insert(issue.key.resource().clone(), cluster);
        }
    }

    fn gap(&mut self, resource: &Resource, why: &str, findings: &mut Vec<Finding>) {
        let covered = self.clusters.iter_mut().filter(|(cluster, _)| resource.covers(cluster));
        let now = self.ticks.now();
        findings.extend(covered.filter_map(|(resource, cluster)| unknown(resource, cluster, now, why)));
    }
}

fn key(resource: &Resource) -> IssueKey {
    IssueKey::new(ClusterConsensus::KIND, resource.clone())
}

/// That nothing is known of a cluster, where that is news.
fn unknown(resource: &Resource, cluster: &mut Cluster, now: Option<i64>, why: &str) -> Option<Finding> {
    if !cluster.lose(why) {
        return None;
    }
    let at = now.unwrap_or_else(|| cluster.latest());
    let at = DateTime::from_timestamp_millis(at).unwrap_or(DateTime::UNIX_EPOCH);
    Some(Finding { key: key(resource), condition: Condition::Unknown { why: why.to_owned() }, at })
}

impl Detector for ClusterConsensus {
    fn kind(&self) -> &str {
        Self::KIND
    }

    #[inline]
    fn observe(&mut self, signal: &Signal, findings: &mut Vec<Finding>) {
        match signal {
            Signal::Views(views) => self.round(views, findings),
            Signal::Event(Event::Issue(issue)) => self.resume(issue),
            Signal::Gap { resource, why } => self.gap(resource, why, findings),
            Signal::Retired { resource, .. } | Signal::Restored { resource } => {
                self.clusters.retain(|cluster, _| !resource.covers(cluster));
            }
            Signal::Event(_) => {}
        }
    }

    fn tick(&mut self, now: DateTime<Utc>, findings: &mut Vec<Finding>) {
        let now = now.timestamp_millis();
        self.ticks.set(now);
        let stale_after = to_ms(self.figures.stale_after);
        self.clusters.retain(|_, cluster| cluster.is_open() || cluster.silence(now) <= FORGET_AFTER);
        for (resource, cluster) in &mut self.clusters {
            if cluster.silence(now) > stale_after && !cluster.is_unknown() {
                let why = format!("No round of gossip{} for {}.", within(resource), duration(self.figures.stale_after));
                findings.extend(unknown(resource, cluster, Some(now), &why));
            }
        }
    }
}
