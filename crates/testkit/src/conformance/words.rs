//! What a sink says of itself and of failures.

use std::error::Error;

use tidegate_sink::{Outcome, Sink, SinkError};

use super::{Breach, Failing, Failure, Suite};
use crate::sample;

/// One call's worth of failures.
async fn failures(sink: &impl Sink) -> (Vec<SinkError>, Vec<Outcome>) {
    let mut errors = Vec::new();
    let mut others = Vec::new();
    for kind in sink.profile().kinds().iter() {
        match sink.deliver(&[sample::delivery(sample::event(kind, 1))]).await {
            Err(error) => errors.push(error),
            Ok(outcomes) => outcomes.into_iter().for_each(|outcome| match outcome {
                Outcome::Failed(error) => errors.push(error),
                other => others.push(other),
            }),
        }
    }
    (errors, others)
}

/// All that can be read of an error: as it prints, as it debugs, and its causes.
fn telling(error: &SinkError) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text} {error} {error:?}");
        cause = error.source();
    }
    text
}

pub(super) async fn nothing_tells_a_secret<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    let Some(debug) = suite.debug.filter(|_| !suite.secrets.is_empty()) else {
        return Err(Breach::Skipped("no secret is known; name those of the sink by `Suite::with_secrets`"));
    };
    let working = suite.sink().await;
    for sink in std::iter::once(&working).chain(suite.failing.iter().map(|failing| &failing.sink)) {
        let (errors, outcomes) = failures(sink).await;
        let probed = match sink.probe().await {
            Ok(probe) => format!("{probe:?}"),
            Err(error) => telling(&error),
        };
        let mut said = vec![
            ("its Debug", debug(sink)),
            ("its profile", format!("{:?}", sink.profile())),
            ("its outcomes", format!("{outcomes:?}")),
            ("its probe", probed),
        ];
        said.extend(errors.iter().map(|error| ("its errors", telling(error))));
        for (place, text) in said {
            if let Some(number) = suite.secrets.iter().position(|secret| text.contains(secret)) {
                return Err(Breach::broken(format!("secret {} of those given stands in {place}", number + 1)));
            }
        }
    }
    Ok(())
}

pub(super) async fn a_failure_says_what_may_have_been_applied<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    let known: Vec<_> = suite.failing.iter().filter(|failing| failing.failure != Failure::Any).collect();
    if known.is_empty() {
        return Err(Breach::Skipped(
            "no service is known of which is known how it fails; give some by `Suite::with_server_faults` (HTTP) or \
             `with_failing_as`",
        ));
    }
    for Failing { sink, failure, how } in known {
        let (errors, mut outcomes) = failures(sink).await;
        outcomes.extend(errors.into_iter().map(Outcome::Failed));
        if let Some(told) = outcomes.iter().find(|outcome| !failure.may_be_told_as(outcome)) {
            return Err(Breach::broken(format!("a service {how}: told as {told:?}, where {failure} is right")));
        }
    }
    Ok(())
}

pub(super) async fn a_failure_is_told_in_one_line<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    if suite.failing.is_empty() {
        return Err(Breach::Skipped(
            "no failing service is known; give some by `Suite::with_server_faults` (HTTP) or `with_failing`",
        ));
    }
    for Failing { sink, failure, how } in &suite.failing {
        let (errors, others) = failures(sink).await;
        let accepted = others.iter().find(|outcome| matches!(outcome, Outcome::Accepted(_)));
        if let Some(accepted) = accepted.filter(|_| *failure != Failure::Applied) {
            return Err(Breach::broken(format!("a service {how} is told as {accepted:?}")));
        }
        for error in errors {
            let text = error.to_string();
            let source = error.source().map(ToString::to_string).filter(|source| !source.is_empty());
            if text.lines().count() != 1 {
                return Err(Breach::broken(format!("an error of {} lines: {text:?}", text.lines().count())));
            }
            if error.context().is_empty() {
                return Err(Breach::broken(format!("an error that says nothing but its kind: {text:?}")));
            }
            if source.is_some_and(|source| text.contains(&source)) {
                return Err(Breach::broken(format!("an error that repeats its source: {text:?}")));
            }
        }
    }
    Ok(())
}
