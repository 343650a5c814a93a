//! The suite passes what keeps the rules, and catches what breaks one.

mod broken;
mod wrapper;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use broken::{Broken, Fault};
use futures::executor::block_on;
use tidegate_event::{EventKind, IssueEvent, Severity};
use tidegate_sink::{Sink, SinkErrorKind};
use tidegate_testkit::conformance::{Failure, Report, Shown, Suite, check};
use tidegate_testkit::faults::{self, FaultySink, Script};
use tidegate_testkit::model::{Alert, AlertService, BatchService, MessageService};
use tidegate_testkit::sample::{self, Episode};

fn shown_by_chat(chat: &MessageService, issue: &IssueEvent) -> Shown {
    let copies = chat.posts(issue.episode).iter().filter(|message| !message.gone).count();
    Shown { open: copies > 0 && chat.open().contains(&issue.episode), copies }
}

#[test]
fn the_model_services_pass() {
    block_on(async {
        check(async || MessageService::new("chat")).await;
        check(async || MessageService::new("chat").with_lookup(false)).await;
        check(async || AlertService::new("pager")).await;
        check(async || BatchService::new("logs")).await;
    });
}

#[test]
fn wrapped_boxed_and_shared_they_pass() {
    block_on(async {
        check(async || FaultySink::new(AlertService::new("pager"), Script::default())).await;
        check(async || Box::new(MessageService::new("chat")) as Box<dyn Sink>).await;
        check(async || Arc::new(BatchService::new("logs")) as Arc<dyn Sink>).await;
    });
}

#[test]
fn the_model_services_pass_under_the_eye_of_the_suite() {
    block_on(async {
        let report = Suite::new(async || MessageService::new("chat"))
            .with_lookup()
            .with_view(shown_by_chat)
            .with_secrets(["xoxb-1234"])
            .with_deletion(|chat: &MessageService, issue| {
                for message in chat.posts(issue.episode) {
                    chat.delete(message.id);
                }
            })
            .with_failing(
                [SinkErrorKind::Unreachable, SinkErrorKind::Gone]
                    .map(|kind| MessageService::new("chat").with_faults(move |_: &[_]| faults::Fault::fail(kind))),
            )
            .run()
            .await;
        report.assert_passed();
        let untold = [
            "a_rejected_item_is_told_in_its_place",
            "what_is_accepted_is_applied",
            "a_revoked_secret_holds_everything_until_there_is_a_good_one",
            "a_failure_says_what_may_have_been_applied",
        ];
        assert_eq!(report.skipped(), untold);

        let view = |chat: &MessageService, issue: &IssueEvent| shown_by_chat(chat, issue);
        Suite::new(async || MessageService::new("chat").with_lookup(false)).with_view(view).run().await.assert_passed();

        let view = |pager: &AlertService, issue: &IssueEvent| {
            let alerts = pager.opened_for(issue.episode);
            Shown { open: alerts.iter().any(Alert::is_open), copies: alerts.len() }
        };
        Suite::new(async || AlertService::new("pager")).with_view(view).run().await.assert_passed();
    });
}

#[test]
fn rules_for_what_a_sink_does_not_take_are_skipped_and_say_so() {
    let report = block_on(Suite::new(async || BatchService::new("logs")).run());
    report.assert_passed();
    assert!(report.skipped().contains(&"a_second_close_does_no_harm"));
    assert!(report.to_string().contains("skipped  a_second_close_does_no_harm: it takes no issues\n"));
    assert!(report.to_string().contains("passed   any_text_is_taken\n"));
}

#[test]
fn a_full_batch_without_room_for_an_item_is_skipped_and_says_so() {
    let room = |bytes| async move {
        let logs = BatchService::new("logs");
        let profile = logs.profile().clone().with_batch_bytes(bytes);
        logs.with_profile(profile).with_faults(move |batch: &[_]| {
            if batch.is_empty() { faults::Fault::None } else { faults::Fault::fail(SinkErrorKind::Unavailable) }
        })
    };
    let report = block_on(Suite::new(async || room(1).await).run());
    let skipped = "skipped  a_full_batch_has_one_outcome_each: its batch_bytes are too few for any item\n";
    assert!(report.to_string().contains(skipped), "{report}");

    let metric = sample::event(EventKind::Metric, 0).size_bytes();
    assert!(metric < sample::event(EventKind::Log, 0).size_bytes());
    let report = block_on(Suite::new(async || room(metric).await).run());
    assert!(report.broken().contains(&"a_full_batch_has_one_outcome_each"), "a metric has room:\n{report}");
}

/// What the suite says of a sink with `fault`, seeing all that there is to see.
fn report(fault: Fault) -> Report {
    const WAIT: Duration = Duration::from_secs(7);
    let rejected = Episode::numbered("refused", 9).with_severity(Severity::Info).open();
    let over = |service: fn() -> faults::Fault| {
        Broken::new(fault, MessageService::new("chat").with_faults(move |_: &[_]| service()))
    };
    block_on(
        Suite::new(async || Broken::new(fault, MessageService::new("chat")))
            .with_lookup()
            .with_view(|sink: &Broken, issue| shown_by_chat(&sink.chat, issue))
            .with_rejected(rejected)
            .with_secrets([broken::TOKEN])
            .with_failing([over(|| faults::Fault::fail(SinkErrorKind::Unauthorized))])
            .with_failing_as(Failure::InDoubt, [over(|| faults::Fault::lost(SinkErrorKind::Unavailable))])
            .with_failing_as(Failure::Throttled(Some(WAIT)), [over(|| faults::Fault::throttled(WAIT))])
            .with_failing_as(Failure::Applied, [over(|| faults::Fault::None)])
            .with_slow([over(|| faults::Fault::None).slow()])
            .with_deletion(Broken::delete)
            .with_rotation(|sink: &Broken| sink.set_key_good(false), |sink| sink.set_key_good(true))
            .run(),
    )
}

#[test]
fn a_sink_that_breaks_a_rule_is_caught_by_name() {
    let mut caught = BTreeSet::new();
    for (fault, rule) in broken::FAULTS {
        let report = report(fault);
        assert!(report.broken().contains(&rule), "{fault:?}:\n{report}");
        caught.insert(rule);
    }
    let fine = report(Fault::None);
    fine.assert_passed();
    let rules: BTreeSet<&str> = fine.rules().map(|(rule, _)| rule).collect();
    assert_eq!(fine.skipped(), [""; 0], "all rules are looked at");
    assert_eq!(caught, rules, "each rule catches somebody");
}

#[test]
#[should_panic(expected = "BROKEN   an_empty_batch_has_no_outcome: 1 outcomes for 0 items")]
fn a_check_that_fails_names_the_rule_and_what_was_seen() {
    block_on(check(async || Broken::new(Fault::AnswersNothing, MessageService::new("chat"))));
}

#[test]
fn a_broken_rule_says_what_is_right_and_what_helps_and_the_last_line_counts() {
    let text = report(Fault::FailsTheSecondClose).to_string();
    let lines: Vec<&str> = text.lines().collect();
    let at = lines.iter().position(|line| line.starts_with("BROKEN   a_second_close_does_no_harm: ")).expect(&text);
    assert_eq!(lines[at + 1], "         expected: a close that is told again is accepted");
    assert_eq!(lines[at + 2], "         hint: let the service's `closed already` count as accepted");
    assert_eq!(lines.last(), Some(&"28 rules are kept, 1 broken, 0 skipped"), "{text}");
}

#[test]
fn what_is_not_accepted_is_shown() {
    let sink = Broken::new(Fault::RefusesNotifications, MessageService::new("chat"));
    assert!(block_on(sink.deliver(&[sample::delivery(sample::notification("n-1"))])).is_ok());
    let report = report(Fault::RefusesNotifications);
    assert!(report.to_string().contains("kind notification, was not accepted: Some(Rejected("), "{report}");
}
