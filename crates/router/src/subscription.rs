use std::collections::BTreeSet;

use tidegate_event::{Event, EventKind, IssueEvent, LogLevel, LogRecord, Name, Severity};
use tidegate_sink::EventKinds;

use crate::{SINK_UNAVAILABLE, STORE_FAILING};

/// Which events an integration takes.
///
/// For issues it decides only whether an episode is told for the first time: once one event of an episode has passed,
/// every later one does.
///
/// ```
/// use tidegate_event::{EventKind, Severity};
/// use tidegate_router::Subscription;
///
/// let urgent = Subscription::new([EventKind::Issue]).with_clusters(["orders"]).with_min_severity(Severity::Error);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    kinds: EventKinds,
    clusters: BTreeSet<Name>,
    min_severity: Severity,
    min_level: Option<LogLevel>,
    muted: bool,
}

impl Subscription {
    /// Takes all events of `kinds`.
    pub fn new(kinds: impl Into<EventKinds>) -> Self {
        Self {
            kinds: kinds.into(),
            clusters: BTreeSet::new(),
            min_severity: Severity::Info,
            min_level: None,
            muted: false,
        }
    }

    /// Takes only what happens in these clusters; all where there are none. That another integration is away, or a store
    /// fails, is told all the same.
    pub fn with_clusters<N: Into<Name>>(mut self, clusters: impl IntoIterator<Item = N>) -> Self {
        self.clusters = clusters.into_iter().map(Into::into).collect();
        self
    }

    /// Takes only issues and notifications at least this bad.
    pub fn with_min_severity(mut self, severity: Severity) -> Self {
        self.min_severity = severity;
        self
    }

    /// Takes only log lines at least this bad, and those that do not say.
    pub fn with_min_level(mut self, level: LogLevel) -> Self {
        self.min_level = Some(level);
        self
    }

    /// Takes no new issues and no notifications while muted. What was told as open is still told as closed, and when
    /// the mute ends, the issues that are open then are told.
    pub fn with_mute(mut self, muted: bool) -> Self {
        self.muted = muted;
        self
    }

    /// The kinds of event.
    pub fn kinds(&self) -> EventKinds {
        self.kinds
    }

    /// The clusters whose events it takes; none: all.
    pub fn clusters(&self) -> impl Iterator<Item = &Name> {
        self.clusters.iter()
    }

    /// How bad issues and notifications are that it takes, at the least.
    pub fn min_severity(&self) -> Severity {
        self.min_severity
    }

    /// How bad log lines are that it takes, at the least; `None`: all.
    pub fn min_level(&self) -> Option<LogLevel> {
        self.min_level
    }

    /// Whether it takes no new issues and no notifications.
    pub fn is_muted(&self) -> bool {
        self.muted
    }

    /// Only what a sink with `profile` kinds takes as well.
    pub(crate) fn limited_to(mut self, kinds: EventKinds) -> Self {
        self.kinds = self.kinds.intersection(kinds);
        self
    }

    /// Whether `integration`, whose subscription this is, takes `event` as the first of its episode.
    pub(crate) fn takes(&self, integration: &str, event: &Event) -> bool {
        self.kinds.contains(event.kind()) && self.refusal(integration, event).is_none()
    }

    /// The first rule that stops an event of a subscribed kind.
    fn refusal(&self, integration: &str, event: &Event) -> Option<&'static str> {
        match event {
            Event::Issue(issue) if matches!(&**issue.key.kind(), SINK_UNAVAILABLE | STORE_FAILING) => {
                self.refuse_own(integration, issue)
            }
            Event::Issue(issue) => self.refuse_told(issue.severity, event),
            Event::Notification(notification) => self.refuse_told(notification.severity, event),
            Event::Log(record) => self.refuse_level(record).or_else(|| self.refuse_cluster(event)),
            Event::Metric(_) => self.refuse_cluster(event),
        }
    }

    fn refuse_told(&self, severity: Severity, event: &Event) -> Option<&'static str> {
        if self.muted {
            Some("the integration is muted")
        } else if severity < self.min_severity {
            Some("its severity is below min_severity")
        } else {
            self.refuse_cluster(event)
        }
    }

    /// An integration that is away cannot be told so; every other one is, whatever its clusters. That stores fail is told
    /// to all.
    fn refuse_own(&self, integration: &str, issue: &IssueEvent) -> Option<&'static str> {
        let of_sink = &**issue.key.kind() == SINK_UNAVAILABLE;
        if of_sink && issue.key.resource().part.as_deref() == Some(integration) {
            Some("it is about this very integration")
        } else if self.muted {
            Some("the integration is muted")
        } else if issue.severity < self.min_severity {
            Some("its severity is below min_severity")
        } else {
            None
        }
    }

    fn refuse_level(&self, record: &LogRecord) -> Option<&'static str> {
        let below = self.min_level.is_some_and(|least| record.level.is_some_and(|level| level < least));
        below.then_some("its level is below min_level")
    }

    fn refuse_cluster(&self, event: &Event) -> Option<&'static str> {
        let cluster = event.resource().cluster.as_ref();
        let taken = self.clusters.is_empty() || cluster.is_some_and(|cluster| self.clusters.contains(cluster));
        (!taken).then_some("its cluster is not among cluster_ids")
    }

    /// The first rule that stops `event`, in words for people; `None` where it passes.
    pub fn explain(&self, integration: &str, event: &Event) -> Option<&'static str> {
        if !self.kinds.contains(event.kind()) {
            return Some(match event.kind() {
                EventKind::Issue => "issues are not among its sources",
                EventKind::Notification => "notifications are not among its sources",
                EventKind::Log => "logs are not among its sources",
                EventKind::Metric => "metrics are not among its sources",
            });
        }
        self.refusal(integration, event)
    }
}

#[cfg(test)]
mod tests;
