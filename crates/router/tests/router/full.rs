//! Stores that are full, or fail for long, while everything else goes on.

use std::time::Duration;

use tidegate_event::{Event, Notification, Signal};
use tidegate_router::{Policy, RouterErrorKind};
use tidegate_sink::SinkErrorKind::{Unauthorized, Unreachable};
use tidegate_store::{MemoryLog, MemoryState};
use tokio::time::{Instant, timeout};

use crate::post::{Answer, Post};
use crate::world::{World, integration, pass, resource, run, settle};

fn large(world: &World, number: usize, bytes: usize) -> Event {
    Notification::new(format!("n{number}"), "test", "x".repeat(bytes), world.now()).into()
}

#[tokio::test(start_paused = true)]
async fn a_small_journal_is_released_as_it_is_told_and_never_wedges() {
    let (world, post) = (World::new(), Post::new("ops"));
    let stores = (MemoryLog::refusing(20_000), MemoryLog::new(), MemoryState::new());
    let builder = world.bare().with_stores(stores.0, stores.1, stores.2);
    let router = run(builder.with_integration(integration("ops", &post))).await;
    let began = Instant::now();
    for number in 0..100 {
        let published = timeout(Duration::from_mins(5), router.handle.publish([large(&world, number, 1_000)])).await;
        published.expect("there is room soon").expect("the router runs");
    }
    assert!(began.elapsed() < Duration::from_mins(1), "it waits for no more than the next tick");
    pass(10).await;
    assert_eq!(post.taken().len(), 100);
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_a_dead_sink_has_filled_keeps_nobody_from_removing_that_sink() {
    let (world, dead, fine) = (World::new(), Post::new("dead"), Post::new("fine"));
    dead.always(Answer::Fail(Unauthorized));
    let small = Policy::new().with_window_bytes(10_000);
    let builder = world
        .bare()
        .with_stores(MemoryLog::refusing(100_000), MemoryLog::new(), MemoryState::new())
        .with_integration(integration("dead", &dead).with_policy(small))
        .with_integration(integration("fine", &fine));
    let router = run(builder).await;
    let mut published = 0;
    while timeout(Duration::from_mins(5), router.handle.publish([large(&world, published, 5_000)])).await.is_ok() {
        published += 1;
        assert!(published < 100, "the journal holds all that the dead one has not read");
    }
    let failing = router.handle.snapshot().await.expect("it answers all the same").store_failing;
    assert!(failing.is_some_and(|why| why.ends_with("full")), "and says what is wrong");
    router.handle.remove("dead").await.expect("it is there");
    let handle = router.handle.clone();
    let next = large(&world, published + 1, 5_000);
    timeout(Duration::from_mins(5), handle.publish([next])).await.expect("there is room").expect("the router runs");
    pass(10).await;
    // That whose publisher gave up was handed in all the same, and taken when there was room.
    let mut taken = fine.taken();
    taken.retain(|words| !words.starts_with("sink-") && !words.starts_with("store-"));
    assert_eq!(taken.len(), published + 2);
}

#[tokio::test(start_paused = true)]
async fn a_state_store_that_failed_while_the_journal_filled_is_made_up_for() {
    let (world, fine) = (World::new(), Post::new("fine"));
    let builder = world
        .bare()
        .with_stores(MemoryLog::refusing(100_000), MemoryLog::new(), world.state.clone())
        .with_integration(integration("fine", &fine));
    let router = run(builder).await;
    world.state.fail_saves(true);
    let mut published = 0;
    while timeout(Duration::from_mins(5), router.handle.publish([large(&world, published, 5_000)])).await.is_ok() {
        published += 1;
        assert!(published < 100, "nothing can be released while nothing can be saved");
    }
    world.state.fail_saves(false);
    pass(300).await;
    timeout(Duration::from_mins(5), router.handle.publish([large(&world, published + 1, 5_000)]))
        .await
        .expect("there is room again")
        .expect("the router runs");
}

#[tokio::test(start_paused = true)]
async fn what_was_decided_and_never_written_is_not_saved_either() {
    let (world, post) = (World::new(), Post::new("ops"));
    post.always(Answer::Fail(Unreachable));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    router.publish(world.notification("first", 0)).await;
    router.publish(world.level("a", 0.9)).await;
    router.signal(Signal::Retired { resource: resource("z"), why: "sold".to_owned() }).await;
    pass(40).await;
    world.state.fail_saves(true);
    let handle = router.handle.clone();
    let signals: Vec<Signal> = vec![
        Signal::Restored { resource: resource("z") },
        world.notification("backup", 0).into(),
        world.level("a", 0.1).into(),
    ];
    let publishing = tokio::spawn(async move { handle.publish(signals).await });
    pass(5).await;
    router.handle.stop();
    pass(10).await;
    world.state.fail_saves(false);
    let ended = router.task.await.expect("no panic").expect_err("something was not taken");
    assert_eq!(ended.kind(), RouterErrorKind::Store);
    publishing.await.expect("no panic").expect_err("it was not taken");

    post.always(Answer::Accept);
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    assert_eq!(router.open().await.len(), 1, "the journal never had the close");
    router.publish(world.notification("backup", 0)).await;
    router.publish(world.level("a", 0.1)).await;
    pass(600).await;
    let taken = post.taken();
    assert!(taken.contains(&"backup 0".to_owned()), "the repeat is not swallowed: {taken:?}");
    assert_eq!(taken.last().map(String::as_str), Some("level a closed"));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_told_anew_what_is_not_in_the_journal() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    world.journal.fail_appends(usize::MAX);
    let (handle, bad) = (router.handle.clone(), world.level("a", 0.9));
    let publishing = tokio::spawn(async move { handle.publish([bad]).await });
    settle().await;
    for refused in [
        router.handle.retell("ops").await,
        router.handle.replace(integration("ops", &post)).await,
        router.handle.add(integration("other", &Post::new("other"))).await,
    ] {
        assert_eq!(refused.expect_err("the issue is not in the journal").kind(), RouterErrorKind::Store);
    }
    world.journal.fail_appends(0);
    pass(31).await;
    publishing.await.expect("no panic").expect("taken at last");
    router.handle.retell("ops").await.expect("now it is");
}
