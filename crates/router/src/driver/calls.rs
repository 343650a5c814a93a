//! What a driver waits for: the sink, the logs, a time.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tidegate_sink::{Delivery, Outcome, Probe, Sink, SinkError, SinkErrorKind};
use tidegate_store::{Chunk, EventLog, Position, StoreError};

/// What a driver waits for, where it waits for it at all.
pub(super) type Awaited<T> = Option<BoxFuture<'static, T>>;

/// One delivery.
pub(super) async fn attempt(sink: &dyn Sink, batch: &[Delivery], timeout: Duration) -> Result<Vec<Outcome>, SinkError> {
    call(sink.deliver(batch), timeout).await
}

/// Whether the sink would take something.
pub(super) fn probe(sink: Arc<dyn Sink>, timeout: Duration) -> BoxFuture<'static, Result<Probe, SinkError>> {
    async move { call(sink.probe(), timeout).await }.boxed()
}

/// One call of a sink. One that panics or never answers harms nobody but its own integration.
async fn call<T>(answer: impl Future<Output = Result<T, SinkError>>, timeout: Duration) -> Result<T, SinkError> {
    match tokio::time::timeout(timeout, AssertUnwindSafe(answer).catch_unwind()).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(SinkError::new(SinkErrorKind::Unconfirmed, "the sink panicked")),
        Err(_) => {
            let context = format!("the sink did not answer within {} s", timeout.as_secs());
            Err(SinkError::new(SinkErrorKind::Unconfirmed, context))
        }
    }
}

pub(super) fn read(
    log: Arc<dyn EventLog>,
    from: Position,
    most: usize,
) -> BoxFuture<'static, Result<Chunk, StoreError>> {
    async move {
        let result = log.read(from, most).await;
        if result.is_err() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        result
    }
    .boxed()
}

/// What was read; never, where nothing is being read.
pub(super) async fn arrived<T>(read: &mut Awaited<T>) -> T {
    let Some(reading) = read else { return std::future::pending().await };
    let what = reading.await;
    *read = None;
    what
}

pub(super) async fn sleep_for(duration: Option<Duration>) {
    match duration {
        Some(duration) => tokio::time::sleep(duration).await,
        None => std::future::pending().await,
    }
}
