//! A sink that breaks one rule at a time, and otherwise behaves.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use tidegate_event::{EpisodeId, Event, EventKind, IssueEvent, IssueKey};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Reason, Receipt, Sink, SinkError, SinkErrorKind};
use tidegate_testkit::model::MessageService;
use tidegate_testkit::sample;

pub(crate) const TOKEN: &str = "xoxb-1234-secret";

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    None,
    AnswersNothing,
    AnswersOneLess,
    FailsFullBatches,
    Reverses,
    FailsBesideTheRejected,
    PutsOffBesideTheRejected,
    RefusesNotifications,
    HasAnotherProfileEachTime,
    IgnoresCloses,
    RefusesClosesAlone,
    ForgetsTheUpdate,
    FailsTheSecondClose,
    MutesAKeyOnceClosed,
    EditsTheFirstMessage,
    RefusesSecondAttempts,
    NeverLooks,
    ReceiptsHoldTheText,
    RefusesOddReceipts,
    RefusesRevisions,
    RefusesControls,
    RefusesEmptyTexts,
    CutsInsideCharacters,
    StaysBusyWhenDropped,
    ProbeFails,
    ProbeProvesNothing,
    ProbeChangesItsMind,
    ProbePostsAgain,
    ProbePostsAnother,
    DebugTellsTheToken,
    ProbeTellsTheToken,
    ErrorTellsTheToken,
    ErrorOfTwoLines,
    ErrorRepeatsItsSource,
    AcceptsWhatFailed,
    CallsAllUnreachable,
    ForgetsTheWait,
    RejectsWhatFailed,
    AcceptsWhatIsQueued,
    EditsWhatIsGone,
    RejectsAtARevokedKey,
    KeepsTheRevokedKey,
    ProbesWithoutTheKey,
}

pub(crate) const FAULTS: [(Fault, &str); 44] = [
    (Fault::AnswersNothing, "an_empty_batch_has_no_outcome"),
    (Fault::AnswersOneLess, "each_item_has_one_outcome"),
    (Fault::FailsFullBatches, "a_full_batch_has_one_outcome_each"),
    (Fault::Reverses, "a_rejected_item_is_told_in_its_place"),
    (Fault::FailsBesideTheRejected, "a_rejected_item_is_told_in_its_place"),
    (Fault::PutsOffBesideTheRejected, "a_rejected_item_is_told_in_its_place"),
    (Fault::RefusesNotifications, "every_kind_of_its_profile_is_taken"),
    (Fault::HasAnotherProfileEachTime, "the_profile_stays_the_same"),
    (Fault::HasAnotherProfileEachTime, "boxed_and_shared_it_is_the_same"),
    (Fault::IgnoresCloses, "an_issue_opens_is_updated_and_closes"),
    (Fault::ForgetsTheUpdate, "an_issue_opens_is_updated_and_closes"),
    (Fault::RefusesClosesAlone, "an_issue_that_was_never_open_there_closes"),
    (Fault::FailsTheSecondClose, "a_second_close_does_no_harm"),
    (Fault::MutesAKeyOnceClosed, "another_episode_opens_anew"),
    (Fault::EditsTheFirstMessage, "issues_do_not_touch_each_other"),
    (Fault::RefusesSecondAttempts, "what_may_have_been_applied_is_taken"),
    (Fault::NeverLooks, "what_may_have_been_applied_does_not_stand_twice"),
    (Fault::ReceiptsHoldTheText, "a_receipt_is_short"),
    (Fault::RefusesOddReceipts, "a_receipt_of_another_shape_is_as_good_as_none"),
    (Fault::RefusesRevisions, "a_notification_is_revised"),
    (Fault::RefusesControls, "any_text_is_taken"),
    (Fault::RefusesEmptyTexts, "empty_texts_are_taken"),
    (Fault::CutsInsideCharacters, "the_longest_texts_are_taken"),
    (Fault::StaysBusyWhenDropped, "a_call_may_be_dropped_at_any_await"),
    (Fault::StaysBusyWhenDropped, "calls_at_once_all_answer"),
    (Fault::ProbeFails, "a_working_sink_proves_something"),
    (Fault::ProbeProvesNothing, "a_working_sink_proves_something"),
    (Fault::ProbeChangesItsMind, "a_working_sink_proves_something"),
    (Fault::ProbePostsAgain, "a_working_sink_proves_something"),
    (Fault::ProbePostsAnother, "a_working_sink_proves_something"),
    (Fault::DebugTellsTheToken, "nothing_tells_a_secret"),
    (Fault::ProbeTellsTheToken, "nothing_tells_a_secret"),
    (Fault::ErrorTellsTheToken, "nothing_tells_a_secret"),
    (Fault::ErrorOfTwoLines, "a_failure_is_told_in_one_line"),
    (Fault::ErrorRepeatsItsSource, "a_failure_is_told_in_one_line"),
    (Fault::AcceptsWhatFailed, "a_failure_is_told_in_one_line"),
    (Fault::CallsAllUnreachable, "a_failure_says_what_may_have_been_applied"),
    (Fault::ForgetsTheWait, "a_failure_says_what_may_have_been_applied"),
    (Fault::RejectsWhatFailed, "a_failure_says_what_may_have_been_applied"),
    (Fault::AcceptsWhatIsQueued, "what_is_accepted_is_applied"),
    (Fault::EditsWhatIsGone, "what_somebody_deleted_is_told_anew"),
    (Fault::RejectsAtARevokedKey, "a_revoked_secret_holds_everything_until_there_is_a_good_one"),
    (Fault::KeepsTheRevokedKey, "a_revoked_secret_holds_everything_until_there_is_a_good_one"),
    (Fault::ProbesWithoutTheKey, "a_revoked_secret_holds_everything_until_there_is_a_good_one"),
];

pub(crate) struct Broken {
    fault: Fault,
    pub(crate) chat: MessageService,
    profile: Profile,
    busy: AtomicBool,
    probed: AtomicUsize,
    first: Mutex<Option<Receipt>>,
    closed: Mutex<(BTreeSet<EpisodeId>, BTreeSet<IssueKey>)>,
    key_good: AtomicBool,
    slow: bool,
}

static MADE: AtomicUsize = AtomicUsize::new(0);

impl Broken {
    pub(crate) fn new(fault: Fault, chat: MessageService) -> Self {
        let made = if fault == Fault::HasAnotherProfileEachTime { MADE.fetch_add(1, Ordering::SeqCst) } else { 0 };
        let profile = Profile::new(format!("chat {made}")).with_kinds(chat.profile().kinds());
        let profile = profile.with_batch(20).with_concurrency(3);
        let chat = chat.with_profile(profile.clone());
        let (busy, first, closed) = (AtomicBool::new(false), Mutex::default(), Mutex::default());
        let (probed, key_good) = (AtomicUsize::new(0), AtomicBool::new(true));
        Self { fault, chat, profile, busy, probed, first, closed, key_good, slow: false }
    }

    /// Over a service that works off later what it takes in.
    pub(crate) fn slow(self) -> Self {
        Self { slow: true, ..self }
    }

    pub(crate) fn set_key_good(&self, good: bool) {
        if !good || self.fault != Fault::KeepsTheRevokedKey {
            self.key_good.store(good, Ordering::SeqCst);
        }
    }

    /// Somebody deletes all messages of the episode of `issue`.
    pub(crate) fn delete(&self, issue: &IssueEvent) {
        for message in self.chat.posts(issue.episode) {
            self.chat.delete(message.id);
        }
    }

    fn is_deleted(&self, issue: &IssueEvent) -> bool {
        let posts = self.chat.posts(issue.episode);
        !posts.is_empty() && posts.iter().all(|message| message.gone)
    }

    fn refuses(&self, delivery: &Delivery) -> bool {
        match (self.fault, &*delivery.event) {
            (_, Event::Issue(issue)) if &**issue.key.kind() == "refused" => true,
            (Fault::RefusesClosesAlone, Event::Issue(issue)) => issue.is_closed() && delivery.prior.is_none(),
            (Fault::RefusesNotifications, event) => matches!(event, Event::Notification(_)),
            (Fault::RefusesSecondAttempts, _) => delivery.maybe_applied && delivery.prior.is_none(),
            (Fault::RefusesOddReceipts, _) => {
                delivery.prior.as_ref().is_some_and(|receipt| !receipt.as_str().contains("message"))
            }
            (Fault::RefusesRevisions, Event::Notification(notification)) => notification.revision > 0,
            (Fault::RefusesControls, Event::Issue(issue)) => issue.summary.contains('\u{7f}'),
            (Fault::RefusesEmptyTexts, Event::Issue(issue)) => issue.summary.trim().is_empty(),
            _ => false,
        }
    }

    /// What is sent on instead of `delivery`; `None` drops it and says that all is well.
    fn instead(&self, delivery: &Delivery) -> Option<Delivery> {
        let mut delivery = delivery.clone();
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        match (self.fault, &*delivery.event) {
            (Fault::IgnoresCloses, Event::Issue(issue)) if issue.is_closed() => return None,
            (Fault::AcceptsWhatIsQueued, _) if self.slow => return None,
            (Fault::EditsWhatIsGone, Event::Issue(issue)) if self.is_deleted(issue) => return None,
            (Fault::ForgetsTheUpdate, _) => delivery.prior = None,
            (Fault::NeverLooks, _) => delivery.maybe_applied = false,
            (Fault::EditsTheFirstMessage, _) => {
                delivery.prior.clone_from(&self.first.lock().unwrap_or_else(PoisonError::into_inner));
            }
            (Fault::MutesAKeyOnceClosed, Event::Issue(issue)) => {
                if closed.1.contains(&issue.key) {
                    return None;
                }
                if issue.is_closed() {
                    closed.1.insert(issue.key.clone());
                }
            }
            (Fault::CutsInsideCharacters, Event::Issue(issue)) if issue.cause.len() > 30_000 => {
                let issue = IssueEvent { cause: issue.cause[..30_000].to_owned(), ..(**issue).clone() };
                delivery.event = std::sync::Arc::new(issue.into());
            }
            _ => {}
        }
        Some(delivery)
    }

    async fn one(&self, delivery: &Delivery) -> Result<Outcome, SinkError> {
        if !self.key_good.load(Ordering::SeqCst) && self.fault == Fault::RejectsAtARevokedKey {
            return Ok(Outcome::Rejected(Reason::new("invalid_auth")));
        }
        if !self.key_good.load(Ordering::SeqCst) {
            return Err(SinkError::new(SinkErrorKind::Unauthorized, "the token is revoked"));
        }
        if self.refuses(delivery) {
            return Ok(Outcome::Rejected(Reason::new("it does not like it")));
        }
        if let (Fault::FailsTheSecondClose, Event::Issue(issue)) = (self.fault, &*delivery.event)
            && issue.is_closed()
            && !self.closed.lock().unwrap_or_else(PoisonError::into_inner).0.insert(issue.episode)
        {
            return Err(SinkError::new(SinkErrorKind::Misconfigured, "there is no such message"));
        }
        let Some(delivery) = self.instead(delivery) else { return Ok(Outcome::Accepted(None)) };
        let outcome = self.chat.deliver(std::slice::from_ref(&delivery)).await?.remove(0);
        if let Outcome::Accepted(Some(receipt)) = &outcome {
            self.first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(receipt.clone());
        }
        Ok(match (self.fault, &*delivery.event) {
            (Fault::ReceiptsHoldTheText, Event::Issue(issue)) => Outcome::Accepted(Receipt::new(&issue.cause).ok()),
            _ => outcome,
        })
    }

    /// What stands beside a rejected item suffers with it.
    fn spoil(&self, outcomes: &mut [Outcome]) {
        if !outcomes.iter().any(|outcome| matches!(outcome, Outcome::Rejected(_))) {
            return;
        }
        for outcome in outcomes.iter_mut().filter(|outcome| matches!(outcome, Outcome::Accepted(_))) {
            *outcome = match self.fault {
                Fault::PutsOffBesideTheRejected => Outcome::Untouched,
                _ => Outcome::Failed(SinkError::new(SinkErrorKind::Unavailable, "not with that one")),
            };
        }
    }

    fn reword(&self, error: SinkError) -> Result<Outcome, SinkError> {
        let kind = error.kind();
        match self.fault {
            Fault::ErrorTellsTheToken => Err(SinkError::new(kind, "it says no").with_source(text(TOKEN))),
            Fault::ErrorOfTwoLines => Err(SinkError::new(kind, "it says\nno")),
            Fault::ErrorRepeatsItsSource => Err(SinkError::new(kind, "it says no: oh").with_source(text("no: oh"))),
            Fault::AcceptsWhatFailed => Ok(Outcome::Accepted(None)),
            Fault::CallsAllUnreachable => Err(SinkError::new(SinkErrorKind::Unreachable, "it says no")),
            Fault::ForgetsTheWait => Err(SinkError::new(kind, "it says no")),
            Fault::RejectsWhatFailed => Ok(Outcome::Rejected(Reason::new("it says no"))),
            _ => Err(error),
        }
    }
}

fn text(text: &str) -> std::io::Error {
    std::io::Error::other(text.to_owned())
}

async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

#[async_trait]
impl Sink for Broken {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        if self.busy.swap(self.fault == Fault::StaysBusyWhenDropped, Ordering::SeqCst) {
            return Err(SinkError::new(SinkErrorKind::Unreachable, "the connection is in use"));
        }
        yield_once().await;
        if self.fault == Fault::FailsFullBatches && batch.len() == self.profile.batch() {
            return Err(SinkError::new(SinkErrorKind::Misconfigured, "too many items"));
        }
        let mut outcomes = Vec::new();
        for delivery in batch {
            outcomes.push(match self.one(delivery).await {
                Ok(outcome) => outcome,
                Err(error) => self.reword(error).unwrap_or_else(Outcome::Failed),
            });
        }
        yield_once().await;
        self.busy.store(false, Ordering::SeqCst);
        match self.fault {
            Fault::AnswersNothing if batch.is_empty() => outcomes.push(Outcome::Untouched),
            Fault::AnswersOneLess => drop(outcomes.pop()),
            Fault::Reverses => outcomes.reverse(),
            Fault::FailsBesideTheRejected | Fault::PutsOffBesideTheRejected => self.spoil(&mut outcomes),
            _ => {}
        }
        Ok(outcomes)
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        let probed = self.probed.fetch_add(1, Ordering::SeqCst);
        let post = async |number| {
            self.chat.deliver(&[sample::delivery(sample::event(EventKind::Issue, number))]).await.map(drop)
        };
        let token = if self.fault == Fault::ProbeTellsTheToken { TOKEN } else { "***" };
        let right = Probe::new().with_proven(format!("the token {token} is right"));
        if !self.key_good.load(Ordering::SeqCst) && self.fault != Fault::ProbesWithoutTheKey {
            return Err(SinkError::new(SinkErrorKind::Unauthorized, "the token is revoked"));
        }
        match self.fault {
            Fault::ProbeFails => Err(SinkError::new(SinkErrorKind::Unauthorized, "the token is wrong")),
            Fault::ProbeProvesNothing => Ok(Probe::new().with_unproven(" ")),
            Fault::ProbeChangesItsMind => Ok(right.with_proven(format!("it was asked {probed} times before"))),
            Fault::ProbePostsAgain => post(1).await.map(|()| right),
            Fault::ProbePostsAnother => post(2).await.map(|()| right),
            _ => Ok(right),
        }
    }
}

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = if self.fault == Fault::DebugTellsTheToken { TOKEN } else { "***" };
        f.debug_struct("Broken").field("token", &token).finish_non_exhaustive()
    }
}
