//! What they say.

use aws_sdk_cloudwatchlogs::types::RejectedLogEventsInfo;
use tidegate_aws::{Meaning, Operation, Service};
use tidegate_sink::SinkErrorKind::{Misconfigured, Unavailable};
use tidegate_sink::{Outcome, Reason};

use crate::pack::{too_new, too_old};

/// Codes that mean something of their own here. *API Reference*, the errors of each operation.
static LOGS: Service = Service {
    name: "CloudWatch Logs",
    corrections: &[
        // A quota of groups, not a rate.
        ("LimitExceededException", Meaning::Failed(Misconfigured)),
        ("OperationAbortedException", Meaning::Failed(Unavailable)),
        ("ResourceNotFoundException", Meaning::Failed(Misconfigured)),
        ("InvalidSequenceTokenException", Meaning::Failed(Unavailable)),
    ],
};

pub(crate) static PUT: Operation =
    Operation { service: &LOGS, name: "PutLogEvents", action: "logs:PutLogEvents", harmless: false };
pub(crate) static CREATE_STREAM: Operation =
    Operation { service: &LOGS, name: "CreateLogStream", action: "logs:CreateLogStream", harmless: true };
pub(crate) static CREATE_GROUP: Operation =
    Operation { service: &LOGS, name: "CreateLogGroup", action: "logs:CreateLogGroup", harmless: true };
pub(crate) static DESCRIBE: Operation =
    Operation { service: &LOGS, name: "DescribeLogStreams", action: "logs:DescribeLogStreams", harmless: true };

/// The group or the stream is missing: the same code for both.
pub(crate) const NOT_FOUND: &str = "ResourceNotFoundException";
/// Somebody made it in the meantime.
pub(crate) const EXISTS: &str = "ResourceAlreadyExistsException";
/// No longer given: it is there.
pub(crate) const ALREADY_ACCEPTED: &str = "DataAlreadyAcceptedException";
/// No longer given: it wants to be sent again.
pub(crate) const SEQUENCE_TOKEN: &str = "InvalidSequenceTokenException";

/// Which events of a call were refused, by their places in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Refused {
    /// Those before it were too old.
    old: usize,
    /// Those before it were older than the group keeps them.
    expired: usize,
    /// It and those after it were too far ahead.
    new: Option<usize>,
}

impl Refused {
    pub(crate) fn read(info: Option<&RejectedLogEventsInfo>) -> Self {
        let Some(info) = info else { return Self::default() };
        let place = |index: Option<i32>| index.and_then(|index| usize::try_from(index).ok());
        Self {
            old: place(info.too_old_log_event_end_index()).unwrap_or(0),
            expired: place(info.expired_log_event_end_index()).unwrap_or(0),
            new: place(info.too_new_log_event_start_index()),
        }
    }

    /// What became of the event at `place` of the call.
    pub(crate) fn outcome(&self, place: usize) -> Outcome {
        if place < self.old {
            return Outcome::Rejected(too_old());
        }
        if place < self.expired {
            return Outcome::Rejected(Reason::new("it is older than the log group keeps its events"));
        }
        match self.new {
            Some(new) if place >= new => Outcome::Rejected(too_new()),
            _ => Outcome::Accepted(None),
        }
    }
}
