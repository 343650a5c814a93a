use std::time::Duration;

use tidegate_event::{Event, EventKind, Sample};
use tidegate_router::{Integration, Policy, Subscription};
use tidegate_sink::{Profile, SinkErrorKind};
use tidegate_store::Space;

use crate::post::{Answer, Post};
use crate::world::{World, integration, pass, resource, run, settle};

fn archive(post: &Post) -> Integration {
    Integration::new("archive", post.clone(), Subscription::new([EventKind::Log]))
}

fn batches() -> Post {
    Post::with(Profile::new("s3").with_batch(10))
}

#[tokio::test(start_paused = true)]
async fn what_no_lane_takes_is_shown_to_detectors_and_not_stored() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    router.publish(world.line("nobody wants it")).await;
    router.publish(world.level("a", 0.9)).await;
    settle().await;
    assert_eq!((world.bulk.len(), world.bulk.tried().len()), (0, 0));
    assert_eq!(post.taken(), ["level a open"]);
}

#[tokio::test(start_paused = true)]
async fn lines_are_told_together_once_they_have_lingered() {
    let (world, post) = (World::new(), batches());
    let router = run(world.router().with_integration(archive(&post))).await;
    for line in ["one", "two", "three"] {
        router.publish(world.line(line)).await;
    }
    router.publish(world.level("a", 0.1)).await;
    pass(2).await;
    assert_eq!(post.calls().iter().map(crate::post::Call::words).collect::<Vec<_>>(), [["one", "two", "three"]]);
}

#[tokio::test(start_paused = true)]
async fn the_ratios_that_detectors_judge_by_go_out_as_metrics() {
    let (world, post) = (World::new(), Post::new("metrics"));
    let metrics = Integration::new("metrics", post.clone(), Subscription::new([EventKind::Metric]));
    let router = run(world.router().with_integration(metrics)).await;
    let sample = |name, value| Event::from(Sample::new(name, resource("a"), value, "1", world.now()).expect("finite"));
    let samples = [sample("system.cpu.physical.count", 4.0), sample("system.load.1m", 9.0)];
    router.handle.publish(samples).await.expect("taken");
    pass(2).await;
    let mut taken = post.taken();
    taken.sort();
    assert_eq!(taken, ["system.cpu.physical.count 4", "system.load.1m 9", "tidegate.core_load 2.25"]);
}

#[tokio::test(start_paused = true)]
async fn the_cursor_survives_a_restart_and_nothing_is_told_twice() {
    let (world, post) = (World::new(), batches());
    let router = run(world.router().with_integration(archive(&post))).await;
    router.publish(world.line("one")).await;
    pass(5).await;
    router.publish(world.line("two")).await;
    router.crash().await;
    let router = run(world.router().with_integration(archive(&post))).await;
    pass(5).await;
    assert_eq!(post.taken(), ["one", "two"]);
    assert!(router.stop().await.is_empty());
    assert_eq!(world.bulk.len(), 0, "what is settled is released");
}

#[tokio::test(start_paused = true)]
async fn a_rejected_line_is_a_dead_letter_and_the_lane_goes_on() {
    let (world, post) = (World::new(), Post::new("s3"));
    post.next([Answer::Reject]);
    let router = run(world.router().with_integration(archive(&post))).await;
    router.publish(world.line("bad")).await;
    router.publish(world.line("good")).await;
    pass(5).await;
    assert_eq!(post.taken(), ["good"]);
    assert_eq!(world.records(Space::DeadLetter).len(), 1);
    let snapshot = router.handle.snapshot().await.expect("it runs");
    let status = &snapshot.integrations[0];
    assert_eq!((status.delivered, status.rejected, status.batch_waiting), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn what_is_too_old_is_given_up_and_counted() {
    let (world, post) = (World::new(), batches());
    post.always(Answer::Fail(SinkErrorKind::Unreachable));
    let policy = Policy::new().with_max_age(Duration::from_mins(1));
    let router = run(world.router().with_integration(archive(&post).with_policy(policy))).await;
    router.publish(world.line("old")).await;
    router.publish(world.line("older")).await;
    pass(30).await;
    let waiting =
        |snapshot: tidegate_router::Snapshot| (snapshot.integrations[0].batch_waiting, snapshot.integrations[0].lost);
    assert_eq!(waiting(router.handle.snapshot().await.expect("it runs")), (2, 0));
    pass(60).await;
    assert_eq!(waiting(router.handle.snapshot().await.expect("it runs")), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn a_line_that_was_on_its_way_at_a_crash_may_have_been_applied() {
    let (world, post) = (World::new(), batches());
    post.always(Answer::Hang);
    let router = run(world.router().with_integration(archive(&post))).await;
    router.publish(world.line("one")).await;
    pass(5).await;
    router.crash().await;
    post.always(Answer::Accept);
    let router = run(world.router().with_integration(archive(&post))).await;
    router.publish(world.line("two")).await;
    pass(5).await;
    let told = post.calls().into_iter().flat_map(|call| call.batch);
    let flags: Vec<_> = told.map(|item| (crate::stores::words(&item.event), item.maybe_applied)).collect();
    assert_eq!(flags, [("one".into(), false), ("one".into(), true), ("two".into(), false)]);
}
