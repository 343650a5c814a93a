//! How a sink is called: given up, several times at once, through a box.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use futures::future::join_all;
use tidegate_event::{Event, EventKind};
use tidegate_sink::{Delivery, Sink};

use super::{Breach, Suite, accept};
use crate::sample;

/// A delivery that is polled more often is given up no more.
const MOST_POLLS: usize = 64;
/// More calls at once prove nothing more.
const MOST_CALLS: usize = 16;

/// The first kind that the sink takes: an issue, if it takes any.
fn kind(sink: &impl Sink) -> Result<EventKind, Breach> {
    sink.profile().kinds().iter().next().ok_or(Breach::Skipped("it takes no kind of event"))
}

/// Polls `future` so many times; `None` where it was not done by then and is dropped.
async fn give_up_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        left = left.saturating_sub(1);
        match future.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

pub(super) async fn a_call_may_be_dropped_at_any_await<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    let sink = suite.sink().await;
    let kind = kind(&sink)?;
    for polls in 1..=MOST_POLLS {
        let event = sample::event(kind, u32::try_from(polls).unwrap_or(0));
        let delivery = sample::delivery(event.clone());
        let done = give_up_after(polls, sink.deliver(std::slice::from_ref(&delivery))).await.is_some();
        let when = format!("after a call that was dropped at its await {polls}");
        accept(&sink, &delivery.with_maybe_applied()).await.map_err(|breach| match breach {
            Breach::Broken(seen) => Breach::Broken(format!("{when}: {seen}")),
            skipped @ Breach::Skipped(_) => skipped,
        })?;
        if let Event::Issue(issue) = event {
            suite.expect_shown(&sink, &issue, &when, true)?;
            if suite.lookup || sink.profile().deduplicates() {
                suite.expect_copies(&sink, &issue, &when, 1)?;
            }
        }
        if done {
            break;
        }
    }
    Ok(())
}

pub(super) async fn calls_at_once_all_answer<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    let sink = suite.sink().await;
    let calls = sink.profile().concurrency().min(MOST_CALLS);
    if calls < 2 {
        return Err(Breach::Skipped("it takes one call at a time"));
    }
    let kind = kind(&sink)?;
    let events: Vec<Event> = (0..calls).map(|call| sample::event(kind, u32::try_from(call).unwrap_or(0))).collect();
    let deliveries: Vec<Delivery> = events.iter().cloned().map(sample::delivery).collect();
    for answer in join_all(deliveries.iter().map(|delivery| accept(&sink, delivery))).await {
        answer?;
    }
    for event in events {
        if let Event::Issue(issue) = event {
            suite.expect_shown(&sink, &issue, "one of several calls at once", true)?;
            suite.expect_copies(&sink, &issue, "one of several calls at once", 1)?;
        }
    }
    Ok(())
}

pub(super) async fn boxed_and_shared_it_is_the_same<S: Sink + 'static, F: AsyncFn() -> S>(
    suite: &Suite<S, F>,
) -> Result<(), Breach> {
    let bare = suite.sink().await;
    let kind = kind(&bare)?;
    let boxed: Box<dyn Sink> = Box::new(suite.sink().await);
    let shared: Arc<dyn Sink> = Arc::new(suite.sink().await);
    for (sink, way) in [(boxed, "boxed"), (Box::new(shared), "shared")] {
        if sink.profile() != bare.profile() {
            return Err(Breach::broken(format!("{way}: another profile, {:?}", sink.profile())));
        }
        accept(&sink, &sample::delivery(sample::event(kind, 1))).await?;
    }
    Ok(())
}
