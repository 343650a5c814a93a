//! What an event is there: a JSON object on one line, whose `message` is the original one.

mod line;
mod oversize;
mod time;

use tidegate_event::Event;
use tidegate_sink::{Delivery, Reason};

use self::line::{Context, LogLine, issue_line, notification_line};
pub(crate) use self::oversize::LARGEST;
pub use self::oversize::Oversize;

/// The messages of one event.
#[derive(Debug)]
pub(crate) enum Messages {
    /// It is one.
    One(String),
    /// It was too large for one.
    Many(Vec<String>),
}

/// What `delivery` is there: one message as a rule. One that is larger than `limit` bytes is cut or becomes several.
pub(crate) fn render(delivery: &Delivery, limit: usize, oversize: Oversize) -> Result<Messages, Reason> {
    let context = Context::new(delivery);
    match &*delivery.event {
        Event::Log(record) => {
            let whole = LogLine::new(record, context).json(delivery.event.size_bytes());
            if whole.len() <= limit {
                return Ok(Messages::One(whole));
            }
            oversize::fit(record, context, limit, oversize)
        }
        Event::Issue(issue) => oversize::fit_texts(limit, |most| issue_line(issue, context, most)),
        Event::Notification(notification) => {
            oversize::fit_texts(limit, |most| notification_line(notification, context, most))
        }
        Event::Metric(_) => {
            Err(Reason::new("CloudWatch Logs takes no metrics; they are for a sink of `cloudwatch-metrics`"))
        }
    }
}
