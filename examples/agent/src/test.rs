//! `tidegate test`: what the button "Test integration" does.

use std::sync::Arc;

use tidegate::base::{Clock, Random, SystemClock};
use tidegate::config::PlannedIntegration;
use tidegate::event::{
    EpisodeId, Event, EventKind, IssueEvent, IssueKey, IssueState, LogLevel, LogRecord, Name, Notification, Resource,
    Sample, Severity,
};
use tidegate::router::Integration;
use tidegate::sink::{Delivery, DeliveryId, Outcome, Receipt};
use tidegate::sinks::console::{Screen, escape};

use crate::args::TestArgs;
use crate::check::{advice, in_time, probe};
use crate::failure::Failure;
use crate::file::File;
use crate::session::unless_asked;
use crate::stop::Stop;

/// Probes and tells each integration that was asked for.
pub(crate) async fn run(args: TestArgs, screen: &Screen) -> Result<String, Failure> {
    let file = File::read(&args.file.config, screen)?;
    let known: Vec<&Integration> = file.plan.integrations().iter().map(PlannedIntegration::integration).collect();
    for name in &args.names {
        if !known.iter().any(|integration| **integration.name() == **name) {
            let names: Vec<_> = known.iter().map(|integration| &**integration.name()).collect();
            return Err(Failure::Usage(format!(
                "there is no integration {name:?} in {}; it has {}",
                file.name,
                names.join(", ")
            )));
        }
    }
    let wanted =
        known.into_iter().filter(|one| args.names.is_empty() || args.names.iter().any(|name| **name == **one.name()));
    let testing = async {
        let (mut tested, mut failed) = (0_usize, 0_usize);
        for integration in wanted {
            let went_well = probe(integration, screen).await && send(integration, screen).await;
            tested += 1;
            failed += usize::from(!went_well);
        }
        (failed, tested)
    };
    let mut stop = Stop::listen()?;
    match unless_asked(testing, stop.asked()).await {
        Ok((0, _)) => Ok("All took it.\n".to_owned()),
        Ok((1, 1)) => Err(Failure::Failed("the test failed".to_owned())),
        Ok((failed, tested)) => Err(Failure::Failed(format!("{failed} of {tested} tests failed"))),
        Err(by) => Err(Failure::Failed(format!("stopped by {by}; a test issue that was sent may still be open"))),
    }
}

/// Whether the sink took the test messages; says so.
async fn send(integration: &Integration, screen: &Screen) -> bool {
    let taken = integration.subscription().kinds().intersection(integration.sink().profile().kinds());
    // What people see least of comes first: one message, rather than an alert that wakes somebody.
    let kinds = [EventKind::Notification, EventKind::Issue, EventKind::Log, EventKind::Metric];
    let Some(kind) = kinds.into_iter().find(|kind| taken.contains(*kind)) else {
        screen.say("  FAILED      it takes no kind of event\n");
        return false;
    };
    let mut went_well = true;
    let mut told = Told::default();
    for (what, event) in messages(integration.name(), kind) {
        let is_close = matches!(&event, Event::Issue(issue) if issue.is_closed());
        let mut sent = deliver(integration, event.clone(), &mut told).await;
        if let (Err(why), true) = (&sent, is_close) {
            screen.say(format!("  FAILED      {what}: {}\n", why.words));
            sent = deliver(integration, event, &mut told).await;
        }
        match sent {
            Ok(()) => screen.say(format!("  sent        {what}\n")),
            Err(why) => {
                screen.say(format!("  FAILED      {what}: {}\n{}", why.words, why.advice));
                went_well = false;
                // What may have been opened is closed all the same.
                if kind != EventKind::Issue || !told.maybe_applied {
                    return false;
                }
                if is_close {
                    screen.say("  do          the test issue may still be open there: close it by hand\n");
                }
            }
        }
    }
    went_well
}

/// What is known of what a sink was told.
#[derive(Default)]
struct Told {
    receipt: Option<Receipt>,
    maybe_applied: bool,
}

/// Why something was not taken.
struct Refused {
    words: String,
    advice: String,
}

async fn deliver(integration: &Integration, event: Event, told: &mut Told) -> Result<(), Refused> {
    let identity = Random::from_entropy().bytes::<16>();
    let id = DeliveryId::namespace(integration.name()).of(identity);
    let mut delivery = told.receipt.iter().cloned().fold(Delivery::new(id, Arc::new(event)), Delivery::with_prior);
    if told.maybe_applied {
        delivery = delivery.with_maybe_applied();
    }
    let refused = |words: &str| Refused { words: escape(words).into_owned(), advice: String::new() };
    let outcomes = in_time(integration.sink().deliver(&[delivery])).await;
    match outcomes.map(|outcomes| outcomes.into_iter().next()) {
        Ok(Some(Outcome::Accepted(receipt))) => {
            told.maybe_applied = true;
            told.receipt = receipt.or(told.receipt.take());
            Ok(())
        }
        Ok(Some(Outcome::Rejected(reason))) => Err(refused(&format!("rejected: {reason}"))),
        Ok(Some(Outcome::Failed(error))) | Err(error) => {
            told.maybe_applied |= error.kind().may_have_applied();
            Err(Refused { advice: advice(&error), ..refused(&error.words()) })
        }
        Ok(Some(Outcome::Untouched) | None) => Err(refused("the sink did not send it")),
    }
}

/// The test messages of `kind`, each with what it is, in the order in which they are told.
fn messages(integration: &Name, kind: EventKind) -> Vec<(&'static str, Event)> {
    let at = SystemClock::new().now();
    let mut random = Random::from_entropy();
    let text = format!("This is a test of tidegate's integration {integration}. It works; nothing is wrong.");
    let resource = Resource::new().with_part(format!("integration {integration}"));
    match kind {
        EventKind::Notification => {
            let id = format!("test-{}", EpisodeId::new(at, random.bytes()));
            let notification = Notification::new(id, "test", text, at).with_resource(resource);
            vec![("a test notification", notification.into())]
        }
        EventKind::Issue => {
            let open = IssueEvent {
                key: IssueKey::new("test", resource),
                episode: EpisodeId::new(at, random.bytes()),
                sequence: 1,
                state: IssueState::Open,
                severity: Severity::Info,
                summary: format!("Test of tidegate's integration {integration}"),
                cause: text,
                remedy: "Nothing is to be done: it is closed at once.".into(),
                evidence: Vec::new(),
                stale: false,
                opened_at: at,
                at,
            }
            .truncated();
            let closed = IssueEvent { sequence: 2, state: IssueState::Closed, ..open.clone() };
            vec![("a test issue, open", open.into()), ("the same, closed", closed.into())]
        }
        EventKind::Log => {
            vec![("a test log line", LogRecord::new(resource, text, at).with_level(LogLevel::Information).into())]
        }
        // 1 is finite.
        EventKind::Metric => Sample::new("tidegate.test", resource, 1.0, "1", at)
            .map(|sample| ("the test metric tidegate.test", sample.into()))
            .into_iter()
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_event_has_messages_that_say_that_they_are_tests() {
        for kind in [EventKind::Notification, EventKind::Issue, EventKind::Log, EventKind::Metric] {
            let messages = messages(&"ops".into(), kind);
            assert!(!messages.is_empty(), "{kind}");
            for (_, event) in &messages {
                assert_eq!(event.kind(), kind);
                assert!(format!("{event:?}").contains("test"), "{event:?}");
            }
        }
        let issues = messages(&"ops".into(), EventKind::Issue);
        let [(_, Event::Issue(open)), (_, Event::Issue(closed))] = issues.as_slice() else { panic!("{issues:?}") };
        assert!(open.episode == closed.episode && !open.is_closed() && closed.is_closed());
    }
}
