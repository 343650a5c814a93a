//! Each rule by its name, what it expects, and what helps where it is broken.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use tidegate_sink::Sink;

use super::report::{Report, Rule, Verdict};
use super::{Suite, batch, calls, life, probe, service, text, words};

/// Runs each rule, and adds to the report how it went.
macro_rules! rules {
    ($report:ident, $suite:ident: $($module:ident::$name:ident: $expects:literal, $hint:literal;)+) => {$(
        let kept = AssertUnwindSafe($module::$name($suite)).catch_unwind().await;
        let rule = Rule { name: stringify!($name), expects: $expects, hint: $hint };
        $report.add(rule, Verdict::of(kept));
    )+};
}

/// Runs every rule, the ones after a broken one too.
pub(super) async fn run<S: Sink + 'static, F: AsyncFn() -> S>(suite: &Suite<S, F>) -> Report {
    let mut report = Report::default();
    of_what_is_told(suite, &mut report).await;
    of_how(suite, &mut report).await;
    report
}

/// The rules of batches and of the lives of issues and notifications.
async fn of_what_is_told<S: Sink + 'static, F: AsyncFn() -> S>(suite: &Suite<S, F>, report: &mut Report) {
    rules! { report, suite:
        batch::an_empty_batch_has_no_outcome:
            "nothing in, nothing out: an empty batch is answered with an empty list",
            "make the outcomes out of the batch, one for each item, and return early where there is none";
        batch::each_item_has_one_outcome:
            "as many outcomes as items, in their order",
            "push an outcome on every path through the loop; what you did not send is `Outcome::Untouched`";
        batch::a_full_batch_has_one_outcome_each:
            "a batch as large as the profile allows is taken whole",
            "lower `Profile::with_batch` or `with_batch_bytes` to what the service takes in one request";
        batch::a_rejected_item_is_told_in_its_place:
            "the item that the service refuses is `Rejected`, and those beside it are delivered",
            "read the service's answer item by item, or send one item a request";
        batch::every_kind_of_its_profile_is_taken:
            "an event of each kind that the profile names is accepted",
            "leave out with `Profile::with_kinds` what the sink does not tell";
        batch::the_profile_stays_the_same:
            "the same profile at every call and of every sink made alike, with a destination that has a name",
            "build the profile once in the constructor, of the settings alone; the destination names the place, not the run";
        life::an_issue_opens_is_updated_and_closes:
            "an issue is shown once: open, then changed in place, then closed",
            "put where the message is into the `Receipt`, and edit what `Delivery::prior` names; or send the issue's key \
             or episode to a service that deduplicates by it";
        life::an_issue_that_was_never_open_there_closes:
            "a close of what the service never heard of is accepted, and nothing stands open after it",
            "tell it as a closed message, or let the service's `no such alert` count as accepted";
        life::a_second_close_does_no_harm:
            "a close that is told again is accepted",
            "let the service's `closed already` count as accepted";
        life::another_episode_opens_anew:
            "the next episode of a closed issue is shown as open, apart from the last one",
            "tell messages apart by `IssueEvent::episode`; the key is the same for each time";
        life::issues_do_not_touch_each_other:
            "what is told of one issue changes nothing of another",
            "use `Delivery::prior` and the event's own key only; keep nothing in the sink between calls";
        life::what_may_have_been_applied_is_taken:
            "a delivery with `maybe_applied` is told whether or not it was applied",
            "look whether it is there; where it is not, post it as any other";
        life::what_may_have_been_applied_does_not_stand_twice:
            "a delivery with `maybe_applied` that was applied does not stand there a second time",
            "look for the episode before you post, or send a key that the service deduplicates by";
        life::a_receipt_is_short:
            "a receipt is an address: at most 4096 bytes",
            "put the message's id into it and none of its text";
        life::a_receipt_of_another_shape_is_as_good_as_none:
            "a receipt that cannot be read is as good as none: an older version may have written it",
            "go on without it where `Receipt::read` fails, by `.and_then(|receipt| receipt.read().ok())` say";
        life::a_notification_is_revised:
            "a notification is taken, taken again, and taken in a later revision",
            "edit what `Delivery::prior` names, or post it once more; refuse neither";
        service::what_is_accepted_is_applied:
            "over a service that works requests off later, `Accepted` says that it was worked off",
            "ask the service what became of the request, with pauses; once you have asked long enough, say `Unconfirmed`";
        service::what_somebody_deleted_is_told_anew:
            "what somebody deleted at the service stands there again once, with the next update; a close of it is accepted",
            "where the service says that there is no such thing, create it anew, or accept the close";
        service::a_revoked_secret_holds_everything_until_there_is_a_good_one:
            "a secret that is revoked is `Unauthorized` or `Misconfigured`, no probe proves anything with it, and the same \
             sink delivers with the next one, at the same destination",
            "tell a refused key from a refused item, and reveal the secret where it is used";
    }
}

/// The rules of texts, calls, probes and words.
async fn of_how<S: Sink + 'static, F: AsyncFn() -> S>(suite: &Suite<S, F>, report: &mut Report) {
    rules! { report, suite:
        text::any_text_is_taken:
            "any text is taken: control characters, every script, the service's own markup",
            "escape what the service gives a meaning to, and drop what it refuses";
        text::empty_texts_are_taken:
            "texts that are empty or blank are taken",
            "say something in their place where the service wants a text";
        text::the_longest_texts_are_taken:
            "texts of 64 KiB are taken",
            "cut what is over the service's limit, at a character: `&text[..text.floor_char_boundary(limit)]`";
        calls::a_call_may_be_dropped_at_any_await:
            "a call that is dropped half-way keeps no later one from being delivered",
            "hold no flag or half-changed state over an await; let guards undo on drop";
        calls::calls_at_once_all_answer:
            "as many calls at once as the profile allows are all delivered",
            "lower `Profile::with_concurrency`, or share no state between calls";
        calls::boxed_and_shared_it_is_the_same:
            "`Box<dyn Sink>` and `Arc<dyn Sink>` behave as the sink itself",
            "derive nothing from the sink's address or from how often it was made";
        probe::a_working_sink_proves_something:
            "the probe of a sink that works says what is proven or cannot be, the same each time, and leaves no trace",
            "ask the service who you are; what cannot be asked without posting goes to `Probe::with_unproven`";
        words::a_failure_says_what_may_have_been_applied:
            "a failure is told as what it was: in doubt where the service may have applied it, throttled with the wait \
             that the service asked for",
            "see `SinkErrorKind`: 5xx is `Unavailable`; no complete answer is `Unconfirmed`; 429 is `Throttled` with its \
             Retry-After in seconds or by date; `tidegate_http::HttpSink` with `judge` does all of it";
        words::a_failure_is_told_in_one_line:
            "an error is one line that says what happened and does not repeat its source; a failure is not accepted",
            "say in the context what was tried and what helps, and hand the cause to `SinkError::with_source`";
        words::nothing_tells_a_secret:
            "no secret stands in the sink's `Debug`, its profile, outcomes, probe or errors",
            "keep it as a `tidegate_base::Secret`, and mask what the service repeats (`tidegate_http::masked`)";
    }
}
