use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;
use tidegate_base::{Clock, SystemClock};
use tidegate_http::{HttpTransport, Transport, TransportErrorKind};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};

use crate::Webhook;
use crate::answer::Said;
use crate::payload::{Parcel, pack, receipt};

/// After so long a call sends nothing more: what is left is offered again, and what was taken counts. A lane gives a whole
/// call up after two minutes.
const CALL: TimeDelta = TimeDelta::seconds(30);

/// A [`Sink`] that posts by a [`Webhook`] over a [`Transport`].
///
/// It is not [`HttpSink`](tidegate_http::HttpSink), which holds a conversation about each item: here one request carries
/// many. They go one after the other. Once one fails, those after it come back [`Untouched`](Outcome::Untouched), but
/// where the receiver minds one event and not what comes after it.
///
/// Nothing is kept between calls, so that a call may be dropped at any await.
pub struct WebhookSink<T = HttpTransport> {
    webhook: Webhook,
    transport: T,
    clock: Arc<dyn Clock>,
}

impl<T: Transport> WebhookSink<T> {
    /// A sink that posts by `webhook` over `transport`, by the machine's clock.
    pub fn new(webhook: Webhook, transport: T) -> Self {
        Self { webhook, transport, clock: Arc::new(SystemClock::new()) }
    }

    /// The same by another clock.
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    async fn post(&self, parcel: &Parcel) -> Said {
        let request = match self.webhook.request(parcel, self.clock.now()) {
            Ok(request) => request,
            Err(error) => return Said::Failed(error),
        };
        match self.transport.send(request).await {
            Ok(answer) => self.webhook.read(parcel, &answer, self.clock.now()),
            // A 2xx, of which the body is without meaning.
            Err(error) if error.kind() == TransportErrorKind::TooLarge => Said::Taken,
            Err(error) => Said::Failed(error.into()),
        }
    }
}

#[async_trait]
impl<T: Transport> Sink for WebhookSink<T> {
    fn profile(&self) -> &Profile {
        self.webhook.profile()
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        let mut outcomes = vec![Outcome::Untouched; batch.len()];
        let mut parcels: VecDeque<Parcel> = pack(batch, self.webhook.body_bytes(), &mut outcomes).into();
        let began = self.clock.now();
        while let Some(parcel) = parcels.pop_front() {
            let said = self.post(&parcel).await;
            if matches!(said, Said::TooLarge(_)) && parcel.is_many() {
                let (first, second) = parcel.halves();
                parcels.push_front(second);
                parcels.push_front(first);
                continue;
            }
            // Logs and metrics stay in order: nothing goes past what is to be sent again.
            let blocks = matches!(said, Said::Refused(_)) && parcel.is_bulk();
            let ends_call = matches!(said, Said::Failed(_));
            let outcome = outcome(said, parcel.is_bulk());
            for place in parcel.places() {
                outcomes[place] = outcome.clone();
            }
            if ends_call || blocks || self.clock.now() - began > CALL {
                break;
            }
        }
        Ok(outcomes)
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        let answer = self.transport.send(self.webhook.probe()?).await?;
        self.webhook.proven(&answer, self.clock.now())
    }
}

fn outcome(said: Said, is_bulk: bool) -> Outcome {
    match said {
        Said::Taken if is_bulk => Outcome::Accepted(None),
        Said::Taken => Outcome::Accepted(receipt()),
        Said::TooLarge(reason) | Said::Rejected(reason) => Outcome::Rejected(reason),
        Said::Refused(error) | Said::Failed(error) => Outcome::Failed(error),
    }
}

impl<T> fmt::Debug for WebhookSink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookSink").field("webhook", &self.webhook).finish_non_exhaustive()
    }
}
