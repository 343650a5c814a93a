//! What people read.

use std::fmt::Write as _;

use anstyle::Style;
use chrono::{DateTime, Utc};
use tidegate_event::{
    Event, IssueEvent, LogLevel, LogRecord, Notification, Reading, Resource, Sample, Severity, figure,
};

use crate::colour::Palette;
use crate::escape::escape;

/// Where the words of a field begin, after its label.
const FIELD: usize = 14;
/// The narrowest that words are wrapped to.
const NARROWEST: usize = 24;

/// How events are worded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text {
    pub(crate) palette: Palette,
    /// How wide it may be; `None`: as wide as it gets.
    pub(crate) columns: Option<usize>,
}

impl Text {
    /// Adds `event`. `told`: its issue or notification was told here before.
    pub(crate) fn write(self, event: &Event, told: bool, out: &mut String) {
        match event {
            Event::Issue(issue) => self.issue(issue, told, out),
            Event::Notification(notification) => self.notification(notification, out),
            Event::Log(record) => self.log(record, out),
            Event::Metric(sample) => self.metric(sample, out),
        }
    }

    fn issue(self, issue: &IssueEvent, told: bool, out: &mut String) {
        let severity = self.palette.severity(issue.severity);
        let (word, style) = match (issue.is_closed(), issue.stale) {
            (true, _) => ("CLOSED", self.palette.good()),
            (false, true) => ("STALE", severity),
            (false, false) => (if told { "UPDATED" } else { "OPEN" }, severity),
        };
        let severity = if issue.is_closed() { Style::new() } else { severity };
        head(issue.at, (word, style), (issue.severity.as_str(), severity), out);
        let (summary, strong) = (escape(&issue.summary), self.palette.strong());
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{strong}{summary}{strong:#}");
        let place = issue.key.resource().to_string();
        if !issue.key.resource().is_empty() && !issue.summary.contains(&place) {
            self.field("where", &place, out);
        }
        self.field("cause", &issue.cause, out);
        if issue.stale && !issue.is_closed() {
            self.field("stale", "Nothing was measured lately: it may be better or worse than this says.", out);
        }
        // What is over needs none.
        if !issue.remedy.is_empty() && !issue.is_closed() {
            self.field("remedy", &issue.remedy, out);
        }
        self.evidence(issue, out);
        self.field(if issue.is_closed() { "lasted" } else { "since" }, &lifetime(issue), out);
        let episode = issue.episode.to_string();
        let short = episode.rsplit('-').next().unwrap_or(&episode);
        self.field("issue", &format!("{}, episode {short}", issue.key.kind()), out);
        out.push('\n');
    }

    fn evidence(self, issue: &IssueEvent, out: &mut String) {
        let names: Vec<_> = issue.evidence.iter().map(|reading| escape(&reading.name)).collect();
        let widest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        for (line, (name, reading)) in names.iter().zip(&issue.evidence).enumerate() {
            let label = if line == 0 { "measured" } else { "" };
            self.label(label, out);
            let _ = writeln!(out, "{name:widest$}  {}", escape(&figure::reading(reading)));
        }
    }

    fn notification(self, notification: &Notification, out: &mut String) {
        let severity = self.palette.severity(notification.severity);
        head(notification.at, ("NOTICE", severity), (notification.severity.as_str(), severity), out);
        let (kind, message) = (escape(&notification.kind), escape(&notification.message));
        let _ = write!(out, "{kind}: {message}");
        self.place(&notification.resource, out);
        if notification.revision > 0 {
            let faint = self.palette.faint();
            let _ = write!(out, "  {faint}revision {}{faint:#}", notification.revision);
        }
        out.push('\n');
    }

    fn log(self, record: &LogRecord, out: &mut String) {
        let level = record.level.map_or("-", level);
        let style = match record.level {
            Some(LogLevel::Fatal) => self.palette.severity(Severity::Critical),
            Some(LogLevel::Error) => self.palette.severity(Severity::Error),
            Some(LogLevel::Warning) => self.palette.severity(Severity::Warning),
            _ => self.palette.faint(),
        };
        head(record.at, ("LOG", self.palette.faint()), (level, style), out);
        out.push_str(&escape(&record.message));
        if let Some(exception) = &record.exception {
            let _ = write!(out, "  {}", escape(exception));
        }
        let faint = self.palette.faint();
        for (name, value) in &record.fields {
            let _ = write!(out, "  {faint}{}={}{faint:#}", escape(name), escape(&value.to_string()));
        }
        for flag in record.flags.iter().filter_map(|flag| serde_json::to_value(flag).ok()) {
            let _ = write!(out, "  {faint}[{}]{faint:#}", flag.as_str().unwrap_or_default());
        }
        self.place(&record.resource, out);
        out.push('\n');
    }

    fn metric(self, sample: &Sample, out: &mut String) {
        head(sample.at, ("METRIC", self.palette.faint()), ("", Style::new()), out);
        let reading = Reading::new(sample.name.clone(), sample.value(), sample.unit.clone());
        let _ = write!(out, "{} = {}", escape(&sample.name), escape(&figure::reading(&reading)));
        for (name, value) in sample.labels.iter() {
            let _ = write!(out, "  {}={}", escape(name), escape(value));
        }
        self.place(&sample.resource, out);
        out.push('\n');
    }

    fn place(self, resource: &Resource, out: &mut String) {
        if !resource.is_empty() {
            let faint = self.palette.faint();
            let _ = write!(out, "  {faint}({}){faint:#}", escape(&resource.to_string()));
        }
    }

    fn label(self, label: &str, out: &mut String) {
        let faint = self.palette.faint();
        let width = FIELD - 4;
        let _ = write!(out, "    {faint}{label:width$}{faint:#}");
    }

    /// A labelled text, wrapped beside its label.
    fn field(self, label: &str, text: &str, out: &mut String) {
        self.label(label, out);
        let text = escape(text);
        let Some(columns) = self.columns else {
            let _ = writeln!(out, "{text}");
            return;
        };
        let room = columns.saturating_sub(FIELD).max(NARROWEST);
        let mut used = 0;
        for word in text.split(' ') {
            let length = word.chars().count();
            if used > 0 && used + 1 + length > room {
                let _ = write!(out, "\n{:FIELD$}", "");
                used = 0;
            } else if used > 0 {
                out.push(' ');
                used += 1;
            }
            out.push_str(word);
            used += length;
        }
        out.push('\n');
    }
}

/// When, what and how bad, in columns.
fn head(at: DateTime<Utc>, what: (&str, Style), grade: (&str, Style), out: &mut String) {
    let ((word, style), (grade, graded)) = (what, grade);
    let _ = write!(out, "{}  {style}{word:7}{style:#}  {graded}{grade:11}{graded:#}  ", figure::time(at));
}

/// Since when, and for how long: `2026-11-24 02:55:00 UTC (5 min)`, or `5 min, from 2026-11-24 02:55:00 UTC` when over.
fn lifetime(issue: &IssueEvent) -> String {
    let (from, held) = (figure::time(issue.opened_at), figure::span(issue.at - issue.opened_at));
    if issue.is_closed() {
        format!("{held}, from {from}")
    } else if issue.at > issue.opened_at {
        format!("{from} ({held})")
    } else {
        from
    }
}

fn level(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Verbose => "verbose",
        LogLevel::Debug => "debug",
        LogLevel::Information => "information",
        LogLevel::Warning => "warning",
        LogLevel::Error => "error",
        LogLevel::Fatal => "fatal",
    }
}
