use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;
use tidegate_base::{Random, Secret};
use tidegate_event::{Event, EventKind};
use tidegate_http::{Transport, TransportError};
use tidegate_router::{Integration, STORE_FAILING, Subscription};
use tidegate_sink_webhook::{Webhook, WebhookSink};
use tidegate_testkit::Crash;
use tidegate_testkit::model::WebhookReceiver;
use tidegate_testkit::server;

use crate::clock::SimulatedClock;
use crate::guest::Guest;
use crate::patient::Patient;
use crate::promises;
use crate::rules::Altered;
use crate::truth::Truth;
use crate::wire::{Service, Trouble, Wire};

pub(crate) const NAME: &str = "webhook";
pub(crate) const SECRET: &str = "whsec_dGlkZWdhdGUtYWNjZXB0YW5jZS1zZWNyZXQtMDE=";
const OTHER: &str = "whsec_b2xkLXNlY3JldC1vbGQtc2VjcmV0LTAx";

/// A receiver, and all that goes wrong with it.
pub(crate) struct Receiver {
    clock: SimulatedClock,
    model: WebhookReceiver,
    trouble: Trouble,
    random: Random,
    knows_us: bool,
    breaches: Arc<Mutex<Vec<String>>>,
    /// What was posted, whatever became of it.
    posted: Posted,
}

/// The bodies of all attempts, in order. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Posted(Arc<Mutex<Vec<Value>>>);

impl Posted {
    pub(crate) fn all(&self) -> Vec<Value> {
        self.0.lock().expect("no test panics here").clone()
    }
}

/// Notes what is posted.
pub(crate) struct Noted<T> {
    pub(crate) transport: T,
    pub(crate) posted: Posted,
}

#[async_trait]
impl<T: Transport> Transport for Noted<T> {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let body = serde_json::from_slice(request.body()).expect("JSON");
        self.posted.0.lock().expect("no test panics here").push(body);
        self.transport.send(request).await
    }
}

impl Receiver {
    pub(crate) fn new(seed: u64, clock: SimulatedClock) -> Self {
        // A course of its own, so that the rest of the schedule is the router's.
        let mut random = Random::seeded(seed ^ 0x3eb0);
        let model = WebhookReceiver::new([SECRET]).with_clock(clock);
        let trouble = Trouble::new(random.fork());
        Self { clock, model, trouble, random, knows_us: true, breaches: Arc::default(), posted: Posted::default() }
    }

    fn set_known(&mut self, known: bool) {
        self.knows_us = known;
        self.model.set_secrets([if known { SECRET } else { OTHER }]);
    }
}

/// The words in which receivers fail.
pub(crate) struct Words(pub(crate) WebhookReceiver);

impl Service for Words {
    fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        self.0.answer(request)
    }

    fn too_much(&self, seconds: Option<u64>) -> Response<Bytes> {
        let mut answer = server::text(429, "slow down");
        if let Some(seconds) = seconds {
            answer.headers_mut().insert("retry-after", seconds.into());
        }
        answer
    }

    fn failure(&self, _: &Request<Bytes>, random: &mut Random) -> Response<Bytes> {
        let pick = usize::try_from(random.below(8)).expect("a small number");
        let mut answer = server::text([500, 502, 503, 503, 504, 408, 404, 422][pick], "upstream");
        if pick == 2 {
            answer.headers_mut().insert("retry-after", (1 + random.below(30)).into());
        }
        answer
    }

    fn refusal(&self, _: &Request<Bytes>, _: &mut Random) -> Response<Bytes> {
        server::text(401, "who are you?")
    }
}

pub(crate) fn webhook() -> Webhook {
    Webhook::to("https://receiver.example.com/hook", Secret::literal(SECRET)).build().expect("a webhook")
}

impl Guest for Receiver {
    fn integration(&mut self, crash: &Crash) -> Integration {
        let wire =
            Wire { service: Arc::new(Words(self.model.clone())), trouble: self.trouble.clone(), crash: crash.clone() };
        let wire = Noted { transport: Altered(wire), posted: self.posted.clone() };
        let sink = WebhookSink::new(webhook(), wire).with_clock(self.clock);
        let patient = Patient::new(sink, Arc::clone(&self.breaches));
        let kinds = [EventKind::Issue, EventKind::Notification, EventKind::Log];
        Integration::new(NAME, Altered(patient), Subscription::new(kinds))
    }

    fn step(&mut self) -> Option<String> {
        match self.random.below(20) {
            0 => {
                self.set_known(!self.knows_us);
                Some(format!("the receiver {} our secret", if self.knows_us { "knows" } else { "does not know" }))
            }
            1 => Some(if self.trouble.toggle_away() { "the receiver is away" } else { "it is back" }.to_owned()),
            _ => None,
        }
    }

    fn mend(&mut self) {
        self.trouble.end();
        self.set_known(true);
    }

    fn check(&self, journal: &[Arc<Event>], truth: &Truth) -> Result<(), String> {
        let mut breaches = self.breaches.lock().expect("no test panics here").clone();
        // That stores fail is told before it is recorded, so that after a crash its close may have other words.
        breaches.extend(self.model.complaints().into_iter().filter(|what| !what.contains(STORE_FAILING)));
        if !breaches.is_empty() {
            return Err(format!("the receiver minds: {}", breaches.join("; ")));
        }
        promises::check(&self.model, journal, truth)
    }
}
