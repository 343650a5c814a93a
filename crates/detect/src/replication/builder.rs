use std::time::Duration;

use tidegate_event::figure::bytes;
use tidegate_event::{Name, Severity};

use super::follower::Rules;
use super::{CLOSE_AFTER, CLOSE_ROUNDS, LIMIT, MOST_NODES, OPEN_AFTER, ReplicationLag, STALE_AFTER};
use crate::run::Side;
use crate::watch::Watch;
use crate::{DetectError, DetectErrorKind, Rule};

/// The figures of a [`ReplicationLag`]. [`build`](ReplicationLagBuilder::build) checks them all.
#[derive(Debug, Clone)]
#[must_use]
pub struct ReplicationLagBuilder {
    open: Rule,
    close: Rule,
    severity: Severity,
    stale_after: Duration,
    source_interval: Option<Duration>,
    remedy: Name,
}

impl ReplicationLagBuilder {
    pub(super) fn standard() -> Self {
        Self {
            open: Rule::consistently(LIMIT, OPEN_AFTER),
            close: Rule::consistently(LIMIT, CLOSE_AFTER).with_samples(CLOSE_ROUNDS),
            severity: Severity::Warning,
            stale_after: STALE_AFTER,
            source_interval: None,
            remedy:
                "Compare the node's disk and network with the leader's, and look for replication errors in its log; \
                     until it has caught up, keep the other nodes running."
                    .into(),
        }
    }

    /// When it opens: strictly above so many bytes. Default: 64 MiB for 10 minutes.
    pub fn with_open(mut self, open: Rule) -> Self {
        self.open = open;
        self
    }

    /// When it closes: strictly below so many bytes, at most those of opening. Default: 64 MiB for a minute and at
    /// least two rounds.
    pub fn with_close(mut self, close: Rule) -> Self {
        self.close = close;
        self
    }

    /// How bad it is. Default: [`Severity::Warning`].
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// After how long without an answer of the node and its leader nothing is known any more. Default: 100 s.
    pub fn with_stale_after(mut self, stale_after: Duration) -> Self {
        self.stale_after = stale_after;
        self
    }

    /// How often the source asks, for [`build`](ReplicationLagBuilder::build) to check that `stale_after` is at least
    /// three times that.
    pub fn with_source_interval(mut self, interval: Duration) -> Self {
        self.source_interval = Some(interval);
        self
    }

    /// What to do about it, as a sentence.
    pub fn with_remedy(mut self, remedy: impl Into<Name>) -> Self {
        self.remedy = remedy.into();
        self
    }

    /// When it opens, in bytes.
    pub fn open(&self) -> Rule {
        self.open
    }

    /// When it closes, in bytes.
    pub fn close(&self) -> Rule {
        self.close
    }

    pub(super) fn severity(&self) -> Severity {
        self.severity
    }

    pub(super) fn stale_after(&self) -> Duration {
        self.stale_after
    }

    pub(super) fn remedy(&self) -> &Name {
        &self.remedy
    }

    /// The detector.
    ///
    /// # Errors
    /// When a limit is not finite, a number of rounds is zero, `stale_after` is less than three times the source's
    /// interval, or it would close above where it opens.
    pub fn build(self) -> Result<ReplicationLag, DetectError> {
        for (side, rule, limit) in [("open", self.open, "above"), ("close", self.close, "below")] {
            rule.check(side, limit, "rounds")?;
        }
        let (open, close) = (self.open.limit(), self.close.limit());
        if close > open {
            let (close, open) = (bytes(close), bytes(open));
            let context = format!("close.below is {close}; it must be at most open.above, which is {open}");
            return Err(DetectError::new(DetectErrorKind::Contradiction, context));
        }
        crate::threshold::check_stale_after(self.stale_after, self.source_interval)?;
        let rules = Rules { open: Side::new(self.open), close: Side::new(self.close) };
        let nodes = Watch::new(ReplicationLag::KIND, self.stale_after, MOST_NODES);
        Ok(ReplicationLag { figures: self, rules, nodes })
    }
}
