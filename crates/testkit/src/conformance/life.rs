//! The life of issues and notifications, as a service is told it.

use tidegate_event::{EventKind, IssueEvent};
use tidegate_sink::{Delivery, Receipt, Sink};

use super::{Breach, Suite, accept};
use crate::sample::{self, Episode};

/// A receipt is stored with each issue: so many bytes are plenty for an address.
const LONGEST_RECEIPT: usize = 4096;

/// A sink that takes events of `kind`, or no rule to check.
async fn sink_for<S: Sink + 'static, F: AsyncFn() -> S>(suite: &Suite<S, F>, kind: EventKind) -> Result<S, Breach> {
    let sink = suite.sink().await;
    if sink.profile().kinds().contains(kind) {
        return Ok(sink);
    }
    Err(Breach::Skipped(if kind == EventKind::Issue { "it takes no issues" } else { "it takes no notifications" }))
}

/// Tells `issue`, after what `prior` is the receipt of; gives the last receipt, as a lane keeps it.
async fn tell(sink: &impl Sink, issue: &IssueEvent, prior: Option<Receipt>) -> Result<Option<Receipt>, Breach> {
    let delivery = prior.iter().cloned().fold(sample::delivery(issue.clone()), Delivery::with_prior);
    Ok(stored(accept(sink, &delivery).await?.as_ref())?.or(prior))
}

/// The receipt as a store gives it back.
fn stored(receipt: Option<&Receipt>) -> Result<Option<Receipt>, Breach> {
    let text = serde_json::to_string(&receipt).map_err(|error| Breach::broken(format!("the receipt: {error}")))?;
    serde_json::from_str(&text).map_err(|error| Breach::broken(format!("the receipt {text}: {error}")))
}

pub(super) async fn an_issue_opens_is_updated_and_closes<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    let sink = sink_for(suite, EventKind::Issue).await?;
    let disk = Episode::new("disk-usage");
    let (open, worse, closed) = (disk.open(), disk.update_at(tidegate_event::Severity::Critical), disk.close());
    let prior = tell(&sink, &open, None).await?;
    suite.expect_shown(&sink, &open, "after the opening", true)?;
    suite.expect_copies(&sink, &open, "after the opening", 1)?;
    let prior = tell(&sink, &worse, prior).await?;
    suite.expect_shown(&sink, &worse, "after an update", true)?;
    tell(&sink, &closed, prior).await?;
    suite.expect_shown(&sink, &closed, "after the close", false)?;
    suite.expect_copies(&sink, &closed, "after the close", 1)
}

pub(super) async fn an_issue_that_was_never_open_there_closes<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    let sink = sink_for(suite, EventKind::Issue).await?;
    let disk = Episode::new("disk-usage");
    disk.open();
    let closed = disk.close();
    tell(&sink, &closed, None).await?;
    suite.expect_shown(&sink, &closed, "after a close alone", false)
}

pub(super) async fn a_second_close_does_no_harm<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    let sink = sink_for(suite, EventKind::Issue).await?;
    let disk = Episode::new("disk-usage");
    let prior = tell(&sink, &disk.open(), None).await?;
    let closed = disk.close();
    let prior = tell(&sink, &closed, prior).await?;
    tell(&sink, &closed, prior).await?;
    suite.expect_shown(&sink, &closed, "after two closes", false)?;
    suite.expect_copies(&sink, &closed, "after two closes", 1)
}

pub(super) async fn another_episode_opens_anew<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    let sink = sink_for(suite, EventKind::Issue).await?;
    let first = Episode::new("disk-usage");
    let prior = tell(&sink, &first.open(), None).await?;
    tell(&sink, &first.close(), prior).await?;
    let second = Episode::of(first.key().clone(), sample::episode(2));
    let (open, closed) = (second.open(), second.close());
    let prior = tell(&sink, &open, None).await?;
    suite.expect_shown(&sink, &open, "after the second episode opened", true)?;
    suite.expect_copies(&sink, &open, "after the second episode opened", 1)?;
    tell(&sink, &closed, prior).await?;
    suite.expect_shown(&sink, &closed, "after the second episode closed", false)
}

pub(super) async fn issues_do_not_touch_each_other<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    let sink = sink_for(suite, EventKind::Issue).await?;
    let (one, other) = (Episode::numbered("disk-usage", 1), Episode::numbered("disk-usage", 2));
    let (one_open, other_open) = (one.open(), other.open());
    let prior = tell(&sink, &one_open, None).await?;
    tell(&sink, &other_open, None).await?;
    for open in [&one_open, &other_open] {
        suite.expect_copies(&sink, open, "opened beside another", 1)?;
    }
    tell(&sink, &one.close(), prior).await?;
    suite.expect_shown(&sink, &one_open, "closed beside another", false)?;
    suite.expect_shown(&sink, &other_open, "left open beside one that closed", true)
}

pub(super) async fn what_may_have_been_applied_is_taken<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    let sink = sink_for(suite, EventKind::Issue).await?;
    let never = Episode::numbered("disk-usage", 1);
    let (open, closed) = (never.open(), never.close());
    accept(&sink, &sample::delivery(open.clone()).with_maybe_applied()).await?;
    suite.expect_shown(&sink, &open, "opened by a second attempt", true)?;
    suite.expect_copies(&sink, &open, "opened by a second attempt", 1)?;
    accept(&sink, &sample::delivery(closed.clone()).with_maybe_applied()).await?;
    suite.expect_shown(&sink, &closed, "closed without a receipt", false)?;

    let known = Episode::numbered("disk-usage", 2);
    let (open, worse) = (known.open(), known.update());
    let prior = tell(&sink, &open, None).await?;
    let again = prior.into_iter().fold(sample::delivery(worse).with_maybe_applied(), Delivery::with_prior);
    accept(&sink, &again).await?;
    suite.expect_shown(&sink, &open, "updated with a receipt by a second attempt", true)
}

pub(super) async fn what_may_have_been_applied_does_not_stand_twice<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    let sink = sink_for(suite, EventKind::Issue).await?;
    if suite.view.is_none() {
        return Err(Breach::Skipped("nobody can see what the service shows; show it by `Suite::with_view`"));
    }
    if !suite.lookup && !sink.profile().deduplicates() {
        return Err(Breach::Skipped(
            "it neither looks up nor deduplicates; where it does, say so by `Suite::with_lookup` or \
             `Profile::with_deduplication`",
        ));
    }
    let disk = Episode::new("disk-usage");
    let open = disk.open();
    let delivery = sample::delivery(open.clone());
    accept(&sink, &delivery).await?;
    accept(&sink, &delivery.clone().with_maybe_applied()).await?;
    suite.expect_copies(&sink, &open, "opened twice", 1)?;
    accept(&sink, &sample::delivery(disk.update()).with_maybe_applied()).await?;
    suite.expect_copies(&sink, &open, "updated without a receipt", 1)?;
    suite.expect_shown(&sink, &open, "updated without a receipt", true)?;
    accept(&sink, &sample::delivery(disk.close()).with_maybe_applied()).await?;
    suite.expect_copies(&sink, &open, "closed without a receipt", 1)?;
    suite.expect_shown(&sink, &open, "closed without a receipt", false)
}

pub(super) async fn a_receipt_is_short<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    let sink = sink_for(suite, EventKind::Issue).await?;
    let disk = Episode::new("disk-usage");
    let long = IssueEvent { cause: "x".repeat(16 * 1024), ..disk.open() };
    match tell(&sink, &long, None).await? {
        Some(receipt) if receipt.as_str().len() > LONGEST_RECEIPT => {
            let seen = receipt.as_str().len();
            Err(Breach::broken(format!("a receipt of {seen} bytes, where {LONGEST_RECEIPT} are plenty")))
        }
        Some(_) => Ok(()),
        None => Err(Breach::Skipped("it gives no receipts")),
    }
}

pub(super) async fn a_receipt_of_another_shape_is_as_good_as_none<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    let sink = sink_for(suite, EventKind::Issue).await?;
    for (number, json) in
        ["null", "7", r#"["of another version"]"#, r#"{"of":{"another":"version"}}"#].iter().enumerate()
    {
        let odd: Receipt = serde_json::from_value((*json).into()).map_err(|error| Breach::broken(error.to_string()))?;
        let disk = Episode::numbered("disk-usage", u32::try_from(number).unwrap_or(0));
        let (open, closed) = (disk.open(), disk.close());
        let prior = tell(&sink, &open, Some(odd)).await?;
        suite.expect_shown(&sink, &open, &format!("opened with the receipt {json}"), true)?;
        tell(&sink, &closed, prior).await?;
        suite.expect_shown(&sink, &closed, "closed after it", false)?;
    }
    Ok(())
}

pub(super) async fn a_notification_is_revised<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    let sink = sink_for(suite, EventKind::Notification).await?;
    let first = sample::delivery(sample::notification("n-1"));
    let prior = stored(accept(&sink, &first).await?.as_ref())?;
    accept(&sink, &first.with_maybe_applied()).await?;
    let second = sample::delivery(sample::notification("n-1").with_revision(1));
    accept(&sink, &prior.into_iter().fold(second, Delivery::with_prior)).await.map(drop)
}
