//! The sink as an operator has it: by the configuration, behind a router.

mod common;

use common::{Rig, TOKEN, configuration};
use tidegate::config::{Config, ConfigErrors, Plan};
use tidegate::event::Notification;
use tidegate::sink::Sink as _;
use tidegate_example_custom_sink::registry;
use tidegate_testkit::sample;
use tidegate_testkit::server::Fault;

fn plan(text: &str) -> Result<Plan, ConfigErrors> {
    Config::parse("board.toml", text)?.build(&registry())
}

#[tokio::test]
async fn what_is_published_stands_on_the_board_though_it_failed_at_first() {
    let rig = Rig::over(Fault::None).await;
    rig.script([Fault::status_after(503)]);
    let router = plan(&configuration(&rig.url())).expect("a plan").into_router().build().expect("a router");
    let handle = router.handle();
    let running = tokio::spawn(router.run());
    let hello = Notification::new("hello", "test", "tidegate reaches this board.", sample::at());
    handle.publish([hello]).await.expect("it is taken");
    handle.stop();
    let leftover = running.await.expect("it does not panic").expect("it stops in order");
    assert!(leftover.is_empty(), "{leftover:?}");
    let cards: Vec<_> = rig.board.cards().values().cloned().collect();
    assert_eq!(cards.len(), 1, "told twice, one card");
    assert_eq!((&*cards[0].key, &*cards[0].text), ("hello", "tidegate reaches this board."));
}

#[tokio::test]
async fn a_probe_says_what_is_wrong() {
    let rig = Rig::over(Fault::None).await;
    assert_eq!(rig.probe().await.expect("it works").proven(), ["The token is right."]);

    let wrong = plan(&configuration(&rig.url()).replace(TOKEN, "another")).expect("a plan");
    let error = wrong.integrations()[0].integration().sink().probe().await.expect_err("the token is wrong");
    assert_eq!(error.context(), "the board answered 401 Unauthorized (who are you?)");
}

#[test]
fn mistakes_in_the_configuration_are_told_with_their_place() {
    let text = configuration("http://board.example/api").replace("token =", "tokn =");
    let errors = plan(&text).expect_err("two mistakes").to_string();
    assert!(errors.contains("unknown key `tokn` in integration `team-board`; did you mean `token`?"), "{errors}");

    let errors = plan(&configuration("http://board.example/api")).expect_err("no https").to_string();
    assert!(errors.contains("--> board.toml:4:7") && errors.contains("https"), "{errors}");
}
