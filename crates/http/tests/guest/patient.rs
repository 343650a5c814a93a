//! An eye on whether a service is left alone as long as it wants. For the simulations, by its path, as `wire.rs`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
use tokio::time::Instant;

/// A sink that notes when it is asked to deliver before the `Retry-After` of an earlier answer is over.
pub(crate) struct Patient<S> {
    sink: S,
    /// Since when, and until when.
    wait: Mutex<Option<(Instant, Instant)>>,
    breaches: Arc<Mutex<Vec<String>>>,
}

impl<S> Patient<S> {
    pub(crate) fn new(sink: S, breaches: Arc<Mutex<Vec<String>>>) -> Self {
        Self { sink, wait: Mutex::default(), breaches }
    }

    fn look(&self) {
        let now = Instant::now();
        let wait = *self.wait.lock().expect("no test panics here");
        // What began in the same moment could not know.
        if let Some((_, until)) = wait.filter(|(since, until)| *since < now && now < *until) {
            let early = until - now;
            self.breaches.lock().expect("no test panics here").push(format!("told {early:?} before its Retry-After"));
        }
    }

    fn note(&self, retry_after: Duration) {
        let now = Instant::now();
        let mut wait = self.wait.lock().expect("no test panics here");
        let until = wait.map_or(now, |(_, until)| until).max(now + retry_after);
        *wait = Some((now, until));
    }
}

#[async_trait]
impl<S: Sink> Sink for Patient<S> {
    fn profile(&self) -> &Profile {
        self.sink.profile()
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        self.look();
        let outcomes = self.sink.deliver(batch).await?;
        for outcome in &outcomes {
            if let Outcome::Failed(error) = outcome
                && let Some(retry_after) = error.retry_after()
            {
                self.note(retry_after);
            }
        }
        Ok(outcomes)
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        self.sink.probe().await
    }
}
