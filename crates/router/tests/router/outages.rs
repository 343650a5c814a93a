//! An integration that is away is an issue of its own, told to every other one.

use std::time::Duration;

use tidegate_event::{EventKind, Severity};
use tidegate_router::{Integration, Subscription};
use tidegate_sink::SinkErrorKind::{Gone, Unauthorized, Unreachable};
use tidegate_sink::{Keeps, Profile};

use crate::post::{Answer, Post};
use crate::world::{Running, World, integration, pass, run, told};

struct Pair {
    world: World,
    pager: Post,
    ops: Post,
    router: Running,
}

/// An integration `pager`, and one `ops` that takes another cluster only.
async fn pair() -> Pair {
    let (world, pager, ops) = (World::new(), Post::new("pager"), Post::new("ops"));
    let elsewhere = told().with_clusters(["elsewhere"]);
    let builder = world.router().with_integration(integration("pager", &pager)).with_integration(Integration::new(
        "ops",
        ops.clone(),
        elsewhere,
    ));
    let router = run(builder).await;
    Pair { world, pager, ops, router }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_key_is_told_at_once_to_the_others_whatever_their_clusters_and_not_to_itself() {
    let Pair { world, pager, ops, router } = pair().await;
    pager.always(Answer::Fail(Unauthorized));
    router.publish(world.notification("backup", 0)).await;
    pass(2).await;
    assert_eq!(ops.taken(), ["sink-unavailable pager open"]);
    let issue = router.handle.snapshot().await.expect("it runs").issues.remove(0);
    assert_eq!(issue.severity, Severity::Error);
    assert!(issue.cause.contains("pager is paused since 2026-11-24") && issue.cause.contains("unauthorized"));
    pager.always(Answer::Accept);
    pass(62).await;
    assert_eq!(ops.taken(), ["sink-unavailable pager open", "sink-unavailable pager closed"]);
    assert_eq!(pager.taken(), ["backup 0"], "of its own absence it hears nothing");
}

#[tokio::test(start_paused = true)]
async fn failures_are_told_after_five_minutes_and_a_short_outage_not_at_all() {
    let Pair { world, pager, ops, router } = pair().await;
    pager.always(Answer::Fail(Unreachable));
    router.publish(world.notification("short", 0)).await;
    pass(200).await;
    pager.always(Answer::Accept);
    pass(320).await;
    assert_eq!((pager.taken(), ops.taken().len()), (vec!["short 0".to_owned()], 0));
    pager.always(Answer::Fail(Unreachable));
    router.publish(world.notification("long", 0)).await;
    pass(295).await;
    assert_eq!(ops.taken().len(), 0);
    pass(10).await;
    assert_eq!(ops.taken(), ["sink-unavailable pager open"]);
    pager.always(Answer::Accept);
    pass(302).await;
    assert_eq!(ops.taken().len(), 2);
    assert_eq!(router.open().await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn that_it_is_away_survives_a_restart_and_is_told_as_over_once_it_delivers() {
    let Pair { world, pager, ops, router } = pair().await;
    pager.always(Answer::Fail(Unauthorized));
    router.publish(world.notification("backup", 0)).await;
    pass(2).await;
    assert!(!router.stop().await.is_empty());
    let builder = world.router().with_integration(integration("pager", &pager));
    let router = run(builder.with_integration(integration("ops", &ops))).await;
    pass(5).await;
    assert_eq!(router.open().await.len(), 1, "it has not delivered yet");
    pager.always(Answer::Accept);
    pass(62).await;
    assert_eq!(ops.taken(), ["sink-unavailable pager open", "sink-unavailable pager closed"]);
}

#[tokio::test(start_paused = true)]
async fn another_configuration_ends_the_outage_once_it_delivers() {
    for kind in [Unauthorized, Gone] {
        let Pair { world, pager, ops, router } = pair().await;
        pager.always(Answer::Fail(kind));
        router.publish(world.notification("backup", 0)).await;
        pass(2).await;
        let mended = Post::new("pager");
        mended.next([Answer::Late(Duration::from_secs(10))]);
        router.handle.replace(integration("pager", &mended)).await.expect("it is there");
        pass(5).await;
        assert_eq!(router.open().await.len(), 1, "{kind}: it has not delivered yet");
        pass(8).await;
        assert_eq!(mended.taken(), ["backup 0"], "{kind}");
        assert_eq!(ops.taken(), ["sink-unavailable pager open", "sink-unavailable pager closed"], "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_has_nothing_left_to_deliver_is_asked_whether_it_is_well_again() {
    // What it was never told as open it is not told as closed.
    let (world, pager) = (World::new(), Post::with(Profile::new("pager").with_keeps(Keeps::Alerts)));
    let ops = Post::new("ops");
    let builder = world.router().with_integration(integration("pager", &pager));
    let router = run(builder.with_integration(integration("ops", &ops))).await;
    pager.always(Answer::Fail(Unauthorized));
    router.publish(world.level("a", 0.9)).await;
    pass(2).await;
    router.publish(world.level("a", 0.1)).await;
    pass(130).await;
    assert_eq!(pager.calls().len(), 1, "there is nothing to try");
    assert_eq!(pager.probes(), 2, "once a minute");
    assert_eq!(router.open().await, ["sink-unavailable pager"]);
    pager.always(Answer::Accept);
    pass(62).await;
    assert_eq!(router.open().await, Vec::<String>::new());
    pass(600).await;
    assert_eq!((pager.calls().len(), pager.probes()), (1, 3), "one that is well is not asked");
}

#[tokio::test(start_paused = true)]
async fn the_issue_of_an_integration_that_is_removed_closes() {
    let Pair { world, pager, ops, router } = pair().await;
    pager.always(Answer::Fail(Unauthorized));
    router.publish(world.notification("backup", 0)).await;
    pass(2).await;
    router.handle.remove("pager").await.expect("it is there");
    pass(5).await;
    assert_eq!(router.open().await, Vec::<String>::new());
    assert_eq!(ops.taken(), ["sink-unavailable pager open", "sink-unavailable pager closed"]);
}

#[tokio::test(start_paused = true)]
async fn the_issue_of_an_integration_that_is_not_configured_any_more_closes_at_the_next_start() {
    let Pair { world, pager, ops, router } = pair().await;
    pager.always(Answer::Fail(Unauthorized));
    router.publish(world.notification("backup", 0)).await;
    pass(2).await;
    router.stop().await;
    let router = run(world.router().with_integration(integration("ops", &ops))).await;
    pass(1).await;
    assert_eq!(router.open().await, Vec::<String>::new());
    assert_eq!(ops.taken(), ["sink-unavailable pager open", "sink-unavailable pager closed"]);
    let cause = "The integration is not configured any more.";
    let last = ops.calls().pop().expect("a call");
    assert!(matches!(&*last.batch[0].event, tidegate_event::Event::Issue(issue) if issue.cause == cause));
}

#[tokio::test(start_paused = true)]
async fn an_integration_that_takes_no_issues_is_watched_all_the_same() {
    let (world, s3, ops) = (World::new(), Post::new("s3"), Post::new("ops"));
    s3.always(Answer::Fail(Unauthorized));
    let archive = Integration::new("archive", s3.clone(), Subscription::new([EventKind::Log]));
    let router = run(world.router().with_integration(archive).with_integration(integration("ops", &ops))).await;
    router.publish(world.line("up")).await;
    pass(5).await;
    assert_eq!(ops.taken(), ["sink-unavailable archive open"]);
}
