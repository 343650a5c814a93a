use tidegate_event::Event;
use tidegate_router::RouterErrorKind;
use tidegate_store::{Change, Space, StateStore};

use crate::feed::Feed;
use crate::post::{Answer, Post};
use crate::world::{World, integration, pass, resource, run};

/// The cause that the last call tells.
fn cause(post: &Post) -> String {
    match &*post.calls().pop().expect("a call").batch[0].event {
        Event::Issue(issue) => issue.cause.clone(),
        event => panic!("an issue, not {event:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_issue_that_is_open_stays_so_and_closes_once_on_the_message_it_opened() {
    let (world, post) = (World::new(), Post::new("ops"));
    for end in ["crash", "stop", "crash"] {
        let router = run(world.router().with_integration(integration("ops", &post))).await;
        if end == "crash" && post.calls().is_empty() {
            router.publish(world.level("a", 0.9)).await;
        }
        pass(10).await;
        assert_eq!(router.open().await.len(), 1);
        if end == "crash" { router.crash().await } else { drop(router.stop().await) }
    }
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    router.publish(world.level("a", 0.1)).await;
    pass(100).await;
    router.crash().await;
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    pass(100).await;
    assert_eq!(post.taken(), ["level a open", "level a closed"]);
    assert_eq!(post.calls()[1].prior(), Some(1));
    assert_eq!(router.open().await, Vec::<String>::new());
    router.stop().await;
    assert_eq!(world.journal.len(), 0, "what everybody knows is released");
}

#[tokio::test(start_paused = true)]
async fn a_crash_right_after_a_post_repeats_it_as_one_that_may_have_been_applied() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    router.publish(world.level("a", 0.9)).await;
    router.crash().await;
    let _router = run(world.router().with_integration(integration("ops", &post))).await;
    pass(1).await;
    let calls = post.calls();
    assert!(calls.len() <= 2 && calls[0].batch[0].id == calls[calls.len() - 1].batch[0].id);
    assert!(calls.iter().skip(1).all(|call| call.batch[0].maybe_applied));
}

#[tokio::test(start_paused = true)]
async fn a_notification_that_was_seen_before_a_crash_is_not_told_again() {
    let (world, post) = (World::new(), Post::new("ops"));
    for _ in 0..3 {
        let router = run(world.router().with_integration(integration("ops", &post))).await;
        router.publish(world.notification("backup", 1)).await;
        router.publish(world.notification("backup", 0)).await;
        pass(100).await;
        router.crash().await;
    }
    assert_eq!(post.taken(), ["backup 1"]);
}

#[tokio::test(start_paused = true)]
async fn the_issue_of_a_detector_that_is_not_configured_any_more_closes_with_that_cause() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    router.publish(world.level("a", 0.9)).await;
    pass(1).await;
    router.crash().await;
    let router = run(world.bare().with_integration(integration("ops", &post))).await;
    pass(1).await;
    assert_eq!(post.taken(), ["level a open", "level a closed"]);
    assert_eq!(cause(&post), "The detector level is not configured any more.");
    assert_eq!(router.open().await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn the_issue_of_a_source_that_is_not_configured_any_more_closes_with_that_cause() {
    let (world, post, feed) = (World::new(), Post::new("ops"), Feed::new("feed"));
    feed.shut(usize::MAX);
    let router = run(world.router().with_source(feed).with_integration(integration("ops", &post))).await;
    pass(1).await;
    router.crash().await;
    let _router = run(world.router().with_integration(integration("ops", &post))).await;
    pass(1).await;
    assert_eq!(post.taken(), ["source-unavailable feed open", "source-unavailable feed closed"]);
    assert_eq!(cause(&post), "The source is not configured any more.");
}

#[tokio::test(start_paused = true)]
async fn the_issue_of_a_source_that_is_still_configured_stays_and_closes_when_it_is_back() {
    let (world, post, feed) = (World::new(), Post::new("ops"), Feed::new("feed"));
    feed.shut(1);
    let builder = || world.router().with_source(feed.clone()).with_integration(integration("ops", &post));
    let router = run(builder()).await;
    pass(1).await;
    router.crash().await;
    let router = run(builder()).await;
    pass(30).await;
    assert_eq!(router.open().await.len(), 1, "nothing was heard of it yet");
    pass(35).await;
    assert_eq!(post.taken(), ["source-unavailable feed open", "source-unavailable feed closed"]);
}

#[tokio::test(start_paused = true)]
async fn only_an_issue_of_what_the_configuration_named_and_names_no_more_closes() {
    let (world, post) = (World::new(), Post::new("ops"));
    let feed = || Feed::new("feed");
    let builder = |named: &[&str]| {
        let named = named.iter().map(|node| resource(node)).collect::<Vec<_>>();
        world.router().with_source_watching(feed(), named).with_integration(integration("ops", &post))
    };
    let router = run(builder(&["a", "b"])).await;
    for node in ["a", "b", "discovered"] {
        router.publish(world.level(node, 0.9)).await;
    }
    pass(1).await;
    router.crash().await;
    let router = run(builder(&["a"])).await;
    pass(1).await;
    assert_eq!(router.open().await.len(), 2);
    assert_eq!(post.taken().last().map(String::as_str), Some("level b closed"));
    assert_eq!(cause(&post), format!("The configuration does not name {} any more.", resource("b")));
    router.crash().await;
    let router = run(world.router().with_source(feed()).with_integration(integration("ops", &post))).await;
    pass(1).await;
    assert_eq!(router.open().await, [format!("level {}", resource("discovered"))]);
}

#[tokio::test(start_paused = true)]
async fn another_destination_after_a_restart_is_told_what_is_open() {
    let (world, old, new) = (World::new(), Post::new("ops"), Post::new("elsewhere"));
    let router = run(world.router().with_integration(integration("ops", &old))).await;
    router.publish(world.level("a", 0.9)).await;
    pass(10).await;
    router.crash().await;
    let router = run(world.router().with_integration(integration("ops", &new))).await;
    pass(1).await;
    assert_eq!((new.taken(), new.calls()[0].prior()), (vec!["level a open".to_owned()], None));
    router.crash().await;
    let router = run(world.router().with_integration(integration("ops", &new))).await;
    router.publish(world.level("a", 0.1)).await;
    pass(1).await;
    assert_eq!((new.taken().len(), new.calls().last().and_then(crate::post::Call::prior)), (2, Some(1)));
}

#[tokio::test(start_paused = true)]
async fn a_lane_of_an_integration_that_is_not_configured_any_more_leaves_nothing_behind() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    router.publish(world.level("a", 0.9)).await;
    pass(10).await;
    router.crash().await;
    let router = run(world.router()).await;
    assert_eq!((world.records(Space::Lane), world.records(Space::Key)), (Vec::new(), Vec::new()));
    drop(router);
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_or_catalog_that_cannot_be_read_is_named() {
    for (space, key) in [(Space::Snapshot, "book"), (Space::Catalog, "catalog")] {
        let world = World::new();
        world.state.save(&[Change::put(space, key, "{}")]).await.expect("memory does not fail");
        let router = world.router().build().expect("parts that fit");
        let error = router.run().await.expect_err("it cannot know what is open");
        assert_eq!(error.kind(), RouterErrorKind::Unreadable);
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        assert!(cause.contains(&format!("`{key}`")), "{error}: {cause}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_record_that_cannot_be_read_costs_the_others_nothing() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    router.publish(world.level("a", 0.9)).await;
    router.publish(world.level("b", 0.9)).await;
    pass(10).await;
    router.crash().await;
    let key = world.records(Space::Key).pop().expect("a record");
    world.state.save(&[Change::put(Space::Key, key.clone(), r#"{"version":2}"#)]).await.expect("memory does not fail");
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    pass(10).await;
    assert_eq!(post.taken(), ["level a open", "level b open", "level b open"], "that of b alone is told again");
    router.publish(world.level("a", 0.1)).await;
    router.publish(world.level("b", 0.1)).await;
    pass(1).await;
    let priors: Vec<_> = post.calls()[3..].iter().map(crate::post::Call::prior).collect();
    assert_eq!(
        (&post.taken()[3..], priors),
        (&["level a closed".into(), "level b closed".into()][..], vec![Some(1), Some(3)])
    );
}

#[tokio::test(start_paused = true)]
async fn a_start_that_is_tried_again_counts_no_dead_letter_twice() {
    let (world, post) = (World::new(), Post::new("ops"));
    let at = serde_json::to_string(&world.now()).expect("a time");
    let letter = format!(r#"{{"at":{at},"is":"{}"}}"#, "x".repeat(1024 * 1024));
    let letters: Vec<Change> =
        (0..10).map(|number| Change::put(Space::DeadLetter, format!("ops/{number}"), letter.clone())).collect();
    world.state.save(&letters).await.expect("memory does not fail");
    world.state.fail_loads_of(Some(Space::Key));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    pass(120).await;
    world.state.fail_loads_of(None);
    pass(60).await;
    post.always(Answer::Reject);
    router.publish(world.level("a", 0.9)).await;
    pass(10).await;
    assert_eq!(world.records(Space::DeadLetter).len(), 11, "64 MiB are kept");
}
