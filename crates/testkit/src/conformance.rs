//! The rules that every sink keeps, as tests.
//!
//! Give [`check`] a factory of sinks, each over a service (or a stand-in of it) that is empty or does not mind what came
//! before. A [`Suite`] checks more where it is told more: what the service shows, what it rejects, which secrets
//! nobody may see. It needs no runtime: use the one that your sink wants, with its time-out around the check, since a
//! delivery that never answers is never given up.
//!
//! A [`Report`] names each rule and how it went. Of a broken one it says what was seen, what is right and what helps; of
//! one that was skipped, what the suite must be told to look at it.
//!
//! ```
//! use tidegate_testkit::conformance::{Shown, Suite, check};
//! use tidegate_testkit::model::{AlertService, MessageService};
//!
//! # futures::executor::block_on(async {
//! check(async || AlertService::new("pager")).await;
//!
//! let report = Suite::new(async || MessageService::new("chat"))
//!     .with_lookup()
//!     .with_view(|chat: &MessageService, issue| Shown {
//!         open: chat.open().contains(&issue.episode),
//!         copies: chat.posts(issue.episode).len(),
//!     })
//!     .run()
//!     .await;
//! println!("{report}");
//! report.assert_passed();
//! # });
//! ```

mod batch;
mod calls;
mod failure;
mod life;
mod probe;
mod report;
mod rules;
mod service;
mod text;
mod words;

use std::fmt::{self, Debug};

use tidegate_event::{Event, IssueEvent};
use tidegate_sink::{Delivery, Outcome, Receipt, Sink};

use self::failure::Failing;
pub use self::failure::Failure;
pub use self::report::{Report, Verdict};
use self::service::Rotation;
#[cfg(feature = "server")]
use crate::server::Fault;

/// Checks the sinks that `make` gives by all rules that need no more, and prints how each rule went.
///
/// # Panics
/// When a rule is broken; the message names each, what was seen, what is right and what helps.
pub async fn check<S: Sink + 'static>(make: impl AsyncFn() -> S) {
    let report = Suite::new(make).run().await;
    report.assert_passed();
    println!("{report}");
}

/// What a service shows of one episode of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// Whether people see it as open.
    pub open: bool,
    /// How many messages or alerts there are of it.
    pub copies: usize,
}

type View<S> = Box<dyn Fn(&S, &IssueEvent) -> Shown>;
type Deletion<S> = Box<dyn Fn(&S, &IssueEvent)>;

/// The rules, and what they need to know of a sink. See the [module](self).
#[must_use = "a suite checks nothing until it is run"]
pub struct Suite<S, F> {
    make: F,
    view: Option<View<S>>,
    lookup: bool,
    rejected: Option<Event>,
    secrets: Vec<String>,
    debug: Option<fn(&S) -> String>,
    failing: Vec<Failing<S>>,
    slow: Vec<S>,
    deletion: Option<Deletion<S>>,
    rotation: Option<Rotation<S>>,
}

impl<S: Sink + 'static, F: AsyncFn() -> S> Suite<S, F> {
    /// The suite for the sinks that `make` gives. Each rule takes one of its own, some take several.
    pub fn new(make: F) -> Self {
        Self {
            make,
            view: None,
            lookup: false,
            rejected: None,
            secrets: Vec::new(),
            debug: None,
            failing: Vec::new(),
            slow: Vec::new(),
            deletion: None,
            rotation: None,
        }
    }

    /// Sees with `view` what the service of a sink shows of the episode of an issue.
    pub fn with_view(mut self, view: impl Fn(&S, &IssueEvent) -> Shown + 'static) -> Self {
        self.view = Some(Box::new(view));
        self
    }

    /// The sink looks up what may have been applied, so that nothing stands twice. A profile that
    /// [deduplicates](tidegate_sink::Profile::deduplicates) says so already. Needs a [view](Suite::with_view).
    pub fn with_lookup(mut self) -> Self {
        self.lookup = true;
        self
    }

    /// The service rejects `event`, and nothing beside it.
    pub fn with_rejected(mut self, event: impl Into<Event>) -> Self {
        self.rejected = Some(event.into());
        self
    }

    /// Sinks over services that fail, in as many ways as there are: what they say of it is checked.
    pub fn with_failing(self, sinks: impl IntoIterator<Item = S>) -> Self {
        self.with_failing_as(Failure::Any, sinks)
    }

    /// The same, over services of which is known what goes wrong there: then it must be told as what it is.
    pub fn with_failing_as(mut self, failure: Failure, sinks: impl IntoIterator<Item = S>) -> Self {
        let how = String::from("that fails");
        self.failing.extend(sinks.into_iter().map(|sink| Failing { sink, failure, how: how.clone() }));
        self
    }

    /// The same for each sort of failure that an HTTP service has ([`Fault::each`]): `make` gives a sink over a
    /// [server](crate::server::Server) that has [this fault](crate::server::Server::with_fault), with the service
    /// behind it. Needs the feature `server`.
    #[cfg(feature = "server")]
    pub async fn with_server_faults(mut self, make: impl AsyncFn(Fault) -> S) -> Self {
        for fault in Fault::each() {
            let (failure, how) = (fault.failure(), format!("where a request is {fault}"));
            self.failing.push(Failing { sink: make(fault).await, failure, how });
        }
        self
    }

    /// Sinks over services that take requests in and work them off later: what is accepted must be applied by then.
    /// Needs a [view](Suite::with_view). A service that takes something in and refuses it later is one that
    /// [fails](Suite::with_failing).
    pub fn with_slow(mut self, sinks: impl IntoIterator<Item = S>) -> Self {
        self.slow.extend(sinks);
        self
    }

    /// Deletes with `delete` at the service whatever stands there of the episode of an issue, as people do.
    pub fn with_deletion(mut self, delete: impl Fn(&S, &IssueEvent) + 'static) -> Self {
        self.deletion = Some(Box::new(delete));
        self
    }

    /// Changes the secret of a sink, as it happens while a sink is in use: after `revoke` the service takes it no more;
    /// after `renew` it takes another, which stands where the sink reads its own, or the same again.
    pub fn with_rotation(mut self, revoke: impl Fn(&S) + 'static, renew: impl Fn(&S) + 'static) -> Self {
        self.rotation = Some(Rotation { revoke: Box::new(revoke), renew: Box::new(renew) });
        self
    }

    /// Nobody may see any of `secrets`, which the sinks were made with.
    pub fn with_secrets<T: Into<String>>(mut self, secrets: impl IntoIterator<Item = T>) -> Self
    where
        S: Debug,
    {
        self.secrets = secrets.into_iter().map(Into::into).filter(|secret: &String| !secret.is_empty()).collect();
        self.debug = Some(|sink| format!("{sink:?} {sink:#?}"));
        self
    }

    /// Runs every rule, the ones after a broken one too.
    pub async fn run(&self) -> Report {
        rules::run(self).await
    }

    async fn sink(&self) -> S {
        (self.make)().await
    }

    fn shown(&self, sink: &S, issue: &IssueEvent) -> Option<Shown> {
        self.view.as_ref().map(|view| view(sink, issue))
    }

    /// Checks what is shown, where it can be seen.
    fn expect_shown(&self, sink: &S, issue: &IssueEvent, when: &str, open: bool) -> Result<(), Breach> {
        match self.shown(sink, issue) {
            Some(shown) if shown.open != open => {
                let states = ["closed, or not at all", "open"];
                let (seen, right) = (states[usize::from(shown.open)], states[usize::from(open)]);
                Err(Breach::broken(format!("{when}: shown as {seen}, where {right} is right")))
            }
            _ => Ok(()),
        }
    }

    fn expect_copies(&self, sink: &S, issue: &IssueEvent, when: &str, copies: usize) -> Result<(), Breach> {
        match self.shown(sink, issue) {
            Some(shown) if shown.copies != copies => {
                Err(Breach::broken(format!("{when}: it stands there {} times, where {copies} is right", shown.copies)))
            }
            _ => Ok(()),
        }
    }
}

impl<S, F> Debug for Suite<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suite").field("lookup", &self.lookup).finish_non_exhaustive()
    }
}

/// Why a rule was not kept, or not looked at.
#[derive(Debug)]
enum Breach {
    Broken(String),
    Skipped(&'static str),
}

impl Breach {
    fn broken(seen: impl Into<String>) -> Self {
        Self::Broken(seen.into())
    }
}

/// Delivers `batch`, and checks that there is an outcome for each item.
async fn deliver(sink: &(impl Sink + ?Sized), batch: &[Delivery]) -> Result<Vec<Outcome>, Breach> {
    let outcomes = sink.deliver(batch).await.map_err(|error| Breach::broken(format!("the call failed: {error}")))?;
    if outcomes.len() == batch.len() {
        return Ok(outcomes);
    }
    Err(Breach::broken(format!("{} outcomes for {} items", outcomes.len(), batch.len())))
}

/// Delivers one item, which is accepted; gives its receipt as it comes back from a store.
async fn accept(sink: &(impl Sink + ?Sized), delivery: &Delivery) -> Result<Option<Receipt>, Breach> {
    let outcomes = deliver(sink, std::slice::from_ref(delivery)).await?;
    let kind = delivery.event.kind();
    match outcomes.into_iter().next() {
        Some(Outcome::Accepted(receipt)) => Ok(receipt),
        other => Err(Breach::broken(format!("one item, of kind {kind}, was not accepted: {other:?}"))),
    }
}
