//! tidegate inside another program: a shop that tells tidegate how many orders wait, and prints what tidegate makes of
//! it.
//!
//! It shows a detector for a number of one's own, a source that the program feeds, a sink of one's own around one of
//! tidegate's, all that a program can change by the router's handle while it runs, and how it is stopped in order. It ends
//! by itself: `cargo run -p tidegate-example-embed`.

use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;
use tidegate::base::{Clock, SystemClock};
use tidegate::detect::{Measure, Rule, Threshold};
use tidegate::event::{Event, EventKind, IssueState, Notification, Resource, Sample, Severity};
use tidegate::router::{Handle, Integration, Router, Subscription};
use tidegate::sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
use tidegate::sinks::console::{Console, Screen};
use tidegate::sources::push::Push;
use tokio::sync::mpsc;

/// A sink of our own: hands everything on to the console, and lets the program know which issues were told.
struct Heard {
    console: Console,
    told: mpsc::UnboundedSender<IssueState>,
}

impl Heard {
    /// The sink, and where the program hears from it.
    fn new(console: Console) -> (Self, mpsc::UnboundedReceiver<IssueState>) {
        let (told, hears) = mpsc::unbounded_channel();
        (Self { console, told }, hears)
    }
}

#[async_trait]
impl Sink for Heard {
    fn profile(&self) -> &Profile {
        self.console.profile()
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        let outcomes = self.console.deliver(batch).await?;
        for (delivery, outcome) in batch.iter().zip(&outcomes) {
            if let (Event::Issue(issue), Outcome::Accepted(_)) = (&*delivery.event, outcome) {
                // Once the program has heard enough, it does not listen any more.
                let _ = self.told.send(issue.state);
            }
        }
        Ok(outcomes)
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        self.console.probe().await
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // When is it an issue? Above 100 waiting orders at once, until there are less than 50.
    let queue =
        Threshold::builder("order-queue", Measure::value("shop.orders.waiting", "{order}"), Rule::at_once(100.0))
            .with_close(Rule::at_once(50.0))
            .with_critical(500.0)
            .with_subject("waiting orders")
            .with_remedy("Start more workers.")
            .build()?;

    // Where does it come from, and where does it go?
    let (source, publisher) = Push::new("shop");
    let screen = Screen::standard()?;
    let (sink, mut hears) = Heard::new(Console::new(screen.clone()));
    let everything_said = Subscription::new([EventKind::Issue, EventKind::Notification]);
    let router = Router::builder()
        .with_source(source)
        .with_detector(queue)
        .with_integration(Integration::new("console", sink, everything_said.clone()))
        .build()?;
    let handle = router.handle();
    let running = tokio::spawn(router.run());

    // The program at its work. Each call returns once what was published is taken. An issue that is over before anybody
    // heard of it is told once, as closed; here people are to see both, so that the program waits until it was told.
    let clock = SystemClock::new();
    let shop = Resource::new().with_cluster("shop").with_node("checkout-1");
    let waiting = |orders: f64| Sample::new("shop.orders.waiting", shop.clone(), orders, "{order}", clock.now());
    let mut measure = tokio::time::interval(Duration::from_millis(100));
    for orders in [20.0, 250.0] {
        measure.tick().await; // two measurements have two times
        publisher.publish([waiting(orders)?]).await?;
    }
    assert_eq!(hears.recv().await, Some(IssueState::Open));

    // Without a source of its own, the program publishes by the handle.
    let sale = Notification::new("sale-2026-11", "sale", "The autumn sale has begun.", clock.now())
        .with_severity(Severity::Info)
        .with_resource(shop.clone());
    handle.publish([sale]).await?;

    // An integration that is added is told what is open now. From then on it has a pace of its own.
    let json = || Heard::new(Console::new(screen.clone()).with_json());
    let (audit, mut audited) = json();
    handle.add(Integration::new("audit", audit, everything_said.clone())).await?;
    assert_eq!(audited.recv().await, Some(IssueState::Open));

    // Replaced, it keeps its place: muted it is told nothing new, and yet that what it knows as open is closed.
    let (muted, mut audited) = json();
    handle.replace(Integration::new("audit", muted, everything_said.with_mute(true))).await?;
    show(&handle, &screen).await?;

    // What is gone on purpose has no issues, and nothing is found about it until it is restored.
    handle.retire(shop.clone(), "The shop moved to another checkout.").await?;
    assert_eq!((hears.recv().await, audited.recv().await), (Some(IssueState::Closed), Some(IssueState::Closed)));
    publisher.publish([waiting(900.0)?]).await?;
    handle.remove("audit").await?;
    show(&handle, &screen).await?;

    // In order: what was published is told, then nothing of tidegate runs any more.
    handle.stop();
    let leftover = running.await??;
    let words = if leftover.is_empty() { "All was told.".to_owned() } else { format!("Not told: {leftover:?}") };
    screen.say(format!("{words}\n"));
    screen.flush().await;
    Ok(())
}

/// Says how everything is, as a status page would.
async fn show(handle: &Handle, screen: &Screen) -> Result<(), Box<dyn Error>> {
    let now = handle.snapshot().await?;
    let names: Vec<&str> = now.integrations.iter().map(|one| &*one.name).collect();
    let (open, retired) = (now.issues.len(), now.retired.len());
    screen.say(format!("{open} open, {retired} retired, told to {}\n", names.join(" and ")));
    Ok(())
}
