//! What a sink proves when it is asked.

use std::sync::Arc;

use tidegate_event::EventKind;
use tidegate_sink::{Probe, Sink};

use super::{Breach, Suite, accept};
use crate::sample::{self, Episode};

/// A probe that is fine and says something.
async fn probe(sink: &(impl Sink + ?Sized), way: &str) -> Result<Probe, Breach> {
    let probe = sink.probe().await.map_err(|error| Breach::broken(format!("{way}: the probe failed: {error}")))?;
    let mut sentences = probe.proven().iter().chain(probe.unproven());
    if sentences.any(|sentence| !sentence.trim().is_empty()) {
        return Ok(probe);
    }
    Err(Breach::broken(format!("{way}: the probe says nothing, neither proven nor unproven")))
}

pub(super) async fn a_working_sink_proves_something<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    let sink = Arc::new(suite.sink().await);
    let issues = [1, 2].map(|number| Episode::numbered("disk-usage", number).open());
    if sink.profile().kinds().contains(EventKind::Issue) {
        // The other one stays untold: a trace may be a new message as well as a changed one.
        accept(&*sink, &sample::delivery(issues[0].clone())).await?;
    }
    let before = issues.each_ref().map(|issue| suite.shown(&sink, issue));

    let first = probe(&*sink, "bare").await?;
    let shared: Arc<dyn Sink> = sink.clone();
    let boxed: Box<dyn Sink> = Box::new(sink.clone());
    for (again, way) in [
        (probe(&*sink, "again").await?, "again"),
        (probe(&shared, "shared").await?, "shared"),
        (probe(&boxed, "boxed").await?, "boxed"),
    ] {
        if again != first {
            return Err(Breach::broken(format!("{way}: another probe, {again:?}, where the first was {first:?}")));
        }
    }

    let after = issues.each_ref().map(|issue| suite.shown(&sink, issue));
    if after == before {
        return Ok(());
    }
    Err(Breach::broken(format!("the probes left a trace: {before:?} is shown before them, {after:?} after")))
}
