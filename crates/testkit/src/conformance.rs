//! The rules that every sink keeps, as tests.
//!
//! Give [`check`] a factory of sinks, each over a service (or a stand-in of it) that is empty or does not mind what came
//! before. A [`Suite`] checks more where it is told more: what the service shows, what it rejects, which secrets
//! nobody may see. It needs no runtime: use the one that your sink wants, with its time-out around the check, since a
//! delivery that never answers is never given up.
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
mod life;
mod probe;
mod report;
mod text;
mod words;

use std::fmt::{self, Debug};
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use tidegate_event::{Event, IssueEvent};
use tidegate_sink::{Delivery, Outcome, Receipt, Sink};

pub use self::report::{Report, Verdict};

/// Checks the sinks that `make` gives by all rules that need no more.
///
/// # Panics
/// When a rule is broken; the message names each, and what was seen.
pub async fn check<S: Sink + 'static>(make: impl AsyncFn() -> S) {
    Suite::new(make).run().await.assert_passed();
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

/// The rules, and what they need to know of a sink. See the [module](self).
#[must_use = "a suite checks nothing until it is run"]
pub struct Suite<S, F> {
    make: F,
    view: Option<View<S>>,
    lookup: bool,
    rejected: Option<Event>,
    secrets: Vec<String>,
    debug: Option<fn(&S) -> String>,
    failing: Vec<S>,
}

impl<S: Sink + 'static, F: AsyncFn() -> S> Suite<S, F> {
    /// The suite for the sinks that `make` gives. Each rule takes one of its own, some take several.
    pub fn new(make: F) -> Self {
        Self { make, view: None, lookup: false, rejected: None, secrets: Vec::new(), debug: None, failing: Vec::new() }
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
    pub fn with_failing(mut self, sinks: impl IntoIterator<Item = S>) -> Self {
        self.failing.extend(sinks);
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
        let mut report = Report::default();
        /// Each rule by its name.
        macro_rules! rules {
            ($($module:ident::$rule:ident),+ $(,)?) => {$(
                let kept = AssertUnwindSafe($module::$rule(self)).catch_unwind().await;
                report.add(stringify!($rule), Verdict::of(kept));
            )+};
        }
        rules!(
            batch::an_empty_batch_has_no_outcome,
            batch::each_item_has_one_outcome,
            batch::a_full_batch_has_one_outcome_each,
            batch::a_rejected_item_is_told_in_its_place,
            batch::every_kind_of_its_profile_is_taken,
            batch::the_profile_stays_the_same,
            life::an_issue_opens_is_updated_and_closes,
            life::an_issue_that_was_never_open_there_closes,
            life::a_second_close_does_no_harm,
            life::another_episode_opens_anew,
            life::issues_do_not_touch_each_other,
            life::what_may_have_been_applied_is_taken,
            life::what_may_have_been_applied_does_not_stand_twice,
            life::a_receipt_is_short,
            life::a_receipt_of_another_shape_is_as_good_as_none,
            life::a_notification_is_revised,
            text::any_text_is_taken,
            text::empty_texts_are_taken,
            text::the_longest_texts_are_taken,
            calls::a_call_may_be_dropped_at_any_await,
            calls::calls_at_once_all_answer,
            calls::boxed_and_shared_it_is_the_same,
            probe::a_working_sink_proves_something,
            words::nothing_tells_a_secret,
            words::a_failure_is_told_in_one_line,
        );
        report
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
