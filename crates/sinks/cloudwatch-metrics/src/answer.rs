//! What they say.

use tidegate_aws::{AwsFailure, Meaning, Operation, Service};
use tidegate_sink::{Probe, Reason, SinkError};

static CLOUDWATCH: Service = Service { name: "CloudWatch", corrections: &[] };

/// Puts metrics. A repetition counts twice.
pub(crate) static PUT: Operation =
    Operation { service: &CLOUDWATCH, name: "PutMetricData", action: "cloudwatch:PutMetricData", harmless: false };

/// Lists metrics.
pub(crate) static LIST: Operation =
    Operation { service: &CLOUDWATCH, name: "ListMetrics", action: "cloudwatch:ListMetrics", harmless: true };

/// What became of a request.
#[derive(Debug)]
pub(crate) enum Said {
    Taken,
    Refused(Refusal),
    Failed(SinkError),
}

/// Why nothing of a request was taken, or ever will be.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The number of the datum that is to blame, counted from 1, where CloudWatch says so.
    pub(crate) member: Option<usize>,
    pub(crate) reason: Reason,
}

/// What a failure of `PutMetricData` means.
pub(crate) fn read(failure: AwsFailure) -> Said {
    if failure.is_refused() {
        Said::Refused(Refusal { member: member(failure.message()), reason: failure.reason() })
    } else {
        Said::Failed(failure.into())
    }
}

/// The number in `MetricData.member.<n>`. The last of them: what stands before it may be a value of ours.
fn member(message: &str) -> Option<usize> {
    const MEMBER: &str = "MetricData.member.";
    let rest = &message[message.rfind(MEMBER)? + MEMBER.len()..];
    let digits = rest.find(|letter: char| !letter.is_ascii_digit()).map_or(rest, |end| &rest[..end]);
    digits.parse().ok()
}

/// What a list of metrics proves. Who may only put them is known all the same.
pub(crate) fn listed(list: Result<(), AwsFailure>) -> Result<&'static str, SinkError> {
    match list {
        Ok(()) => Ok("CloudWatch knows the key in this region: it listed metrics"),
        Err(failure) if failure.meaning() == Meaning::Denied => {
            Ok("CloudWatch knows the key in this region: it may not list metrics, which is not needed")
        }
        Err(failure) => Err(failure.into()),
    }
}

/// What it proves to put nothing, after what was `known`.
pub(crate) fn proven(
    put: Result<(), AwsFailure>,
    known: &str,
    namespace: &str,
    region: &str,
) -> Result<Probe, SinkError> {
    match put {
        Err(failure) if !failure.is_refused() => Err(failure.into()),
        // A pause because the key may not put anything must not end with this.
        _ => {
            let put = format!(
                "that the key may put metrics into {namespace} (cloudwatch:PutMetricData): nothing was put, since no metric \
                 can be taken back"
            );
            let region = format!("that {region} is the region where the metrics are looked for: each region takes any");
            let probe = Probe::new().blind_to_credentials().with_proven(known);
            Ok(probe.with_unproven(put).with_unproven(region))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_datum_is_read() {
        for (message, number) in [
            ("The value NaN for parameter MetricData.member.9.Value is invalid.", Some(9)),
            ("The value \u{fffd} for parameter MetricData.member.10.Value is invalid.", Some(10)),
            ("The value MetricData.member.1 for parameter MetricData.member.22.Value is invalid.", Some(22)),
            ("The parameter MetricData.member.1.MetricName is required.", Some(1)),
            ("MetricData.member.7", Some(7)),
            ("MetricData.member.", None),
            ("MetricData.member.99999999999999999999999", None),
            ("The collection MetricData must not have a size greater than 1000.", None),
            ("", None),
        ] {
            assert_eq!(member(message), number, "{message}");
        }
    }
}
