//! Wrappers keep the rules of what is within: bare, in a box and shared. One that forgets to hand something on is caught.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures::executor::block_on;
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
use tidegate_testkit::conformance::{Shown, Suite, check};
use tidegate_testkit::model::{AlertService, BatchService, MessageService};

use crate::shown_by_chat;

/// Counts what a sink accepts. What a wrapper changes is nobody's business but its own: the rest it hands on.
#[derive(Debug, Clone, Default)]
struct Counted<S> {
    sink: S,
    accepted: Arc<AtomicUsize>,
}

impl<S> Counted<S> {
    fn new(sink: S) -> Self {
        Self { sink, accepted: Arc::default() }
    }
}

#[async_trait]
impl<S: Sink> Sink for Counted<S> {
    fn profile(&self) -> &Profile {
        self.sink.profile()
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        let outcomes = self.sink.deliver(batch).await?;
        let accepted = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Accepted(_))).count();
        self.accepted.fetch_add(accepted, Ordering::SeqCst);
        Ok(outcomes)
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        self.sink.probe().await
    }
}

#[test]
fn a_wrapper_keeps_the_rules_of_what_is_within() {
    block_on(async {
        let suite = Suite::new(async || Counted::new(MessageService::new("chat"))).with_lookup();
        let report = suite.with_view(|sink: &Counted<_>, issue| shown_by_chat(&sink.sink, issue)).run().await;
        report.assert_passed();
        check(async || Counted::new(AlertService::new("pager"))).await;
        check(async || Counted::new(BatchService::new("logs"))).await;
    });
}

/// Runs the suite with all that it can see on what `pointer` makes of a wrapped chat.
fn passes<P: Sink + 'static>(pointer: fn(Counted<MessageService>) -> P) {
    let suite = Suite::new(async || {
        let chat = MessageService::new("chat");
        Seen { sink: pointer(Counted::new(chat.clone())), chat }
    });
    let view = |sink: &Seen<P>, issue: &_| -> Shown { shown_by_chat(&sink.chat, issue) };
    block_on(suite.with_lookup().with_view(view).run()).assert_passed();
}

/// A wrapped chat behind a pointer, and the chat to look at.
struct Seen<P> {
    sink: P,
    chat: MessageService,
}

#[async_trait]
impl<P: Sink> Sink for Seen<P> {
    fn profile(&self) -> &Profile {
        self.sink.profile()
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        self.sink.deliver(batch).await
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        self.sink.probe().await
    }
}

#[test]
fn it_keeps_them_in_a_box_and_shared_and_wrapped_again() {
    passes(|sink| -> Box<dyn Sink> { Box::new(sink) });
    passes(|sink| -> Arc<dyn Sink> { Arc::new(sink) });
    passes(|sink| -> Box<dyn Sink> { Box::new(Arc::new(Counted::new(Box::new(sink) as Box<dyn Sink>))) });
}

/// Keeps to itself what it should hand on.
struct Forgetful<S> {
    sink: S,
    forgets: &'static str,
}

#[async_trait]
impl<S: Sink> Sink for Forgetful<S> {
    fn profile(&self) -> &Profile {
        self.sink.profile()
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        let mut batch = batch.to_vec();
        for delivery in &mut batch {
            match self.forgets {
                "prior" => delivery.prior = None,
                "maybe_applied" => delivery.maybe_applied = false,
                _ => {}
            }
        }
        let mut outcomes = self.sink.deliver(&batch).await?;
        for outcome in &mut outcomes {
            if let ("receipt", Outcome::Accepted(receipt)) = (self.forgets, outcome) {
                *receipt = None;
            }
        }
        Ok(outcomes)
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        if self.forgets == "probe" { Ok(Probe::new()) } else { self.sink.probe().await }
    }
}

#[test]
fn a_wrapper_that_does_not_hand_all_on_is_caught() {
    let table = [
        ("nothing", None),
        ("prior", Some("an_issue_opens_is_updated_and_closes")),
        ("receipt", Some("an_issue_opens_is_updated_and_closes")),
        ("maybe_applied", Some("what_may_have_been_applied_does_not_stand_twice")),
        ("probe", Some("a_working_sink_proves_something")),
    ];
    for (forgets, rule) in table {
        let suite = Suite::new(async || Forgetful { sink: MessageService::new("chat"), forgets });
        let view = |sink: &Forgetful<MessageService>, issue: &_| shown_by_chat(&sink.sink, issue);
        let report = block_on(suite.with_lookup().with_view(view).run());
        match rule {
            Some(rule) => assert!(report.broken().contains(&rule), "{forgets}:\n{report}"),
            None => report.assert_passed(),
        }
    }
}
