use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use serde_json::json;
use tidegate_base::{Random, Secret};
use tidegate_event::{Event, EventKind};
use tidegate_http::HttpSink;
use tidegate_router::{Integration, Subscription};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
use tidegate_sink_opsgenie::{Flavor, Opsgenie};
use tidegate_testkit::Crash;
use tidegate_testkit::model::OpsgenieService;
use tidegate_testkit::server;

use crate::clock::SimulatedClock;
use crate::guest::Guest;
use crate::patient::Patient;
use crate::promises;
use crate::rules::{self, LeftOut};
use crate::truth::Truth;
use crate::wire::{Service, Trouble, Wire};

pub(crate) const NAME: &str = "opsgenie";
const KEY: &str = "a-key";

/// A service, and all that goes wrong with it.
pub(crate) struct Alerts {
    flavor: Flavor,
    clock: SimulatedClock,
    service: OpsgenieService,
    trouble: Trouble,
    random: Random,
    key_good: bool,
    breaches: Arc<Mutex<Vec<String>>>,
}

impl Alerts {
    pub(crate) fn new(seed: u64, clock: SimulatedClock) -> Self {
        let mut random = Random::seeded(seed);
        let (flavor, service) = if random.one_in(4) {
            (Flavor::Jsm, OpsgenieService::jsm(KEY))
        } else {
            (Flavor::Opsgenie, OpsgenieService::new(KEY))
        };
        // In the last, what was asked for is in the queue for longer than it is waited for.
        let lag = [0, 4, 120][usize::try_from(random.below(3)).expect("one of three")];
        let service = service.with_clock(clock).with_lag(random.fork(), Duration::from_secs(lag));
        let trouble = Trouble::new(random.fork());
        Self { flavor, clock, service, trouble, random, key_good: true, breaches: Arc::default() }
    }

    fn set_key_good(&mut self, good: bool) {
        self.key_good = good;
        self.service.set_key_good(good);
    }

    /// An alert that is open, mostly a late one, about which something is still to come.
    fn some_open(&mut self) -> Option<String> {
        let alerts = self.service.alerts();
        let open: Vec<&String> = alerts.iter().rev().filter(|alert| alert.is_open()).map(|alert| &alert.id).collect();
        let count = open.len() as u64;
        let place = if self.random.one_in(4) { self.random.below(count) } else { self.random.below(count.min(4)) };
        open.get(usize::try_from(place).expect("a small number")).map(|id| (*id).clone())
    }
}

/// What speaks to it.
pub(crate) fn dialect(flavor: Flavor) -> Opsgenie {
    // What waits is told before the end.
    let builder = Opsgenie::builder(Secret::literal(KEY)).with_flavor(flavor).with_update_interval(Duration::ZERO);
    builder.build().expect("a dialect")
}

impl Guest for Alerts {
    fn integration(&mut self, crash: &Crash) -> Integration {
        let service = Arc::new(Behind(self.service.clone()));
        let wire = Wire { service, trouble: self.trouble.clone(), crash: crash.clone() };
        let sink = HttpSink::new(dialect(self.flavor), wire).with_clock(self.clock);
        let sink = Patient::new(LeftOut::before(sink), Arc::clone(&self.breaches));
        let (flavor, service, breaches) = (self.flavor, self.service.clone(), Arc::clone(&self.breaches));
        let sink = LeftOut::after(Watched { sink, flavor, service, breaches });
        Integration::new(NAME, sink, Subscription::new([EventKind::Issue]))
    }

    fn step(&mut self) -> Option<String> {
        match self.random.below(20) {
            0 => {
                self.set_key_good(!self.key_good);
                Some(format!("Opsgenie's key is {}", if self.key_good { "good" } else { "revoked" }))
            }
            1 => {
                let away = self.trouble.toggle_away();
                Some(if away { "Opsgenie is away" } else { "Opsgenie is back" }.to_owned())
            }
            2 => {
                let id = self.some_open()?;
                self.service.delete(&id);
                Some(format!("somebody deletes Opsgenie's alert {id}"))
            }
            3 => {
                let id = self.some_open()?;
                self.service.close(&id);
                Some(format!("somebody closes Opsgenie's alert {id}"))
            }
            _ => None,
        }
    }

    fn mend(&mut self) {
        self.trouble.end();
        self.set_key_good(true);
    }

    fn check(&self, _: &[Arc<Event>], truth: &Truth) -> Result<(), String> {
        let promised = promises::check(self.flavor, &self.service, truth).err();
        let breaches = self.breaches.lock().expect("no test panics here").clone();
        let wrong: Vec<String> = promised.into_iter().chain(breaches).chain(self.service.complaints()).collect();
        if wrong.is_empty() { Ok(()) } else { Err(format!("Opsgenie, {}: {}", self.flavor, wrong.join("; "))) }
    }
}

/// The model behind the wire, and the words in which the service fails.
struct Behind(OpsgenieService);

impl Service for Behind {
    fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        rules::answer(request, self.0.answer(&rules::request(request)))
    }

    fn too_much(&self, seconds: Option<u64>) -> Response<Bytes> {
        let mut answer = server::json(429, &json!({ "message": "TooManyRequests", "requestId": "r" }));
        if let Some(seconds) = seconds {
            // Half of them as Opsgenie does, and half as a proxy.
            let name = if seconds % 2 == 0 { "retry-after" } else { "x-ratelimit-period-in-sec" };
            answer.headers_mut().insert(name, seconds.into());
        }
        answer
    }

    fn failure(&self, _: &Request<Bytes>, random: &mut Random) -> Response<Bytes> {
        match random.below(5) {
            0 => server::text(200, "<html>Please log in.</html>"),
            1 => server::text(202, "{\"result\":\"Request will be proc"),
            other => {
                let status = [500, 503, 504][usize::try_from(other - 2).expect("one of three")];
                server::json(status, &json!({ "message": "Internal Server Error", "requestId": "r" }))
            }
        }
    }

    fn refusal(&self, _: &Request<Bytes>, _: &mut Random) -> Response<Bytes> {
        server::json(401, &json!({ "message": "Could not authenticate", "requestId": "r" }))
    }
}

/// The sink, with an eye on whether what it says is so.
struct Watched<S> {
    sink: S,
    flavor: Flavor,
    service: OpsgenieService,
    breaches: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl<S: Sink> Sink for Watched<S> {
    fn profile(&self) -> &Profile {
        self.sink.profile()
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        let outcomes = self.sink.deliver(batch).await?;
        for (delivery, outcome) in batch.iter().zip(&outcomes) {
            if let (Event::Issue(issue), Outcome::Accepted(_), Flavor::Opsgenie) =
                (&*delivery.event, outcome, self.flavor)
                && let Err(what) = promises::is_so(&self.service, issue)
            {
                self.breaches.lock().expect("no test panics here").push(what);
            }
        }
        Ok(outcomes)
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        self.sink.probe().await
    }
}
