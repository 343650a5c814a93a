//! The detector behind a router, over several lives of the process, on scripted time.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tidegate::base::{Clock, Random};
use tidegate::config::{Config, Plan};
use tidegate::event::{Event, LogRecord};
use tidegate::router::Handle;
use tidegate::sources::push::{Publisher, Push};
use tidegate::store::{MemoryLog, MemoryState};
use tidegate_example_custom_detector::registry;
use tidegate_testkit::model::MessageService;
use tidegate_testkit::sample;
use tokio::task::JoinHandle;
use tokio::time::Instant;

const FAULTED: &str = "projection $by_category: PROJECTION FAULTED";

/// A clock that goes with tokio's.
#[derive(Clone)]
struct TokioClock(Instant);

impl Clock for TokioClock {
    fn now(&self) -> DateTime<Utc> {
        sample::at() + TimeDelta::from_std(self.0.elapsed()).expect("a short test")
    }
}

/// What outlives the process: its stores, the chat, and time.
struct World {
    journal: Arc<MemoryLog>,
    bulk: Arc<MemoryLog>,
    state: Arc<MemoryState>,
    chat: MessageService,
    clock: TokioClock,
}

/// A life of the process.
struct Life {
    handle: Handle,
    log: Publisher,
    clock: TokioClock,
    running: JoinHandle<()>,
}

impl World {
    fn new() -> Self {
        let (journal, bulk, state) = (Arc::default(), Arc::default(), Arc::default());
        Self { journal, bulk, state, chat: MessageService::new("chat"), clock: TokioClock(Instant::now()) }
    }

    /// Begins a life, with the detector as the configuration has it.
    async fn live(&self) -> Life {
        let (source, log) = Push::new("log");
        let router = plan(&self.chat)
            .into_router()
            .with_source(source)
            .with_stores(Arc::clone(&self.journal), Arc::clone(&self.bulk), Arc::clone(&self.state))
            .with_clock(self.clock.clone())
            .with_random(Random::seeded(5))
            .build()
            .expect("parts that fit");
        let handle = router.handle();
        let running = tokio::spawn(async move { drop(router.run().await.expect("it runs")) });
        pass(1).await;
        Life { handle, log, clock: self.clock.clone(), running }
    }

    /// What the chat's only message said, one word each time.
    fn told(&self) -> Vec<&'static str> {
        let messages = self.chat.messages();
        assert!(messages.len() <= 1, "{messages:?}");
        let words = messages.iter().flat_map(|message| &message.history).map(|telling| match &*telling.event {
            Event::Issue(issue) if issue.is_closed() => "closed",
            Event::Issue(issue) if issue.stale => "stale",
            _ => "open",
        });
        words.collect()
    }

    fn last_cause(&self) -> String {
        let messages = self.chat.messages();
        match &*messages.last().and_then(|message| message.last()).expect("a message").event {
            Event::Issue(issue) => issue.cause.clone(),
            other => panic!("an issue, not {other:?}"),
        }
    }
}

impl Life {
    /// The log says `text`, now.
    async fn say(&self, text: &str) {
        let line = LogRecord::new(sample::node(), text, self.clock.now());
        self.log.publish([line]).await.expect("it is taken");
        pass(1).await;
    }

    async fn open_issues(&self) -> usize {
        self.handle.snapshot().await.expect("it runs").issues.len()
    }

    async fn stop(self) {
        self.handle.stop();
        self.running.await.expect("it does not panic");
    }

    async fn crash(self) {
        self.running.abort();
        pass(1).await;
    }
}

/// The configuration of the example, which tells `chat` instead of a terminal.
fn plan(chat: &MessageService) -> Plan {
    let text = include_str!("../tidegate.toml").replace("sink = \"console\"\ncolor = \"never\"", "sink = \"chat\"");
    let chat = chat.clone();
    let registry = registry().with_sink("chat", move |_| Ok(chat.clone()));
    Config::parse("tidegate.toml", text).expect("it is TOML").build(&registry).expect("the registry knows the detector")
}

async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn it_opens_is_updated_and_closes_after_quiet() {
    let world = World::new();
    let life = world.live().await;
    life.say("projection $by_category started").await;
    life.say(FAULTED).await;
    assert_eq!(world.told(), ["open"]);
    pass(6 * 60).await;
    life.say(FAULTED).await;
    assert_eq!(world.told(), ["open", "open"]);
    assert!(world.last_cause().contains("(2 so far)"), "{}", world.last_cause());
    pass(9 * 60).await;
    life.say("chunk 7 completed").await;
    assert_eq!(world.told(), ["open", "open"], "nine minutes are not ten");
    pass(2 * 60).await;
    life.say("chunk 8 completed").await;
    assert_eq!(world.told(), ["open", "open", "closed"]);
    assert_eq!(life.open_issues().await, 0);
    life.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_issue_that_was_open_before_a_restart_closes_after_quiet() {
    for end in ["stop", "crash"] {
        let world = World::new();
        let life = world.live().await;
        life.say(FAULTED).await;
        if end == "stop" {
            life.stop().await;
        } else {
            life.crash().await;
        }
        pass(3600).await;

        let life = world.live().await;
        life.say("chunk 7 completed").await;
        assert_eq!(world.told(), ["open"], "an hour in which nobody listened is not quiet");
        for _ in 0..2 {
            pass(5 * 60).await;
            assert_eq!(world.told(), ["open"]);
            life.say("chunk 8 completed").await;
        }
        assert_eq!(world.told(), ["open", "closed"]);
        life.crash().await;

        let life = world.live().await;
        pass(60).await;
        assert_eq!((world.told(), life.open_issues().await), (vec!["open", "closed"], 0), "and stays so");
    }
}

#[tokio::test(start_paused = true)]
async fn a_restart_after_which_the_log_is_silent_closes_nothing() {
    let world = World::new();
    let life = world.live().await;
    life.say(FAULTED).await;
    life.crash().await;
    let life = world.live().await;
    pass(24 * 3600).await;
    assert_eq!((world.told(), life.open_issues().await), (vec!["open", "stale"], 1));
}

#[tokio::test(start_paused = true)]
async fn a_resource_that_is_retired_is_forgotten_and_watched_again_once_restored() {
    let world = World::new();
    let life = world.live().await;
    life.say(FAULTED).await;
    life.handle.retire(sample::node(), "The node was replaced.").await.expect("it runs");
    pass(1).await;
    assert_eq!((world.told(), world.last_cause()), (vec!["open", "closed"], "The node was replaced.".to_owned()));
    life.say(FAULTED).await;
    assert_eq!(life.open_issues().await, 0, "a late line of a node that is gone");

    life.handle.restore(sample::node()).await.expect("it runs");
    assert_eq!(life.open_issues().await, 0);
    life.say(FAULTED).await;
    assert_eq!(life.open_issues().await, 1, "what is new is found anew");
    assert_eq!(world.chat.messages().len(), 2, "another episode, another message");
}

#[test]
fn mistakes_in_the_configuration_are_told_with_their_place() {
    let section = |keys: &str| {
        let text = format!("[detector.projection-faulted]\n{keys}\n");
        let errors = Config::parse("tidegate.toml", text).expect("it is TOML").build(&registry());
        errors.expect_err("a mistake").to_string()
    };
    for (keys, said) in [
        ("quiet = \"10m\"", "contains"),
        ("contains = \"\"", "contains is empty"),
        ("contains = \"x\"\nquiet = \"0\"", "quiet is 0; it must be longer, such as 10m"),
        (
            "contains = \"x\"\nquite = \"10m\"",
            "unknown key `quite` in detector `projection-faulted`; did you mean `quiet`?",
        ),
    ] {
        let errors = section(keys);
        assert!(errors.contains(said) && errors.contains("--> tidegate.toml:"), "{errors}");
    }
}
