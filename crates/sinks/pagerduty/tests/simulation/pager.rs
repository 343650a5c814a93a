use std::sync::{Arc, Mutex};
use std::time::Duration;

use tidegate_base::{Random, Secret};
use tidegate_event::{Event, EventKind};
use tidegate_http::HttpSink;
use tidegate_router::{Integration, Subscription};
use tidegate_sink_pagerduty::PagerDuty;
use tidegate_testkit::Crash;
use tidegate_testkit::model::PagerDutyService;

use crate::clock::SimulatedClock;
use crate::guest::Guest;
use crate::patient::Patient;
use crate::promises;
use crate::rules::LeftOut;
use crate::told::{Marked, Told, Watched};
use crate::truth::Truth;
use crate::wire::{Trouble, Wire};

pub(crate) const NAME: &str = "pagerduty";
const KEY: &str = "0123456789abcdef0123456789abcdef";

/// A PagerDuty, and all that goes wrong with it.
pub(crate) struct Pager {
    clock: SimulatedClock,
    service: Watched,
    trouble: Trouble,
    random: Random,
    key_good: bool,
    breaches: Arc<Mutex<Vec<String>>>,
}

impl Pager {
    pub(crate) fn new(seed: u64, clock: SimulatedClock) -> Self {
        let mut random = Random::seeded(seed);
        let model = PagerDutyService::new(KEY).with_clock(clock).with_rates();
        let service = Watched { model, told: Arc::default() };
        let trouble = Trouble::new(random.fork());
        Self { clock, service, trouble, random, key_good: true, breaches: Arc::default() }
    }

    /// What it took so far, in order.
    pub(crate) fn told(&self) -> Vec<Told> {
        self.service.told.lock().expect("no test panics here").clone()
    }

    pub(crate) fn model(&self) -> &PagerDutyService {
        &self.service.model
    }

    fn set_key_good(&mut self, good: bool) {
        self.key_good = good;
        self.model().set_key_good(good);
    }

    /// The key of an alert that is open, mostly a late one, about which something is still to come.
    fn some_open(&mut self) -> Option<String> {
        let alerts = self.model().alerts();
        let open: Vec<String> =
            alerts.iter().rev().filter(|alert| alert.is_open()).map(|alert| alert.dedup_key.clone()).collect();
        let count = open.len() as u64;
        let place = if self.random.one_in(4) { self.random.below(count) } else { self.random.below(count.min(4)) };
        open.get(usize::try_from(place).expect("a small number")).cloned()
    }
}

/// What speaks to PagerDuty.
pub(crate) fn dialect() -> PagerDuty {
    // Shorter than is usual: what waits is told before the end.
    let builder = PagerDuty::builder(Secret::literal(KEY)).with_update_interval(Duration::from_mins(5));
    builder.build().expect("a dialect")
}

impl Guest for Pager {
    fn integration(&mut self, crash: &Crash) -> Integration {
        let service = Arc::new(self.service.clone());
        let wire = Wire { service, trouble: self.trouble.clone(), crash: crash.clone() };
        let sink = HttpSink::new(Marked(dialect()), wire).with_clock(self.clock);
        let sink = LeftOut::new(Patient::new(sink, Arc::clone(&self.breaches)));
        Integration::new(NAME, sink, Subscription::new([EventKind::Issue, EventKind::Notification]))
    }

    fn step(&mut self) -> Option<String> {
        match self.random.below(20) {
            0 => {
                self.set_key_good(!self.key_good);
                Some(format!("PagerDuty's key is {}", if self.key_good { "good" } else { "revoked" }))
            }
            1 => {
                let away = self.trouble.toggle_away();
                Some(if away { "PagerDuty is away" } else { "PagerDuty is back" }.to_owned())
            }
            2 => {
                let key = self.some_open()?;
                self.model().resolve_by_hand(&key);
                Some(format!("somebody resolves PagerDuty's alert {key}"))
            }
            3 => {
                let key = self.some_open()?;
                self.model().acknowledge_by_hand(&key);
                Some(format!("somebody acknowledges PagerDuty's alert {key}"))
            }
            _ => None,
        }
    }

    fn mend(&mut self) {
        self.trouble.end();
        self.set_key_good(true);
    }

    fn check(&self, _: &[Arc<Event>], truth: &Truth) -> Result<(), String> {
        promises::check(self.model(), &self.told(), truth).map_err(|what| format!("PagerDuty: {what}"))?;
        let mut breaches = self.breaches.lock().expect("no test panics here").clone();
        breaches.extend(self.model().complaints());
        if breaches.is_empty() { Ok(()) } else { Err(format!("PagerDuty minds: {}", breaches.join("; "))) }
    }
}
