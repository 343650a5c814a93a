//! tidegate inside another program: a shop that tells tidegate how many orders wait, and prints what tidegate makes of
//! it.
//!
//! It shows a detector for a number of one's own, a source that the program feeds, a sink of one's own around one of
//! tidegate's, and how all of it is stopped in order. It ends by itself: `cargo run -p tidegate-example-embed`.

use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;
use tidegate::base::{Clock, SystemClock};
use tidegate::detect::{Measure, Rule, Threshold};
use tidegate::event::{Event, EventKind, IssueState, Notification, Resource, Sample, Severity};
use tidegate::router::{Integration, Router, Subscription};
use tidegate::sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
use tidegate::sinks::console::{Console, Screen};
use tidegate::sources::push::Push;
use tokio::sync::mpsc;

/// A sink of our own: hands everything on to the console, and lets the program know which issues were told.
struct Heard {
    console: Console,
    told: mpsc::UnboundedSender<IssueState>,
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
    let (told, mut hears) = mpsc::unbounded_channel();
    let screen = Screen::standard()?;
    let sink = Heard { console: Console::new(screen.clone()), told };
    let everything_said = Subscription::new([EventKind::Issue, EventKind::Notification]);
    let router = Router::builder()
        .with_source(source)
        .with_detector(queue)
        .with_integration(Integration::new("console", sink, everything_said))
        .build()?;
    let handle = router.handle();
    let running = tokio::spawn(router.run());

    // The program at its work. Each call returns once what was published is taken.
    let clock = SystemClock::new();
    let shop = Resource::new().with_cluster("shop").with_node("checkout-1");
    let waiting = |orders: f64| Sample::new("shop.orders.waiting", shop.clone(), orders, "{order}", clock.now());
    let sale = Notification::new("sale-2026-11", "sale", "The autumn sale has begun.", clock.now())
        .with_severity(Severity::Info)
        .with_resource(shop.clone());
    publisher.publish([sale]).await?;
    // Measured each tenth of a second. An issue that is over before anybody heard of it is told once, as closed; here
    // people are to see both, so that the program waits until it was told.
    let mut measure = tokio::time::interval(Duration::from_millis(100));
    for (orders, told) in [(20.0, None), (250.0, Some(IssueState::Open)), (30.0, Some(IssueState::Closed))] {
        measure.tick().await;
        publisher.publish([waiting(orders)?]).await?;
        if told.is_some() {
            assert_eq!(hears.recv().await, told);
        }
    }

    // In order: what was published is told, then nothing of tidegate runs any more.
    handle.stop();
    let leftover = running.await??;
    let words = if leftover.is_empty() { "All was told.".to_owned() } else { format!("Not told: {leftover:?}") };
    screen.say(format!("{words}\n"));
    screen.flush().await;
    Ok(())
}
