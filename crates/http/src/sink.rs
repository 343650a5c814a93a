use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use tidegate_base::{Clock, SystemClock};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError, SinkErrorKind};

use crate::{Dialect, Harmless, ProbeStep, Step, Transport};

/// The most requests of one conversation: 64. A protocol that asks how a queued request went needs some ten; more is a
/// dialect that runs in a circle.
const MOST_REQUESTS: usize = 64;

/// A [`Sink`] that holds a [`Dialect`]'s conversation over a [`Transport`].
///
/// The items of a batch go one after the other, each in a conversation of its own. Once one fails, those after it come
/// back [`Untouched`](Outcome::Untouched): what is wrong is with the service and not with the item.
///
/// It raises [`Unconfirmed`](SinkErrorKind::Unconfirmed) when a request may have been sent and no complete answer came,
/// and whenever a conversation ends badly after one of its requests may have been applied: any but a `GET` or `HEAD`
/// that was answered with 2xx or 5xx and is not marked [`Harmless`]. What the dialect or transport said is then the
/// source, and its retry-after stands.
///
/// Nothing is kept between calls, so that a call may be dropped at any await.
pub struct HttpSink<D, T> {
    dialect: D,
    transport: T,
    clock: Arc<dyn Clock>,
}

impl<D: Dialect, T: Transport> HttpSink<D, T> {
    /// A sink that speaks `dialect` over `transport`, by the machine's clock.
    pub fn new(dialect: D, transport: T) -> Self {
        Self { dialect, transport, clock: Arc::new(SystemClock::new()) }
    }

    /// The same by another clock. Waits between steps are the runtime's.
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// What it speaks.
    pub fn dialect(&self) -> &D {
        &self.dialect
    }

    async fn converse(&self, delivery: &Delivery) -> Outcome {
        let mut conversation = Conversation::new(&self.transport);
        loop {
            match self.dialect.step(delivery, &conversation.answers, self.clock.now()) {
                Ok(Step::Send { after, request }) => {
                    if let Err(error) = conversation.ask(after, request).await {
                        return Outcome::Failed(conversation.judge(error));
                    }
                }
                Ok(Step::Done(outcome)) => return conversation.end(outcome),
                Err(error) => return Outcome::Failed(conversation.judge(error)),
            }
        }
    }
}

/// The answers so far, and whether any of them means that the service may have done something.
struct Conversation<'a, T> {
    transport: &'a T,
    answers: Vec<Response<Bytes>>,
    may_have_applied: bool,
}

impl<'a, T: Transport> Conversation<'a, T> {
    fn new(transport: &'a T) -> Self {
        Self { transport, answers: Vec::new(), may_have_applied: false }
    }

    async fn ask(&mut self, after: Duration, request: Request<Bytes>) -> Result<(), SinkError> {
        if self.answers.len() >= MOST_REQUESTS {
            let context = format!("the conversation did not end within {MOST_REQUESTS} requests");
            return Err(SinkError::new(SinkErrorKind::Unconfirmed, context));
        }
        if !after.is_zero() {
            tokio::time::sleep(after).await;
        }
        let harmless = is_harmless(&request);
        let answer = self.transport.send(request).await?;
        self.may_have_applied |= !harmless && may_mean_applied(answer.status());
        self.answers.push(answer);
        Ok(())
    }

    /// What `error` is after what came before it.
    fn judge(&self, error: SinkError) -> SinkError {
        if !self.may_have_applied || error.kind().may_have_applied() {
            return error;
        }
        let judged =
            SinkError::new(SinkErrorKind::Unconfirmed, "a step failed after an earlier one may have been applied");
        match error.retry_after() {
            Some(retry_after) => judged.with_retry_after(retry_after),
            None => judged,
        }
        .with_source(error)
    }

    fn end(&self, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Failed(error) => Outcome::Failed(self.judge(error)),
            Outcome::Untouched if self.may_have_applied => {
                let context = "the conversation was given up after a step that may have been applied";
                Outcome::Failed(SinkError::new(SinkErrorKind::Unconfirmed, context))
            }
            outcome => outcome,
        }
    }
}

fn is_harmless(request: &Request<Bytes>) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD) || request.extensions().get::<Harmless>().is_some()
}

/// A refusal and a redirect surely were not; a failure inside the service may have been.
fn may_mean_applied(status: StatusCode) -> bool {
    status.is_success() || status.is_server_error()
}

#[async_trait]
impl<D: Dialect, T: Transport> Sink for HttpSink<D, T> {
    fn profile(&self) -> &Profile {
        self.dialect.profile()
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        let mut outcomes = Vec::with_capacity(batch.len());
        for delivery in batch {
            let outcome = self.converse(delivery).await;
            let failed = matches!(outcome, Outcome::Failed(_));
            outcomes.push(outcome);
            if failed {
                break;
            }
        }
        outcomes.resize(batch.len(), Outcome::Untouched);
        Ok(outcomes)
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        let mut conversation = Conversation::new(&self.transport);
        loop {
            match self.dialect.probe(&conversation.answers, self.clock.now())? {
                ProbeStep::Send { after, request } => conversation.ask(after, request).await?,
                ProbeStep::Done(probe) => return Ok(probe),
            }
        }
    }
}

impl<D, T> fmt::Debug for HttpSink<D, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSink").finish_non_exhaustive()
    }
}
