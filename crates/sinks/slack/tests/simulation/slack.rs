use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tidegate_base::{Random, Secret};
use tidegate_event::{Event, EventKind};
use tidegate_http::HttpSink;
use tidegate_router::{Integration, Subscription};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
use tidegate_sink_slack::{Paced, Slack};
use tidegate_testkit::Crash;
use tidegate_testkit::model::SlackService;

use crate::clock::SimulatedClock;
use crate::guest::Guest;
use crate::patient::Patient;
use crate::posts::Posts;
use crate::promises;
use crate::rules::{after, before};
use crate::truth::Truth;
use crate::wire::{Trouble, Wire};
use crate::words::{Heard, Words};

pub(crate) const NAME: &str = "slack";
const CHANNEL: &str = "C0TIDE00001";
const TOKEN: &str = "xoxb-1";

/// How Slack is spoken to in a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// A token that may look.
    Bot,
    /// A token that may not look into the channel.
    Blind,
    /// A token that sees messages, and nothing by which they are known.
    BlindToMetadata,
    Webhook,
}

/// A Slack, and all that goes wrong with it.
pub(crate) struct SlackGuest {
    way: Way,
    clock: SimulatedClock,
    slack: SlackService,
    trouble: Trouble,
    posts: Posts,
    random: Random,
    token_good: bool,
    breaches: Arc<Mutex<Vec<String>>>,
}

impl SlackGuest {
    pub(crate) fn new(seed: u64, clock: SimulatedClock) -> Self {
        // A course of its own, so that the rest of the schedule is the router's.
        let mut random = Random::seeded(seed ^ 0x51ac);
        let way = match random.below(7) {
            0..4 => Way::Bot,
            4 => Way::Blind,
            5 => Way::BlindToMetadata,
            _ => Way::Webhook,
        };
        Self::speaking(way, random.below(u64::MAX), clock)
    }

    pub(crate) fn speaking(way: Way, seed: u64, clock: SimulatedClock) -> Self {
        let mut random = Random::seeded(seed);
        let slack = SlackService::new(CHANNEL, TOKEN).with_clock(clock).with_rates().with_page(20);
        match way {
            Way::Bot | Way::Webhook => {}
            Way::Blind => slack.set_scopes(["chat:write"]),
            Way::BlindToMetadata => slack.set_scopes(["chat:write", "channels:history"]),
        }
        let trouble = Trouble::new(random.fork());
        let posts = Posts::default();
        Self { way, clock, slack, trouble, posts, random, token_good: true, breaches: Arc::default() }
    }

    pub(crate) fn slack(&self) -> &SlackService {
        &self.slack
    }

    fn set_token_good(&mut self, good: bool) {
        self.token_good = good;
        self.slack.set_token_good(good);
    }
}

/// What speaks to Slack that way.
pub(crate) fn dialect(way: Way) -> Slack {
    let builder = match way {
        Way::Bot | Way::Blind | Way::BlindToMetadata => Slack::bot(CHANNEL, Secret::literal(TOKEN)),
        Way::Webhook => Slack::webhook(Secret::literal("https://hooks.slack.com/services/T000/B000/s3cret")),
    };
    builder.build().expect("a dialect")
}

impl Guest for SlackGuest {
    fn integration(&mut self, crash: &Crash) -> Integration {
        self.posts.begin();
        let service = Arc::new(Words { slack: self.slack.clone(), posts: self.posts.clone() });
        let wire = Wire { service, trouble: self.trouble.clone(), crash: crash.clone() };
        let heard = Heard { wire, posts: self.posts.clone() };
        let sink = HttpSink::new(dialect(self.way), Paced::new(heard)).with_clock(self.clock);
        let sink = Patient::new(sink, Arc::clone(&self.breaches));
        let sink = Noting { sink, dialect: dialect(self.way), posts: self.posts.clone() };
        Integration::new(NAME, sink, Subscription::new([EventKind::Issue, EventKind::Notification]))
    }

    fn step(&mut self) -> Option<String> {
        match self.random.below(20) {
            0 => {
                self.set_token_good(!self.token_good);
                Some(format!("Slack's token is {}", if self.token_good { "good" } else { "revoked" }))
            }
            1 => Some(if self.trouble.toggle_away() { "Slack is away" } else { "Slack is back" }.to_owned()),
            2 | 3 => {
                let messages = self.slack.messages();
                let count = messages.len() as u64;
                // Mostly a late one, about which something is still to come.
                let place =
                    if self.random.one_in(4) { self.random.below(count) } else { self.random.below(count.min(4)) };
                let message = messages.iter().rev().nth(usize::try_from(place).expect("a small number"))?;
                self.slack.delete(&message.ts);
                Some(format!("somebody deletes Slack's message {}: {}", message.ts, message.text()))
            }
            _ => None,
        }
    }

    fn mend(&mut self) {
        self.trouble.end();
        self.set_token_good(true);
    }

    fn check(&self, journal: &[Arc<Event>], truth: &Truth) -> Result<(), String> {
        let mut breaches = self.breaches.lock().expect("no test panics here").clone();
        breaches.extend(self.slack.complaints());
        if !breaches.is_empty() {
            return Err(format!("Slack minds: {}", breaches.join("; ")));
        }
        self.posts.check(&self.slack.all()).map_err(|what| format!("Slack, {:?}: {what}", self.way))?;
        promises::check(self.way, &self.slack, journal, truth).map_err(|what| format!("Slack, {:?}: {what}", self.way))
    }
}

/// The sink, which notes what it is given.
struct Noting {
    sink: Patient<HttpSink<Slack, Paced<Heard>>>,
    dialect: Slack,
    posts: Posts,
}

#[async_trait]
impl Sink for Noting {
    fn profile(&self) -> &Profile {
        self.sink.profile()
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        for delivery in batch {
            self.posts.given(delivery, &promises::request(&self.dialect, &delivery.event));
        }
        let outcomes = self.sink.deliver(&before(batch)).await?;
        Ok(batch.iter().zip(outcomes).map(|(delivery, outcome)| after(delivery, outcome)).collect())
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        self.sink.probe().await
    }
}
