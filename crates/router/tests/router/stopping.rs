use std::time::Duration;

use tidegate_router::{Integration, RouterErrorKind, Subscription};
use tidegate_sink::{Profile, SinkErrorKind};
use tokio::time::Instant;

use crate::feed::Feed;
use crate::post::{Answer, Post};
use crate::world::{World, integration, pass, run, settle};

#[tokio::test(start_paused = true)]
async fn what_sources_handed_in_is_taken_and_lanes_deliver_it_within_the_grace() {
    let (world, post, feed) = (World::new(), Post::new("ops"), Feed::new("feed"));
    post.always(Answer::Late(Duration::from_secs(2)));
    let builder = world.router().with_source(feed.clone()).with_integration(integration("ops", &post));
    let router = run(builder).await;
    world.journal.block();
    let taken = feed.say(world.level("a", 0.9), "1");
    let stopping = async {
        settle().await;
        router.handle.stop();
        settle().await;
        world.journal.unblock();
    };
    let ((), ended) = tokio::join!(stopping, router.task);
    let leftover = ended.expect("no panic").expect("it stops in order");
    assert!(leftover.is_empty(), "{leftover:?}");
    assert_eq!((taken.await, post.taken()), (Ok(()), vec!["level a open".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_lingers_is_delivered_at_once_and_all_is_released() {
    let (world, post) = (World::new(), Post::with(Profile::new("s3").with_batch(100)));
    let logs = Subscription::new([tidegate_event::EventKind::Log]);
    let archive = Integration::new("archive", post.clone(), logs)
        .with_policy(tidegate_router::Policy::new().with_linger(Duration::from_hours(1)));
    let router = run(world.router().with_integration(archive)).await;
    router.publish(world.line("one")).await;
    let asked = Instant::now();
    assert!(router.stop().await.is_empty());
    assert_eq!(post.taken(), ["one"]);
    assert!(asked.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_delivered_within_the_grace_is_told_and_delivered_after_the_next_start() {
    let (world, post) = (World::new(), Post::new("ops"));
    post.always(Answer::Fail(SinkErrorKind::Unreachable));
    let builder = || world.router().with_integration(integration("ops", &post)).with_grace(Duration::from_secs(30));
    let router = run(builder()).await;
    router.publish(world.level("a", 0.9)).await;
    router.publish(world.notification("backup", 0)).await;
    let asked = Instant::now();
    let leftover = router.stop().await;
    assert_eq!(leftover.integrations, [("ops".into(), 2, 0)]);
    assert!((30..32).contains(&asked.elapsed().as_secs()), "{:?}", asked.elapsed());
    post.always(Answer::Accept);
    let router = run(builder()).await;
    pass(2).await;
    let mut taken = post.taken();
    taken.sort();
    assert_eq!(taken, ["backup 0", "level a open"]);
    assert!(router.stop().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_hangs_does_not_hold_the_stop_for_longer_than_the_grace() {
    let (world, post) = (World::new(), Post::new("ops"));
    post.always(Answer::Hang);
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    router.publish(world.notification("backup", 0)).await;
    let asked = Instant::now();
    assert_eq!(router.stop().await.integrations, [("ops".into(), 1, 0)]);
    assert!(asked.elapsed() < Duration::from_secs(16), "{:?}", asked.elapsed());
}

#[tokio::test(start_paused = true)]
async fn one_that_was_replaced_and_hangs_does_not_hold_the_stop_either() {
    let (world, old, new) = (World::new(), Post::new("ops"), Post::new("ops"));
    old.always(Answer::Hang);
    let router = run(world.router().with_integration(integration("ops", &old))).await;
    router.publish(world.notification("backup", 0)).await;
    settle().await;
    router.handle.replace(integration("ops", &new)).await.expect("it is there");
    let asked = Instant::now();
    assert!(!router.stop().await.is_empty(), "it cannot say how much, but not that all was delivered");
    assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
}

#[tokio::test(start_paused = true)]
async fn it_stops_before_it_could_begin() {
    let (world, post) = (World::new(), Post::new("ops"));
    world.state.fail_saves(true);
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    pass(30).await;
    let error =
        tokio::time::timeout(Duration::from_secs(1), router.end()).await.expect("at once").expect_err("a store");
    assert_eq!(error.kind(), RouterErrorKind::Store);
}

#[tokio::test(start_paused = true)]
async fn one_that_was_stopped_before_it_ran_takes_what_was_published_and_ends() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = world.router().with_integration(integration("ops", &post)).build().expect("parts that fit");
    let handle = router.handle();
    let event = world.notification("backup", 0);
    let publishing = tokio::spawn(async move {
        let taken = handle.publish([event]).await;
        handle.stop();
        taken
    });
    settle().await;
    assert!(!publishing.is_finished(), "nobody takes it yet");
    router.handle().stop();
    assert!(router.run().await.expect("it stops in order").is_empty());
    publishing.await.expect("no panic").expect("taken");
    assert_eq!(post.taken(), ["backup 0"]);
}

#[tokio::test(start_paused = true)]
async fn it_stops_while_a_log_cannot_be_written_and_says_so() {
    let (world, feed) = (World::new(), Feed::new("feed"));
    let router = run(world.router().with_source(feed.clone())).await;
    world.journal.fail_appends(usize::MAX);
    let taken = feed.say(world.notification("backup", 0), "1");
    pass(10).await;
    let error = router.end().await.expect_err("it is not taken");
    assert_eq!(error.kind(), RouterErrorKind::Store);
    assert!(taken.await.is_err());
    world.journal.fail_appends(0);
    let router = run(world.router().with_source(feed.clone())).await;
    assert_eq!(feed.opened(), [None, None]);
    drop(router);
}

#[tokio::test(start_paused = true)]
async fn it_stops_while_state_cannot_be_saved() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    router.publish(world.level("a", 0.9)).await;
    pass(1).await;
    world.state.fail_saves(true);
    router.publish(world.level("a", 0.1)).await;
    pass(1).await;
    let asked = Instant::now();
    router.stop().await;
    assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
    world.state.fail_saves(false);
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    pass(1).await;
    assert_eq!(post.taken().last().map(String::as_str), Some("level a closed"));
    assert_eq!(router.open().await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn it_stops_while_what_is_retired_cannot_be_saved() {
    let world = World::new();
    let router = run(world.router()).await;
    world.state.fail_saves(true);
    let handle = router.handle.clone();
    let retiring = tokio::spawn(async move { handle.retire(crate::world::resource("a"), "gone").await });
    pass(10).await;
    let error = router.end().await.expect_err("it is not taken");
    assert_eq!(error.kind(), RouterErrorKind::Store);
    retiring.await.expect("no panic").expect_err("nor is it acknowledged");
}

#[tokio::test(start_paused = true)]
async fn it_stops_while_the_state_of_one_that_was_just_replaced_cannot_be_read() {
    let (world, post) = (World::new(), Post::new("ops"));
    post.always(Answer::Late(Duration::from_secs(1)));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    router.publish(world.notification("backup", 0)).await;
    settle().await;
    router.handle.replace(integration("ops", &post)).await.expect("it is there");
    world.state.fail_loads(true);
    pass(10).await;
    let asked = Instant::now();
    let stopped = tokio::time::timeout(Duration::from_mins(10), router.stop()).await;
    assert!(stopped.is_ok(), "it does not stop");
    assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
}

#[tokio::test(start_paused = true)]
async fn nothing_of_it_runs_after_it_has_returned() {
    let (world, post, feed) = (World::new(), Post::new("ops"), Feed::new("feed"));
    post.always(Answer::Hang);
    let router = run(world.router().with_source(feed.clone()).with_integration(integration("ops", &post))).await;
    router.publish(world.notification("backup", 0)).await;
    assert!(post.shares() > 1 && feed.shares() > 1 && world.journal.shares() > 1 && world.state.shares() > 1);
    router.stop().await;
    let shares = [post.shares(), feed.shares(), world.journal.shares(), world.bulk.shares(), world.state.shares()];
    assert_eq!(shares, [1; 5], "whatever it had is dropped when `run` returns");
}

#[tokio::test(start_paused = true)]
async fn nothing_of_it_runs_after_it_was_dropped() {
    let (world, post, feed) = (World::new(), Post::new("ops"), Feed::new("feed"));
    post.always(Answer::Hang);
    let router = run(world.router().with_source(feed.clone()).with_integration(integration("ops", &post))).await;
    router.publish(world.notification("backup", 0)).await;
    settle().await;
    router.crash().await;
    let shares = [post.shares(), feed.shares(), world.journal.shares(), world.bulk.shares(), world.state.shares()];
    assert_eq!(shares, [1; 5]);
    let calls = post.calls().len();
    pass(1_000).await;
    assert_eq!(post.calls().len(), calls);
}

#[tokio::test(start_paused = true)]
async fn a_handle_of_a_router_that_has_stopped_says_so() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router()).await;
    let handle = router.handle.clone();
    router.stop().await;
    let errors = [
        handle.publish([world.notification("backup", 0)]).await.expect_err("it has stopped"),
        handle.add(integration("ops", &post)).await.expect_err("it has stopped"),
        handle.remove("ops").await.expect_err("it has stopped"),
        handle.snapshot().await.expect_err("it has stopped"),
    ];
    assert!(errors.iter().all(|error| error.kind() == RouterErrorKind::Stopped), "{errors:?}");
    handle.stop();
}

#[tokio::test(start_paused = true)]
async fn a_router_whose_handles_are_all_gone_runs_on() {
    let (world, post, feed) = (World::new(), Post::new("ops"), Feed::new("feed"));
    let router = run(world.router().with_source(feed.clone()).with_integration(integration("ops", &post))).await;
    drop(router.handle);
    pass(5).await;
    feed.say(world.notification("backup", 0), "1").await.expect("taken");
    settle().await;
    assert_eq!(post.taken(), ["backup 0"]);
    assert!(!router.task.is_finished());
}

#[tokio::test(start_paused = true)]
async fn what_a_lane_could_not_even_read_is_left_over() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    pass(1).await;
    world.journal.fail_reads(usize::MAX);
    router.publish(world.notification("one", 0)).await;
    router.publish(world.notification("two", 0)).await;
    let leftover = router.stop().await;
    assert_eq!(leftover.integrations.len(), 1, "{leftover:?}; told: {:?}", post.taken());
}

#[tokio::test(start_paused = true)]
async fn a_log_that_hangs_does_not_keep_the_router_from_stopping() {
    let world = World::new();
    let router = run(world.router()).await;
    world.journal.block();
    let (handle, one) = (router.handle.clone(), world.notification("one", 0));
    let publishing = tokio::spawn(async move { handle.publish([one]).await });
    pass(1).await;
    let began = tokio::time::Instant::now();
    let ended = router.end().await.expect_err("something was not taken");
    assert_eq!(ended.kind(), tidegate_router::RouterErrorKind::Store);
    assert!(began.elapsed() < std::time::Duration::from_mins(1), "{:?}", began.elapsed());
    publishing.await.expect("no panic").expect_err("it was not taken");
}
