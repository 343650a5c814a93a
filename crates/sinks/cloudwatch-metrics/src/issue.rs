//! An issue as a metric that alarms can stand on: 1 while it is open, 0 once it is closed.

use aws_sdk_cloudwatch::types::{MetricDatum, StandardUnit};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tidegate_event::IssueEvent;
use tidegate_sink::{Delivery, Receipt};

use crate::name::{NAME, legal};
use crate::origin::Origin;
use crate::piece::{Header, Piece, dimensions, minute};

const MINUTE: i64 = 60;

/// The last minute in which an episode stands as open, in seconds of the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Until {
    until: i64,
}

/// What is put for `issue`, delivered at `place`, and the receipt for that.
///
/// CloudWatch adds up each minute and knows no order within it: of a 1 and a 0 in one minute the alarm's `Maximum` is 1, and
/// where nothing follows, it stays at that for ever. So a close is of a minute after all in which its episode stood as open,
/// and an opening counts for the next minute too, where the close of the episode before may stand.
///
/// The minutes are those of the delivery: alarms look at what is now, and see nothing that comes late for an older minute.
pub(crate) fn piece(
    issue: &IssueEvent,
    delivery: &Delivery,
    place: usize,
    now: DateTime<Utc>,
) -> (Piece, Option<Receipt>) {
    let now = minute(now);
    let prior = delivery.prior.as_ref().and_then(|prior| prior.read::<Until>().ok());
    let (minutes, value) = match (issue.is_closed(), prior) {
        (true, Some(Until { until })) => (vec![(until + MINUTE).clamp(now + MINUTE, now + 2 * MINUTE)], 0.0),
        (true, None) if delivery.maybe_applied => (vec![now + 2 * MINUTE], 0.0),
        (true, None) => (vec![now + MINUTE], 0.0),
        (false, Some(_)) => (vec![now], 1.0),
        (false, None) => (vec![now, now + MINUTE], 1.0),
    };
    let until = minutes.iter().copied().chain(prior.map(|prior| prior.until)).max().unwrap_or(now);
    let receipt = if issue.is_closed() { None } else { Receipt::new(&Until { until }).ok() };
    let datums = minutes.into_iter().map(|minute| datum(issue, minute, value)).collect();
    (Piece::new(Origin::Own, datums, vec![place]), receipt)
}

fn datum(issue: &IssueEvent, seconds: i64, value: f64) -> MetricDatum {
    let header = Header {
        name: legal(&format!("issue.{}", issue.key.kind()), NAME).into_owned(),
        // There are no labels, and three are never too many.
        dimensions: dimensions(issue.key.resource(), std::iter::empty()).unwrap_or_default(),
        seconds,
        unit: StandardUnit::None,
    };
    header.with_values(vec![value], vec![1.0])
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use tidegate_testkit::sample::{self, Episode};

    use super::*;

    /// The minutes after the samples begin, and the value.
    fn put(delivery: &Delivery, seconds: i64) -> (Vec<i64>, f64, Option<Receipt>) {
        let tidegate_event::Event::Issue(issue) = &*delivery.event else { panic!("no issue") };
        let (piece, receipt) = piece(issue, delivery, 0, sample::at() + TimeDelta::seconds(seconds));
        let minutes = piece
            .datums
            .iter()
            .map(|datum| (datum.timestamp().expect("a time").secs() - sample::at().timestamp()) / MINUTE);
        (minutes.collect(), piece.datums[0].value().expect("a value"), receipt)
    }

    #[test]
    fn a_close_stands_alone_in_its_minute() {
        let disk = Episode::new("disk-usage");
        let (minutes, value, receipt) = put(&sample::delivery(disk.open()), 10);
        assert_eq!((minutes, value), (vec![0, 1], 1.0));
        let prior = receipt.expect("a receipt");
        // In the minute of the opening, in the next, and later.
        for (seconds, minute) in [(50, 2), (70, 2), (119, 2), (120, 3), (600, 11)] {
            let close = sample::delivery(disk.close()).with_prior(prior.clone()).with_maybe_applied();
            let (minutes, value, receipt) = put(&close, seconds);
            assert_eq!((minutes, value), (vec![minute], 0.0), "{seconds}");
            assert_eq!(receipt, None);
        }
        let (minutes, value, receipt) = put(&sample::delivery(disk.update()).with_prior(prior), 330);
        assert_eq!((minutes, value), (vec![5], 1.0));
        let close = sample::delivery(disk.close()).with_prior(receipt.expect("a receipt"));
        assert_eq!(put(&close, 331).0, [6], "after the update of the same minute");
    }

    #[test]
    fn what_may_have_been_told_as_open_is_closed_after_that() {
        let close = sample::delivery(Episode::new("disk-usage").close());
        assert_eq!(put(&close, 10).0, [1]);
        assert_eq!(put(&close.with_maybe_applied(), 10).0, [2]);
    }

    #[test]
    fn an_opening_outlasts_the_close_of_the_episode_before() {
        let (before, after) = (Episode::new("disk-usage"), Episode::new("disk-usage"));
        let (_, _, receipt) = put(&sample::delivery(before.open()), 0);
        let (closed, _, _) = put(&sample::delivery(before.close()).with_prior(receipt.expect("a receipt")), 310);
        let (opened, _, _) = put(&sample::delivery(after.open()), 320);
        assert_eq!((closed, opened), (vec![6], vec![5, 6]), "the maximum of the last minute is 1");
    }
}
