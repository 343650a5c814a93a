//! What can be proven without an alert.

use bytes::Bytes;
use http::{Request, Response};
use serde_json::json;
use tidegate_http::{Call, ProbeStep};
use tidegate_sink::{Probe, SinkError};

use crate::answer::{Became, Said, Speaker};

/// A request that never was.
const NEVER: &str = "/v2/alerts/requests/00000000-0000-4000-8000-000000000000";
/// An alert that never is.
const NOTHING: &str = "/v2/alerts/tidegate-probe-of-nothing/close?identifierType=alias";

const UNPROVEN: &str = "that the key may create and close alerts: none was created";

/// A count proves key and region. A key without the right to read is asked for what a key without it may know.
pub(crate) fn opsgenie(
    endpoint: &str,
    speaker: Speaker<'_>,
    answers: &[Response<Bytes>],
) -> Result<ProbeStep, SinkError> {
    let Some(count) = answers.first() else {
        return Ok(ProbeStep::send(get(endpoint, "/v2/alerts/count", speaker)?));
    };
    let good = format!("the key is one of the account at {}", host(endpoint));
    if speaker.counted(count)?.is_some() {
        let probe = Probe::new().with_proven(good).with_proven("the key may read, so that what is queued is followed");
        return Ok(ProbeStep::Done(probe.with_unproven(UNPROVEN)));
    }
    let Some(answer) = answers.get(1) else {
        return Ok(ProbeStep::send(get(endpoint, NEVER, speaker)?));
    };
    let blind = "that what is queued is done, and that an alert whose answer was lost is found again, which needs the \
                 right to read: without it an accepted request counts as done, and what may be there is created again";
    match speaker.became(true, answer) {
        Became::Failed(error) => Err(error),
        Became::Untold => Ok(ProbeStep::Done(
            Probe::new()
                .with_unproven("that the key is good: it may not read")
                .with_unproven(blind)
                .with_unproven(UNPROVEN),
        )),
        _ => Ok(ProbeStep::Done(Probe::new().with_proven(good).with_unproven(blind).with_unproven(UNPROVEN))),
    }
}

/// A key of Jira Service Management reads nothing that is documented. A close of what never was does nothing.
pub(crate) fn jsm(endpoint: &str, speaker: Speaker<'_>, answers: &[Response<Bytes>]) -> Result<ProbeStep, SinkError> {
    let Some(answer) = answers.first() else {
        let call = Call::post(endpoint, NOTHING).with_authorization("GenieKey", speaker.key);
        let call = call.with_json(&json!({ "source": "tidegate" }));
        return Ok(ProbeStep::send(call.harmless().build()?));
    };
    match speaker.change(answer) {
        Said::Queued(_) | Said::Absent => {
            let good = format!(
                "the key is one of an integration at {}: a close of an alert that is none was taken",
                host(endpoint)
            );
            Ok(ProbeStep::Done(
                Probe::new()
                    .with_proven(good)
                    .with_unproven("that the key may create alerts: none was created")
                    .with_unproven("that alerts come out as they should: an accepted request counts as done"),
            ))
        }
        Said::Failed(_) if answer.status().is_success() => Err(speaker.nobody(answer)),
        Said::Failed(error) => Err(error),
        Said::Rejected(_) => Err(speaker.unfit_for_probe(answer)),
    }
}

fn get(endpoint: &str, path: &str, speaker: Speaker<'_>) -> Result<Request<Bytes>, SinkError> {
    Call::get(endpoint, path).with_authorization("GenieKey", speaker.key).build()
}

/// What stands between the slashes.
fn host(endpoint: &str) -> &str {
    let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default()
}
