use std::time::Duration;

use tidegate_router::{Health, Integration, Policy, Subscription};
use tidegate_sink::{EventKinds, Profile, SinkErrorKind};
use tidegate_store::Space;

use crate::post::{Answer, Post};
use crate::world::{World, integration, pass, run, settle};

#[tokio::test(start_paused = true)]
async fn a_sink_that_hangs_does_not_delay_another() {
    let (world, hanging, calm) = (World::new(), Post::new("hanging"), Post::new("calm"));
    hanging.always(Answer::Hang);
    let builder = world.router().with_integration(integration("hanging", &hanging));
    let router = run(builder.with_integration(integration("calm", &calm))).await;
    for round in 0..5 {
        let published = tokio::time::Instant::now();
        router.publish(world.notification("round", round)).await;
        settle().await;
        let last = calm.calls().pop().expect("it is told");
        assert!(last.at - published < Duration::from_millis(10), "round {round}");
    }
    assert_eq!((calm.taken().len(), hanging.calls().len()), (5, 1));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_too_long_is_given_up_as_one_that_may_have_been_applied() {
    let (world, post) = (World::new(), Post::new("ops"));
    post.next([Answer::Hang]);
    let policy = Policy::new().with_delivery_timeout(Duration::from_secs(30));
    let router = run(world.router().with_integration(integration("ops", &post).with_policy(policy))).await;
    router.publish(world.notification("backup", 0)).await;
    pass(29).await;
    assert_eq!(post.calls().len(), 1);
    pass(3).await;
    let calls = post.calls();
    assert_eq!((calls.len(), calls[1].batch[0].maybe_applied), (2, true));
    assert_eq!(calls[0].batch[0].id, calls[1].batch[0].id);
    assert_eq!(post.taken(), ["backup 0"]);
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_panics_harms_only_its_delivery() {
    let (world, rough, calm) = (World::new(), Post::new("rough"), Post::new("calm"));
    rough.next([Answer::Panic]);
    let builder = world.router().with_integration(integration("rough", &rough));
    let router = run(builder.with_integration(integration("calm", &calm))).await;
    router.publish(world.notification("a", 0)).await;
    pass(3).await;
    router.publish(world.notification("b", 0)).await;
    pass(3).await;
    assert_eq!((rough.taken(), calm.taken()), (vec!["a 0".into(), "b 0".into()], vec!["a 0".to_owned(), "b 0".into()]));
    assert!(rough.calls()[1].batch[0].maybe_applied);
    assert!(router.stop().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_rejected_notification_is_a_dead_letter_and_the_lane_goes_on() {
    let (world, post) = (World::new(), Post::new("ops"));
    post.next([Answer::Reject]);
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    router.publish(world.notification("bad", 0)).await;
    router.publish(world.notification("good", 0)).await;
    pass(1).await;
    assert_eq!(post.taken(), ["good 0"]);
    let letters = world.records(Space::DeadLetter);
    assert_eq!(letters, [format!("ops/{}", post.calls()[0].batch[0].id)]);
    let status = &router.handle.snapshot().await.expect("it runs").integrations[0];
    assert_eq!((status.delivered, status.rejected, status.issues_waiting), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn calls_keep_to_the_concurrency_and_the_rate_of_the_profile() {
    let world = World::new();
    let rate = tidegate_sink::Rate::new(2, Duration::from_secs(10));
    let post = Post::with(Profile::new("ops").with_concurrency(10).with_rate(rate));
    post.always(Answer::Late(Duration::from_secs(1)));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    for number in 0..6 {
        router.publish(world.notification(&format!("n{number}"), 0)).await;
    }
    pass(60).await;
    let calls = post.calls();
    assert_eq!(calls.len(), 6);
    let seconds: Vec<u64> = calls.iter().map(|call| (call.at - calls[0].at).as_secs()).collect();
    assert_eq!(seconds, [0, 0, 5, 10, 15, 20], "two at once, then one every five seconds");
}

#[tokio::test(start_paused = true)]
async fn a_paused_sink_keeps_everything_and_delivers_when_its_key_is_right_again() {
    let (world, post) = (World::new(), Post::new("ops"));
    post.always(Answer::Fail(SinkErrorKind::Unauthorized));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    for number in 0..3 {
        router.publish(world.notification(&format!("n{number}"), 0)).await;
    }
    pass(601).await;
    assert_eq!(post.calls().len(), 11, "once a minute");
    let status = router.handle.snapshot().await.expect("it runs").integrations.remove(0);
    assert!(matches!(status.health, Health::Paused { .. }), "{:?}", status.health);
    assert_eq!(status.issues_waiting, 3);
    post.always(Answer::Accept);
    pass(60).await;
    assert_eq!(post.taken(), ["n0 0", "n1 0", "n2 0"]);
    assert_eq!(router.handle.snapshot().await.expect("it runs").integrations[0].health, Health::Working);
}

#[tokio::test(start_paused = true)]
async fn both_lanes_of_an_integration_share_what_is_wrong_with_its_key() {
    let (world, post) = (World::new(), Post::new("all"));
    post.always(Answer::Fail(SinkErrorKind::Unauthorized));
    let all = Integration::new("all", post.clone(), Subscription::new(EventKinds::ALL));
    let router = run(world.router().with_integration(all)).await;
    router.publish(world.line("line")).await;
    pass(2).await;
    router.publish(world.notification("backup", 0)).await;
    pass(57).await;
    assert_eq!(post.calls().len(), 1, "the line has paused the notification too");
    let status = router.handle.snapshot().await.expect("it runs").integrations.remove(0);
    assert_eq!((status.issues_waiting, status.batch_waiting), (1, 1));
    assert!(status.waiting_bytes > 0);
    post.always(Answer::Accept);
    pass(10).await;
    let mut taken = post.taken();
    taken.sort();
    assert_eq!(taken, ["backup 0", "line"]);
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_is_gone_is_not_asked_again() {
    let (world, post) = (World::new(), Post::new("ops"));
    post.always(Answer::Fail(SinkErrorKind::Gone));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    router.publish(world.notification("backup", 0)).await;
    pass(100_000).await;
    assert_eq!(post.calls().len(), 1);
    let status = &router.handle.snapshot().await.expect("it runs").integrations[0];
    assert!(matches!(status.health, Health::Stopped { .. }), "{:?}", status.health);
    let leftover = router.stop().await;
    assert_eq!(leftover.integrations, [("ops".into(), 1, 0)]);
}
