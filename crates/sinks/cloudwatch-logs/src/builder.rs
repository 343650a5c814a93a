use std::time::Duration;

use tidegate_aws::AwsConnection;
use tidegate_event::EventKind;
use tidegate_sink::Profile;

use crate::payload::LARGEST;
use crate::sink::Settings;
use crate::{CloudWatchLogs, CloudWatchLogsError, CloudWatchLogsErrorKind, Oversize};

/// A line for each figure that changed would bury the log.
const UPDATE_INTERVAL: Duration = Duration::from_mins(1);

/// The most events of one call. *API Reference*, `PutLogEvents`.
const MOST_EVENTS: usize = 10_000;

/// The most bytes of a batch, in memory: some calls of 1 MiB each.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// How many streams are written to at once.
const STREAMS: usize = 4;

/// Builds a [`CloudWatchLogs`] sink.
///
/// | setting | default |
/// |---|---|
/// | [`create_group`](Self::with_create_group) | no |
/// | [`oversize`](Self::with_oversize) log lines | cut |
/// | [`update_interval`](Self::with_update_interval) | 1 min |
/// | [`streams`](Self::with_streams) written to at once | 4 |
/// | [`event_bytes`](Self::with_event_bytes) | 1,048,550 |
#[derive(Debug, Clone)]
pub struct CloudWatchLogsBuilder {
    group: String,
    aws: AwsConnection,
    create_group: bool,
    oversize: Oversize,
    update_interval: Duration,
    streams: usize,
    event_bytes: usize,
}

impl CloudWatchLogsBuilder {
    pub(crate) fn new(aws: AwsConnection, group: String) -> Self {
        Self {
            group,
            aws,
            create_group: false,
            oversize: Oversize::default(),
            update_interval: UPDATE_INTERVAL,
            streams: STREAMS,
            event_bytes: LARGEST,
        }
    }

    /// Creates the group where it is missing, which keeps what is in it for ever until somebody says how long. Otherwise a
    /// missing group pauses the sink. Streams are created either way.
    pub fn with_create_group(mut self) -> Self {
        self.create_group = true;
        self
    }

    /// Does this with a log line that is larger than the service takes.
    pub fn with_oversize(mut self, oversize: Oversize) -> Self {
        self.oversize = oversize;
        self
    }

    /// Keeps two updates of one issue at least so far apart.
    pub fn with_update_interval(mut self, interval: Duration) -> Self {
        self.update_interval = interval;
        self
    }

    /// Writes to up to `streams` streams at once, 1 to 64; to each of them one call after the other.
    pub fn with_streams(mut self, streams: usize) -> Self {
        self.streams = streams;
        self
    }

    /// Takes log lines over `bytes` for too large: 1,024 to 1,048,550.
    pub fn with_event_bytes(mut self, bytes: usize) -> Self {
        self.event_bytes = bytes;
        self
    }

    /// The sink. Nobody is asked anything before it is used.
    ///
    /// # Errors
    /// [`Invalid`](CloudWatchLogsErrorKind::Invalid): a group that can have no such name, a number out of its bounds.
    pub fn build(self) -> Result<CloudWatchLogs, CloudWatchLogsError> {
        let invalid =
            |key, context: String| Err(CloudWatchLogsError::new(CloudWatchLogsErrorKind::Invalid, key, context));
        if let Some(what) = what_is_wrong(&self.group, self.create_group) {
            return invalid("group_name", format!("`group_name` is {:?}, and {what}", self.group));
        }
        if !(1..=64).contains(&self.streams) {
            return invalid("streams", format!("{} streams at once; it must be 1 to 64", self.streams));
        }
        if !(1_024..=LARGEST).contains(&self.event_bytes) {
            return invalid(
                "event_bytes",
                format!("{} bytes of one event; it must be 1024 to {LARGEST}", self.event_bytes),
            );
        }
        let profile = Profile::new(format!("cloudwatch-logs:{}:{}", self.aws.place(), self.group))
            .with_kinds([EventKind::Issue, EventKind::Notification, EventKind::Log].into())
            .with_batch(MOST_EVENTS)
            .with_batch_bytes(BATCH_BYTES)
            .with_update_interval(self.update_interval);
        let settings = Settings {
            group: self.group,
            create_group: self.create_group,
            oversize: self.oversize,
            streams: self.streams,
            event_bytes: self.event_bytes,
        };
        Ok(CloudWatchLogs::new(profile, self.aws, settings))
    }
}

/// *API Reference*, `CreateLogGroup`.
fn what_is_wrong(group: &str, create: bool) -> Option<&'static str> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "._-/#".contains(letter);
    if !(1..=512).contains(&group.len()) {
        return Some("a group's name has 1 to 512 characters");
    }
    if !group.chars().all(allowed) {
        return Some("a group's name is of letters, digits and . - _ / # (its name alone, not its ARN)");
    }
    (create && group.starts_with("aws/")).then_some("no group can be created whose name begins with `aws/`")
}

#[cfg(test)]
mod tests;
