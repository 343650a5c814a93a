//! Batches, their outcomes, and the profile.

use tidegate_event::EventKind;
use tidegate_sink::{Delivery, Outcome, Sink};

use super::{Breach, Suite, accept, deliver};
use crate::sample;

/// More items than this in one batch prove nothing more.
const MOST_ITEMS: usize = 10_000;

/// So many items of the kinds that the profile takes, each another, within the bytes that it allows: none where those
/// have no room for any.
fn items(sink: &impl Sink, most: usize) -> Vec<Delivery> {
    let profile = sink.profile();
    let mut room = profile.batch_bytes();
    let fits = |kind: &EventKind| sample::event(*kind, 0).size_bytes() <= room;
    let kinds: Vec<EventKind> = profile.kinds().iter().filter(fits).collect();
    (0..most.min(MOST_ITEMS))
        .zip(kinds.iter().cycle())
        .map(|(number, kind)| sample::delivery(sample::event(*kind, u32::try_from(number).unwrap_or(0))))
        .take_while(|delivery| {
            let bytes = delivery.event.size_bytes();
            let fits = bytes <= room;
            room = room.saturating_sub(bytes);
            fits
        })
        .collect()
}

/// The same, but at least one, or no rule to check.
fn some_items(sink: &impl Sink, most: usize) -> Result<Vec<Delivery>, Breach> {
    let items = items(sink, most);
    if sink.profile().kinds().is_empty() {
        return Err(Breach::Skipped("it takes no kind of event"));
    }
    if items.is_empty() {
        return Err(Breach::Skipped("its batch_bytes are too few for any item"));
    }
    Ok(items)
}

pub(super) async fn an_empty_batch_has_no_outcome<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    deliver(&suite.sink().await, &[]).await.map(drop)
}

pub(super) async fn each_item_has_one_outcome<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    let sink = suite.sink().await;
    for size in 1..=sink.profile().batch().min(3) {
        deliver(&sink, &some_items(&sink, size)?).await?;
    }
    Ok(())
}

pub(super) async fn a_full_batch_has_one_outcome_each<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    let sink = suite.sink().await;
    let batch = some_items(&sink, sink.profile().batch())?;
    let outcomes = deliver(&sink, &batch).await?;
    match outcomes.iter().position(|outcome| !matches!(outcome, Outcome::Accepted(_))) {
        Some(at) => Err(Breach::broken(format!("item {at} of {} was not accepted: {:?}", batch.len(), outcomes[at]))),
        None => Ok(()),
    }
}

pub(super) async fn a_rejected_item_is_told_in_its_place<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    let Some(event) = &suite.rejected else {
        return Err(Breach::Skipped("no event is known that is rejected; give one by `Suite::with_rejected`"));
    };
    let most = suite.sink().await.profile().batch().min(3);
    for place in 0..most {
        let sink = suite.sink().await;
        let mut batch = items(&sink, most - 1);
        batch.insert(place.min(batch.len()), sample::delivery(event.clone()));
        let outcomes = deliver(&sink, &batch).await?;
        for (at, (delivery, outcome)) in batch.iter().zip(&outcomes).enumerate() {
            // It goes to the dead letters by itself: what stands beside it is delivered.
            let right = match (*delivery.event == *event, outcome) {
                (true, Outcome::Rejected(_)) | (false, Outcome::Accepted(_)) => continue,
                (true, _) => "rejected",
                (false, _) => "accepted",
            };
            let seen = format!("item {at} is {outcome:?}, where {right} is right, in {outcomes:?}");
            return Err(Breach::broken(seen));
        }
    }
    Ok(())
}

pub(super) async fn every_kind_of_its_profile_is_taken<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    let sink = suite.sink().await;
    if sink.profile().kinds().is_empty() {
        return Err(Breach::broken("the profile takes no kind of event"));
    }
    for kind in sink.profile().kinds().iter() {
        accept(&sink, &sample::delivery(sample::event(kind, 1))).await?;
    }
    Ok(())
}

pub(super) async fn the_profile_stays_the_same<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    let sink = suite.sink().await;
    let before = sink.profile().clone();
    if before.destination().is_empty() {
        return Err(Breach::broken("the destination has no name"));
    }
    deliver(&sink, &items(&sink, 1)).await?;
    let other = suite.sink().await;
    for after in [sink.profile(), other.profile()] {
        if *after != before {
            return Err(Breach::broken(format!("first {before:?}, then {after:?}")));
        }
    }
    Ok(())
}
