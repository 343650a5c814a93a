//! A sink straight over the model, in tokio's paused time: no network, and the queue takes as long as it takes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{Request, Response};
use tidegate_base::{Clock, Random, Secret};
use tidegate_event::IssueEvent;
use tidegate_http::{HttpSink, Transport, TransportError, TransportErrorKind};
use tidegate_sink::{Delivery, Outcome, Receipt, Sink};
use tidegate_sink_opsgenie::{Flavor, Opsgenie};
use tidegate_testkit::model::OpsgenieService;
use tidegate_testkit::sample;
use tokio::time::Instant;

use super::{KEY, deliver};

/// A clock that goes with tokio's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokioClock {
    start: Instant,
}

impl TokioClock {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for TokioClock {
    fn now(&self) -> DateTime<Utc> {
        sample::at() + TimeDelta::from_std(self.start.elapsed()).expect("a short test")
    }
}

/// What becomes of a request on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Good,
    /// It is applied, and the answer is lost.
    Lost,
    /// It never arrives, and that is not known.
    Cut,
}

type Decide = Box<dyn FnMut(&Request<Bytes>) -> Way + Send>;

/// The way to the model.
#[derive(Clone)]
pub(crate) struct Direct {
    service: OpsgenieService,
    decide: Arc<Mutex<Decide>>,
}

#[async_trait]
impl Transport for Direct {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let way = (self.decide.lock().expect("no test panics here"))(&request);
        tokio::time::sleep(Duration::from_millis(20)).await;
        let lost = || TransportError::new(TransportErrorKind::Interrupted, "the test says so");
        match way {
            Way::Good => Ok(self.service.answer(&request)),
            Way::Lost => {
                self.service.answer(&request);
                Err(lost())
            }
            Way::Cut => Err(lost()),
        }
    }
}

pub(crate) type DirectSink = HttpSink<Opsgenie, Direct>;

/// A sink of `flavor` over `service`, on whose way happens what `decide` says.
pub(crate) fn sink(
    flavor: Flavor,
    service: &OpsgenieService,
    clock: TokioClock,
    decide: impl FnMut(&Request<Bytes>) -> Way + Send + 'static,
) -> DirectSink {
    let dialect = Opsgenie::builder(Secret::literal(KEY)).with_flavor(flavor).build().expect("a dialect");
    let direct = Direct { service: service.clone(), decide: Arc::new(Mutex::new(Box::new(decide))) };
    HttpSink::new(dialect, direct).with_clock(clock)
}

/// A service whose queue takes up to `longest`.
pub(crate) fn service(seed: u64, clock: TokioClock, longest: Duration) -> OpsgenieService {
    OpsgenieService::new(KEY).with_clock(clock).with_lag(Random::seeded(seed), longest)
}

/// Delivers as a lane does, with a wait after each failure, until it is accepted; gives the receipt.
pub(crate) async fn told(sink: &impl Sink, issue: IssueEvent, prior: Option<Receipt>) -> Option<Receipt> {
    let mut delivery = prior.into_iter().fold(sample::delivery(issue), Delivery::with_prior);
    // Once there is a receipt, a lane says so of all that follows.
    delivery.maybe_applied |= delivery.prior.is_some();
    for _ in 0..1_000 {
        match deliver(sink, &delivery).await {
            Outcome::Accepted(receipt) => return receipt,
            Outcome::Failed(error) => {
                delivery.maybe_applied |= error.kind().may_have_applied();
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            other => panic!("{other:?}"),
        }
    }
    panic!("never accepted");
}
