use chrono::{DateTime, Utc};
use tidegate_base::Random;
use tidegate_event::EventKind;
use tidegate_router::{Integration, Policy, Records, RouterErrorKind, Subscription};
use tidegate_sink::{DeliveryId, Keeps, Profile};
use tidegate_store::Space;

use crate::post::{Answer, Post};
use crate::stores::words;
use crate::world::{World, integration, pass, run};

fn sorted(mut words: Vec<String>) -> Vec<String> {
    words.sort();
    words
}

fn everything(post: &Post) -> Integration {
    let all = Subscription::new([EventKind::Issue, EventKind::Notification, EventKind::Log]);
    let policy = Policy::new().with_linger(std::time::Duration::ZERO);
    Integration::new("ops", post.clone(), all).with_policy(policy)
}

/// One that is away holds the logs, as a replay needs them.
fn holder() -> (Post, Integration) {
    let post = Post::new("holder");
    post.always(Answer::Fail(tidegate_sink::SinkErrorKind::Unreachable));
    let all = Subscription::new([EventKind::Issue, EventKind::Notification, EventKind::Log]);
    (post.clone(), Integration::new("holder", post, all).with_policy(Policy::new().with_window_bytes(1)))
}

async fn ask(world: &World, since: DateTime<Utc>, seed: u64) {
    let records = Records::new(world.state.clone());
    records.replay("ops", since, &mut Random::seeded(seed)).await.expect("memory does not fail");
}

fn ids(post: &Post) -> Vec<DeliveryId> {
    post.calls().iter().flat_map(|call| call.batch.iter().map(|delivery| delivery.id)).collect()
}

#[tokio::test(start_paused = true)]
async fn present_states_are_told_once_more_and_what_has_moved_on_is_not() {
    let (world, post) = (World::new(), Post::new("ops"));
    let (_, holder) = holder();
    let builder = || world.router().with_integration(integration("ops", &post)).with_integration(holder.clone());
    let router = run(builder()).await;
    router.publish(world.level("old", 0.9)).await;
    router.publish(world.notification("old", 0)).await;
    pass(600).await;
    let since = world.now();
    router.publish(world.level("open", 0.9)).await;
    router.publish(world.level("closed", 0.9)).await;
    router.publish(world.notification("n", 0)).await;
    pass(600).await;
    router.publish(world.level("closed", 0.1)).await;
    router.publish(world.notification("n", 1)).await;
    pass(600).await;
    let before = post.calls().len();
    ask(&world, since, 1).await;
    pass(60).await;
    assert_eq!(post.calls().len(), before, "nobody has told it");
    router.handle.replay("ops").await.expect("it is there");
    pass(60).await;
    let again: Vec<_> = post.taken().split_off(before);
    let present = ["level closed closed", "level open open", "n 1"].map(str::to_owned);
    let replayed = sorted(again.into_iter().filter(|said| !said.starts_with("sink-")).collect());
    assert_eq!(replayed, present);
    let calls = post.calls();
    assert!(calls[before..].iter().all(|call| call.batch[0].maybe_applied));
    let edited = calls[before..].iter().find(|call| call.words() == ["level open open"]).expect("told");
    assert!(edited.prior().is_some(), "on the message that it has");

    router.crash().await;
    let router = run(builder()).await;
    pass(60).await;
    assert_eq!(post.calls().len(), calls.len(), "once");
    assert!(!world.records(Space::Lane).contains(&"ops/replay".to_owned()));
    let all = ids(&post);
    assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len(), "each is another delivery");
    router.publish(world.level("open", 0.1)).await;
    pass(10).await;
    assert_eq!(post.taken().last().map(String::as_str), Some("level open closed"));
    assert_eq!(router.handle.replay("nobody").await.expect_err("no such one").kind(), RouterErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn logs_are_delivered_once_more_before_those_that_are_new() {
    let (world, post) = (World::new(), Post::with(Profile::new("ops").with_batch(2)));
    let (_, holder) = holder();
    let builder = || world.router().with_integration(everything(&post)).with_integration(holder.clone());
    let router = run(builder()).await;
    router.publish(world.line("0")).await;
    pass(10).await;
    let since = world.now();
    for line in ["1", "2", "3"] {
        router.publish(world.line(line)).await;
    }
    pass(10).await;
    router.stop().await;
    ask(&world, since, 1).await;
    let router = run(builder()).await;
    router.publish(world.line("4")).await;
    pass(10).await;
    let lines = |post: &Post| post.taken().into_iter().filter(|said| said.len() == 1).collect::<Vec<_>>();
    assert_eq!(lines(&post), ["0", "1", "2", "3", "1", "2", "3", "4"]);
    router.crash().await;
    let _router = run(builder()).await;
    pass(10).await;
    assert_eq!(lines(&post).len(), 8, "once");
    let all = ids(&post);
    assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len(), "each is another delivery");
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_moment_of_a_replay_leaves_all_of_it_to_be_told_under_the_same_ids() {
    for crash_after in (0..1_500).step_by(30) {
        let (world, post) = (World::new(), Post::new("ops"));
        let (_, holder) = holder();
        let builder = || world.router().with_integration(everything(&post)).with_integration(holder.clone());
        let since = world.now();
        let router = run(builder()).await;
        router.publish(world.level("a", 0.9)).await;
        router.publish(world.notification("n", 0)).await;
        router.publish(world.line("1")).await;
        pass(60).await;
        router.stop().await;
        let told = ids(&post);
        ask(&world, since, 1).await;
        post.always(Answer::Late(std::time::Duration::from_millis(30)));
        world.state.take(std::time::Duration::from_millis(50));
        let router = run(builder()).await;
        tokio::time::sleep(std::time::Duration::from_millis(crash_after)).await;
        router.crash().await;
        let _router = run(builder()).await;
        pass(60).await;
        let mut again: std::collections::BTreeMap<String, Vec<DeliveryId>> = std::collections::BTreeMap::new();
        for delivery in post.calls().iter().flat_map(|call| &call.batch).filter(|one| !told.contains(&one.id)) {
            again.entry(words(&delivery.event)).or_default().push(delivery.id);
        }
        again.retain(|said, _| !said.starts_with("sink-"));
        assert_eq!(again.keys().collect::<Vec<_>>(), ["1", "level a open", "n 0"], "after {crash_after} ms");
        assert!(again.values().all(|ids| ids.iter().all(|id| *id == ids[0])), "after {crash_after} ms: {again:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn logs_are_not_set_back_twice_for_one_replay() {
    let (world, post) = (World::new(), Post::new("ops"));
    let (_, holder) = holder();
    let builder = || world.router().with_integration(everything(&post)).with_integration(holder.clone());
    let since = world.now();
    let router = run(builder()).await;
    router.publish(world.line("1")).await;
    pass(10).await;
    router.stop().await;
    ask(&world, since, 1).await;
    world.state.fail_saves_of(Some("ops/replay"));
    for _ in 0..3 {
        let router = run(builder()).await;
        pass(8).await;
        router.crash().await;
    }
    assert!(world.records(Space::Lane).contains(&"ops/replay".to_owned()), "it is still asked for");
    assert_eq!(post.taken(), ["1", "1"]);
}

#[tokio::test(start_paused = true)]
async fn an_alert_service_is_told_the_close_it_may_have_lost() {
    let world = World::new();
    let post = Post::with(Profile::new("ops").with_keeps(Keeps::Alerts));
    let (_, holder) = holder();
    let since = world.now();
    let router = run(world.router().with_integration(integration("ops", &post)).with_integration(holder)).await;
    router.publish(world.level("a", 0.9)).await;
    pass(10).await;
    router.publish(world.level("a", 0.1)).await;
    pass(100).await;
    ask(&world, since, 1).await;
    router.handle.replay("ops").await.expect("it is there");
    pass(10).await;
    assert_eq!(post.taken(), ["level a open", "level a closed", "level a closed"]);
}

#[tokio::test(start_paused = true)]
async fn a_plan_says_what_would_be_told_and_how_far_back_the_logs_reach() {
    let (world, post) = (World::new(), Post::new("ops"));
    let records = Records::new(world.state.clone());
    let (_, holder) = holder();
    let began = world.now();
    let router = run(world.router().with_integration(everything(&post)).with_integration(holder)).await;
    router.publish(world.level("old", 0.9)).await;
    router.publish(world.line("0")).await;
    pass(600).await;
    let since = world.now();
    router.publish(world.level("new", 0.9)).await;
    router.publish(world.notification("n", 0)).await;
    router.publish(world.notification("n", 1)).await;
    router.publish(world.line("1")).await;
    router.publish(world.line("2")).await;
    pass(10).await;
    router.stop().await;
    let integration = everything(&post);
    let plan = records.plan_replay(&world.journal, &world.bulk, &integration, since).await.expect("readable");
    let said: Vec<String> =
        plan.events.iter().map(|event| words(event)).filter(|said| !said.starts_with("sink-")).collect();
    assert_eq!(sorted(said), ["level new open", "n 1"]);
    assert_eq!((plan.logs, plan.metrics), (2, 0));
    assert!(
        plan.held_since.iter().all(|held| held.is_some_and(|at| at >= began && at < since)),
        "{:?}",
        plan.held_since
    );

    let empty = World::new();
    let records = Records::new(empty.state.clone());
    let plan = records.plan_replay(&empty.journal, &empty.bulk, &integration, since).await.expect("readable");
    assert!(plan.events.is_empty() && plan.logs == 0 && plan.held_since == [None, None]);
}
