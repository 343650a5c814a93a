//! What goes on at the service meanwhile: a queue, people, a key that is changed.

use tidegate_event::{EventKind, IssueEvent, Severity};
use tidegate_sink::{Delivery, Outcome, Receipt, Sink, SinkErrorKind};

use super::{Breach, Suite, accept, deliver};
use crate::sample::{self, Episode};

/// A delivery that fails is tried so often more, as a lane would.
const MOST_ATTEMPTS: usize = 20;

/// What the service does behind the back of a sink.
type Act<S> = Box<dyn Fn(&S)>;

/// How a secret of the sink is changed.
pub(super) struct Rotation<S> {
    pub(super) revoke: Act<S>,
    pub(super) renew: Act<S>,
}

/// What a sink is told of `issue` after `prior`; what follows a receipt may have been applied, as a lane says.
fn after(issue: &IssueEvent, prior: Option<&Receipt>) -> Delivery {
    let delivery = sample::delivery(issue.clone());
    prior.cloned().into_iter().fold(delivery, |delivery, prior| delivery.with_prior(prior).with_maybe_applied())
}

/// Delivers as a lane does until it is accepted; gives the last receipt.
async fn tell(sink: &impl Sink, issue: &IssueEvent, prior: Option<Receipt>) -> Result<Option<Receipt>, Breach> {
    let mut delivery = after(issue, prior.as_ref());
    for _ in 0..MOST_ATTEMPTS {
        match deliver(sink, std::slice::from_ref(&delivery)).await?.remove(0) {
            Outcome::Accepted(receipt) => return Ok(receipt.or(prior)),
            Outcome::Failed(error) => delivery.maybe_applied |= error.kind().may_have_applied(),
            other => return Err(Breach::broken(format!("over a service with a queue: {other:?}"))),
        }
    }
    Err(Breach::broken(format!("over a service with a queue: not accepted in {MOST_ATTEMPTS} attempts")))
}

pub(super) async fn what_is_accepted_is_applied<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    if suite.slow.is_empty() {
        return Err(Breach::Skipped(
            "no service is known that takes requests in and works them off later; where yours does, give some by \
             `Suite::with_slow`",
        ));
    }
    if suite.view.is_none() {
        return Err(Breach::Skipped("nobody can see what the service shows; show it by `Suite::with_view`"));
    }
    for sink in &suite.slow {
        if !sink.profile().kinds().contains(EventKind::Issue) {
            return Err(Breach::Skipped("it takes no issues"));
        }
        let disk = Episode::new("disk-usage");
        let mut prior = None;
        for (issue, when) in [
            (disk.open(), "once the opening was accepted"),
            (disk.update_at(Severity::Critical), "once an update was accepted"),
            (disk.close(), "once the close was accepted"),
        ] {
            prior = tell(sink, &issue, prior).await?;
            suite.expect_shown(sink, &issue, when, !issue.is_closed())?;
            suite.expect_copies(sink, &issue, when, 1)?;
        }
    }
    Ok(())
}

pub(super) async fn what_somebody_deleted_is_told_anew<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    let Some(delete) = &suite.deletion else {
        return Err(Breach::Skipped(
            "nobody deletes anything; where people can, do it by `Suite::with_deletion`, and where a sink cannot notice, \
             say so in its documentation",
        ));
    };
    let sink = suite.sink().await;
    if !sink.profile().kinds().contains(EventKind::Issue) {
        return Err(Breach::Skipped("it takes no issues"));
    }
    let disk = Episode::numbered("disk-usage", 1);
    let open = disk.open();
    let prior = accept(&sink, &after(&open, None)).await?;
    delete(&sink, &open);
    suite.expect_shown(&sink, &open, "after the suite's deletion", false)?;
    let worse = disk.update_at(Severity::Critical);
    let anew = accept(&sink, &after(&worse, prior.as_ref())).await?.or(prior);
    suite.expect_shown(&sink, &worse, "updated after somebody deleted it", true)?;
    suite.expect_copies(&sink, &worse, "updated after somebody deleted it", 1)?;
    let closed = disk.close();
    accept(&sink, &after(&closed, anew.as_ref())).await?;
    suite.expect_shown(&sink, &closed, "closed after it was told anew", false)?;

    let gone = Episode::numbered("disk-usage", 2);
    let open = gone.open();
    let prior = accept(&sink, &after(&open, None)).await?;
    delete(&sink, &open);
    let closed = gone.close();
    accept(&sink, &after(&closed, prior.as_ref())).await?;
    suite.expect_shown(&sink, &closed, "closed after somebody deleted it", false)
}

pub(super) async fn a_revoked_secret_holds_everything_until_there_is_a_good_one<
    S: Sink + 'static,
    F: AsyncFn() -> S,
>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    let Some(Rotation { revoke, renew }) = &suite.rotation else {
        return Err(Breach::Skipped("no secret is ever changed; change the sink's by `Suite::with_rotation`"));
    };
    let sink = suite.sink().await;
    let kind = sink.profile().kinds().iter().next().ok_or(Breach::Skipped("it takes no kind of event"))?;
    let before = sink.profile().clone();
    let first = sample::delivery(sample::event(kind, 1));
    let second = sample::delivery(sample::event(kind, 2));
    accept(&sink, &first).await?;
    revoke(&sink);
    let told = match sink.deliver(std::slice::from_ref(&second)).await {
        Ok(mut outcomes) => outcomes.pop().unwrap_or(Outcome::Untouched),
        Err(error) => Outcome::Failed(error),
    };
    if !matches!(&told, Outcome::Failed(error) if is_about_the_secret(error.kind())) {
        let right = "failed as unauthorized or misconfigured";
        return Err(Breach::broken(format!("with a revoked secret: told as {told:?}, where {right} is right")));
    }
    if let Ok(probe) = sink.probe().await
        && !probe.proven().is_empty()
    {
        return Err(Breach::broken(format!("with a revoked secret: the probe proves {:?}", probe.proven())));
    }
    renew(&sink);
    accept(&sink, &second).await.map_err(|breach| match breach {
        Breach::Broken(seen) => Breach::Broken(format!("once there is a good secret: {seen}")),
        skipped @ Breach::Skipped(_) => skipped,
    })?;
    if *sink.profile() == before {
        return Ok(());
    }
    Err(Breach::broken(format!("first {before:?}, and with another secret {:?}", sink.profile())))
}

fn is_about_the_secret(kind: SinkErrorKind) -> bool {
    matches!(kind, SinkErrorKind::Unauthorized | SinkErrorKind::Misconfigured)
}
