use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tidegate_event::figure::span;
use tidegate_event::{Event, LogLevel, LogRecord, Name, Resource, Severity, Signal};

use super::{MOST_NODES, Said, quote, whose};
use crate::figure::duration;
use crate::ticks::to_ms;
use crate::watch::Watch;
use crate::{DetectError, DetectErrorKind, Detector, Finding, Symptom};

/// `node-fatal`: whether a node said that it has to end.
///
/// It reads log lines by their level. The resource is that of the line.
///
/// - **Opens** with a line of level Fatal: the process ends, or should have.
/// - **Closes** with a line that comes 10 minutes or more after the last Fatal one: the node is there again, and has run
///   for that long without another. One that dies at each start stays one issue. Silence proves nothing: a node that says
///   nothing may be dead. After silence, a gap or a restart of tidegate the 10 minutes begin with the next line.
/// - **Unknown** when its log has said nothing for 5 minutes.
/// - **Severity**: critical.
#[derive(Debug)]
pub struct NodeFatal {
    figures: NodeFatalBuilder,
    nodes: Watch<Said>,
}

/// The figures of a [`NodeFatal`]. [`build`](NodeFatalBuilder::build) checks them all.
#[derive(Debug, Clone)]
#[must_use]
pub struct NodeFatalBuilder {
    quiet: Duration,
    stale_after: Duration,
    severity: Severity,
    remedy: Name,
}

impl NodeFatalBuilder {
    /// For how long its log must go on without another Fatal line to close. Default: 10 minutes.
    pub fn with_quiet(mut self, quiet: Duration) -> Self {
        self.quiet = quiet;
        self
    }

    /// After how long without any line nothing is known any more. Default: 5 minutes.
    pub fn with_stale_after(mut self, stale_after: Duration) -> Self {
        self.stale_after = stale_after;
        self
    }

    /// How bad it is. Default: [`Severity::Critical`].
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
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
    /// When a duration is zero.
    pub fn build(self) -> Result<NodeFatal, DetectError> {
        for (field, value) in [("quiet", self.quiet), ("stale_after", self.stale_after)] {
            if to_ms(value) == 0 {
                let context = format!("{field} is 0; it must be longer, such as 5 min");
                return Err(DetectError::new(DetectErrorKind::Missing, context));
            }
        }
        let nodes = Watch::new(NodeFatal::KIND, self.stale_after, MOST_NODES);
        Ok(NodeFatal { figures: self, nodes })
    }
}

impl NodeFatal {
    /// The detector's kind.
    pub const KIND: &'static str = "node-fatal";

    /// The default figures.
    pub fn builder() -> NodeFatalBuilder {
        NodeFatalBuilder {
            quiet: Duration::from_mins(10),
            stale_after: Duration::from_mins(5),
            severity: Severity::Critical,
            remedy:
                "See whether the node is running again; read the lines before this one in its log, and its exception."
                    .into(),
        }
    }

    fn line(&mut self, record: &LogRecord, findings: &mut Vec<Finding>) {
        let (at, whose) = (record.at.timestamp_millis(), || whose(&record.resource));
        if record.level == Some(LogLevel::Fatal) {
            let figures = &self.figures;
            let symptom = |evidence| Symptom {
                severity: figures.severity,
                summary: format!("Fatal error on {}", record.resource),
                cause: format!("{} logged a fatal error {}", whose(), quote(record)),
                remedy: figures.remedy.clone(),
                evidence,
            };
            self.nodes.said(record, symptom, findings);
            return;
        }
        let enough = to_ms(self.figures.quiet);
        let is_over = |said: &mut Said| {
            let quiet = at - *said.since.get_or_insert(at);
            let quiet = (quiet >= enough).then(|| span(TimeDelta::milliseconds(quiet)))?;
            Some(format!("{} has logged for {quiet} without another fatal error.", whose()))
        };
        self.nodes.heard(record, is_over, findings);
    }
}

/// Whether the database wrote it, which names the part of itself that speaks. Other programs may log of the same node.
fn is_of_the_database(record: &LogRecord) -> bool {
    record.fields.contains_key("SourceContext")
}

impl Detector for NodeFatal {
    fn kind(&self) -> &str {
        Self::KIND
    }

    #[inline]
    fn observe(&mut self, signal: &Signal, findings: &mut Vec<Finding>) {
        match signal {
            Signal::Event(Event::Log(record)) if is_of_the_database(record) => self.line(record, findings),
            Signal::Event(Event::Log(_)) => {}
            other => self.nodes.observe(other, findings),
        }
    }

    fn tick(&mut self, now: DateTime<Utc>, findings: &mut Vec<Finding>) {
        let silent = duration(self.figures.stale_after);
        let why = |resource: &Resource| format!("The log of {resource} has said nothing for {silent}: it may be down.");
        self.nodes.tick(now, why, findings);
    }
}
