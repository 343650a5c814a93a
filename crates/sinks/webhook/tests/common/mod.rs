//! Sinks, answers, and receivers in memory.
#![allow(dead_code, unused_imports, reason = "each test file uses its own part")]

#[path = "../../../../http/tests/guest/lane.rs"]
mod lane;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use tidegate_base::Secret;
use tidegate_http::{Transport, TransportError};
use tidegate_sink::{Delivery, Outcome, Sink};
use tidegate_sink_webhook::{Webhook, WebhookBuilder, WebhookSink};
use tidegate_testkit::model::WebhookReceiver;
use tidegate_testkit::{ManualClock, sample};

pub(crate) use self::lane::{deliver, kind, now, tell, tell_whole};

pub(crate) const SECRET: &str = "whsec_dGlkZWdhdGUtYWNjZXB0YW5jZS1zZWNyZXQtMDE=";
pub(crate) const OLD: &str = "whsec_b2xkLXNlY3JldC1vbGQtc2VjcmV0LTAx";
/// Its path is secret.
pub(crate) const URL: &str = "https://receiver.example.com/hook/s3cretPath?key=s3cretKey";

pub(crate) fn to(url: &str) -> WebhookBuilder {
    Webhook::to(url, Secret::literal(SECRET))
}

pub(crate) fn clock() -> ManualClock {
    ManualClock::starting_at(now())
}

type Answer = Result<Response<Bytes>, TransportError>;

/// Gives recorded answers in their order, the last one for ever, and keeps the requests.
#[derive(Clone, Default)]
pub(crate) struct Recorded {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    requests: Arc<Mutex<Vec<Request<Bytes>>>>,
}

impl Recorded {
    pub(crate) fn new(answers: impl IntoIterator<Item = Response<Bytes>>) -> Self {
        let recorded = Self::default();
        recorded.answers.lock().expect("no panic").extend(answers.into_iter().map(Ok));
        recorded
    }

    pub(crate) fn failing(error: TransportError) -> Self {
        let recorded = Self::default();
        recorded.answers.lock().expect("no panic").push_back(Err(error));
        recorded
    }

    pub(crate) fn requests(&self) -> Vec<Request<Bytes>> {
        self.requests.lock().expect("no panic").clone()
    }
}

#[async_trait]
impl Transport for Recorded {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.requests.lock().expect("no panic").push(request);
        let mut answers = self.answers.lock().expect("no panic");
        let next = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        next.expect("an answer")
    }
}

/// A sink over recorded answers.
pub(crate) fn over(recorded: &Recorded) -> WebhookSink<Recorded> {
    WebhookSink::new(to(URL).build().expect("a webhook"), recorded.clone()).with_clock(clock())
}

pub(crate) fn said(status: u16, body: &str) -> Response<Bytes> {
    lane::said(status, &body.into())
}

/// The outcomes of `batch`, where the receiver answers so.
pub(crate) async fn outcomes(batch: &[Delivery], answers: impl IntoIterator<Item = Response<Bytes>>) -> Vec<Outcome> {
    over(&Recorded::new(answers)).deliver(batch).await.expect("outcomes")
}

pub(crate) fn lines(count: u32) -> Vec<Delivery> {
    (0..count).map(|number| sample::delivery(sample::log(&format!("line {number}")))).collect()
}
