//! What can be proven without a trace.

use tidegate_aws::Meaning;
use tidegate_sink::{Probe, SinkError};

use crate::CloudWatchLogs;
use crate::answer::{CREATE_GROUP, CREATE_STREAM, DESCRIBE, NOT_FOUND, PUT};

pub(crate) async fn ask(sink: &CloudWatchLogs) -> Result<Probe, SinkError> {
    let client = sink.client().await?;
    let (group, place) = (&sink.settings.group, sink.aws.region());
    let describe = || client.describe_log_streams().log_group_name(group).limit(1).send();
    let good_key = format!("the credentials are good in {place}");
    let probe = match sink.aws.call(&DESCRIBE, describe).await {
        Ok(_) => Probe::new().with_proven(good_key).with_proven(format!("the log group `{group}` is there")),
        Err(failure) if failure.code() == Some(NOT_FOUND) => {
            if !sink.settings.create_group {
                return Err(sink.no_group());
            }
            let missing = format!(
                "that the log group `{group}` can be created, which is not there: the first event does it, and IAM must \
                 allow {}",
                CREATE_GROUP.action
            );
            Probe::new().with_proven(good_key).with_unproven(missing)
        }
        Err(failure) if failure.meaning() == Meaning::Denied => {
            let missing = format!(
                "that the log group `{group}` is there: IAM does not allow {}, by which this is asked, and which nothing \
                 else needs",
                DESCRIBE.action
            );
            Probe::new().with_proven(good_key).with_unproven(missing)
        }
        Err(failure) => return Err(failure.into()),
    };
    let write = format!(
        "that IAM allows {}, and {} for a node that is new: nothing was written",
        PUT.action, CREATE_STREAM.action
    );
    let probe = probe.with_unproven(write);
    // It says nothing of the right to write, for the lack of which the integration may be paused.
    let probe = probe.blind_to_credentials();
    Ok(sink.aws.wrong_clock().into_iter().fold(probe, Probe::with_unproven))
}
