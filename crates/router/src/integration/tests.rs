use tidegate_sink::Profile;
use tidegate_testkit::model::MessageService;

use super::*;

fn integration(name: &str, taken: &[EventKind], sink: &[EventKind]) -> Integration {
    let kinds = sink.iter().copied().collect();
    let sink = MessageService::new("ops").with_profile(Profile::new("ops").with_kinds(kinds));
    let taken: tidegate_sink::EventKinds = taken.iter().copied().collect();
    Integration::new(name, sink, Subscription::new(taken))
}

#[test]
fn it_has_the_lanes_of_what_both_subscription_and_sink_take() {
    use EventKind::{Issue, Log, Metric, Notification};
    for (taken, sink, lanes) in [
        (&[Issue, Log][..], &[Issue, Notification, Log, Metric][..], (true, true)),
        (&[Issue, Log], &[Notification, Metric], (false, false)),
        (&[Issue, Notification], &[Notification], (true, false)),
        (&[Log, Metric], &[Issue, Metric], (false, true)),
        (&[], &[Issue], (false, false)),
    ] {
        let integration = integration("ops", taken, sink);
        assert_eq!((integration.has_issue_lane(), integration.has_batch_lane()), lanes, "{taken:?} {sink:?}");
    }
}

#[test]
fn a_name_is_1_to_128_plain_characters() {
    for name in ["a", "ops-slack_2.eu", &"x".repeat(128)] {
        integration(name, &[], &[]).validate().expect(name);
    }
    for name in ["", "a/b", "ops slack", "übung", "a\nb", &"x".repeat(129)] {
        let error = integration(name, &[], &[]).validate().expect_err(name);
        assert_eq!(error.kind(), RouterErrorKind::InvalidName);
        let said = error.to_string();
        assert!(said.contains(&format!("the integration name `{}`", name.escape_debug())), "{said}");
        assert!(said.contains("1 to 128") && !said.contains('\n'), "{said}");
    }
}

#[test]
fn its_debug_names_the_destination_and_no_more_of_the_sink() {
    let text = format!("{:?}", integration("ops", &[], &[]));
    assert!(text.starts_with("Integration { name: \"ops\", destination: \"ops\", subscription:"), "{text}");
}
