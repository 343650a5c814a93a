//! The sink keeps the rules of every sink; and whichever of them it breaks, the kit names it.

mod broken;
mod common;

use broken::Broken;
use common::{FORBIDDEN, Rig, TOKEN};
use tidegate::event::IssueEvent;
use tidegate_testkit::conformance::{Failure, Report, Suite};
use tidegate_testkit::sample;
use tidegate_testkit::server::Fault;

#[tokio::test]
async fn it_keeps_the_rules_of_every_sink() {
    let rig = Rig::over(Fault::None).await;
    let suite = Suite::new(async || rig.again())
        .with_view(|rig: &Rig, issue| rig.board.shown(issue))
        .with_rejected(rejected())
        .with_secrets([TOKEN])
        .with_slow([rig.again()])
        .with_deletion(|rig: &Rig, issue| rig.board.take_away(issue))
        .with_rotation(|rig: &Rig| rig.board.set_token_good(false), |rig| rig.board.set_token_good(true))
        .with_server_faults(Rig::over)
        .await;
    let report = suite.run().await;
    println!("{report}");
    report.assert_passed();
    assert_eq!(report.skipped(), ["a_receipt_is_short"], "it gives none, and all else was looked at");
}

/// What the kit says of the sink with `rule` broken in it.
async fn report(rule: &'static str, rig: &Rig, failing: &[Rig]) -> Report {
    let broken = |rig: Rig| Broken::new(rule, rig);
    Suite::new(async || broken(rig.wiped()))
        .with_view(|sink: &Broken, issue| sink.rig.board.shown(issue))
        .with_rejected(rejected())
        .with_secrets([TOKEN])
        .with_slow([broken(rig.wiped())])
        .with_deletion(|sink: &Broken, issue| sink.rig.board.take_away(issue))
        .with_rotation(|sink: &Broken| sink.rig.board.set_token_good(false), |sink| sink.rig.board.set_token_good(true))
        .with_failing_as(Failure::InDoubt, failing.iter().cloned().map(broken))
        .run()
        .await
}

fn rejected() -> IssueEvent {
    IssueEvent { cause: FORBIDDEN.to_owned(), ..sample::issue() }
}

#[tokio::test]
async fn breaking_any_one_rule_makes_the_kit_name_it() {
    let rig = Rig::over(Fault::None).await;
    let failing = [Rig::over(Fault::status_after(503)).await];
    let fine = report("none", &rig, &failing).await;
    fine.assert_passed();
    for (rule, _) in fine.rules() {
        let report = report(rule, &rig, &failing).await;
        assert!(report.broken().contains(&rule), "{rule} is broken and not named:\n{report}");
    }
}
