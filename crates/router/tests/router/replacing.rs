use std::time::Duration;

use tidegate_event::{Event, EventKind};
use tidegate_router::{Integration, RouterErrorKind, Subscription};
use tidegate_sink::SinkErrorKind;
use tidegate_store::{Change, Space, StateStore};

use crate::post::{Answer, Post};
use crate::world::{World, integration, pass, run, settle, told};

#[tokio::test(start_paused = true)]
async fn the_same_destination_keeps_place_and_receipts() {
    let (world, old, new) = (World::new(), Post::new("ops"), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &old))).await;
    router.publish(world.level("a", 0.9)).await;
    pass(1).await;
    router.handle.replace(integration("ops", &new)).await.expect("it is there");
    pass(1).await;
    assert_eq!(new.calls().len(), 0, "nothing is told again");
    router.publish(world.level("a", 0.1)).await;
    pass(1).await;
    assert_eq!((new.taken(), new.calls()[0].prior()), (vec!["level a closed".to_owned()], Some(1)));
    assert_eq!(old.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_on_its_way_ends_before_the_new_one_begins() {
    let (world, old, new) = (World::new(), Post::new("ops"), Post::new("ops"));
    old.always(Answer::Late(Duration::from_secs(20)));
    let router = run(world.router().with_integration(integration("ops", &old))).await;
    router.publish(world.level("a", 0.9)).await;
    settle().await;
    router.handle.replace(integration("ops", &new)).await.expect("it is there");
    router.publish(world.level("a", 0.1)).await;
    pass(19).await;
    assert_eq!((old.taken().len(), new.calls().len()), (0, 0));
    pass(2).await;
    assert_eq!(old.taken(), ["level a open"], "it began nothing new");
    assert_eq!((new.taken(), new.calls()[0].prior()), (vec!["level a closed".to_owned()], Some(1)));
}

#[tokio::test(start_paused = true)]
async fn what_hangs_is_waited_for_no_longer_than_its_time_out() {
    let (world, old, new) = (World::new(), Post::new("ops"), Post::new("ops"));
    old.always(Answer::Hang);
    let router = run(world.router().with_integration(integration("ops", &old))).await;
    router.publish(world.notification("backup", 0)).await;
    settle().await;
    router.handle.replace(integration("ops", &new)).await.expect("it is there");
    pass(125).await;
    assert_eq!(new.taken(), ["backup 0"]);
    assert!(new.calls()[0].batch[0].maybe_applied);
}

#[tokio::test(start_paused = true)]
async fn another_destination_is_told_what_is_open_and_the_old_one_keeps_what_it_was_told() {
    let (world, old, new) = (World::new(), Post::new("ops"), Post::new("elsewhere"));
    let router = run(world.router().with_integration(integration("ops", &old))).await;
    router.publish(world.level("open", 0.9)).await;
    router.publish(world.level("over", 0.9)).await;
    router.publish(world.level("over", 0.1)).await;
    pass(1).await;
    let before = old.calls().len();
    router.handle.replace(integration("ops", &new)).await.expect("it is there");
    pass(1).await;
    assert_eq!((new.taken(), new.calls()[0].prior()), (vec!["level open open".to_owned()], None));
    assert!(!new.calls()[0].batch[0].maybe_applied);
    router.publish(world.level("open", 0.1)).await;
    pass(1).await;
    assert_eq!((new.taken().len(), new.calls()[1].prior()), (2, Some(1)));
    assert_eq!(old.calls().len(), before);
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_is_behind_when_its_destination_changes_tells_nothing_old() {
    let (world, old, new) = (World::new(), Post::new("ops"), Post::new("elsewhere"));
    old.always(Answer::Fail(SinkErrorKind::Unauthorized));
    let router = run(world.router().with_integration(integration("ops", &old))).await;
    for value in [0.9, 0.1, 0.9] {
        router.publish(world.level("a", value)).await;
    }
    pass(1).await;
    router.handle.replace(integration("ops", &new)).await.expect("it is there");
    pass(1).await;
    assert_eq!(new.taken(), ["level a open"], "the second episode alone");
    router.publish(world.level("a", 0.1)).await;
    pass(1).await;
    assert_eq!(new.taken(), ["level a open", "level a closed"]);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_mute_tells_what_is_open_then() {
    let (world, post) = (World::new(), Post::new("ops"));
    let muted = Integration::new("ops", post.clone(), told().with_mute(true));
    let router = run(world.router().with_integration(muted)).await;
    router.publish(world.level("a", 0.9)).await;
    pass(1).await;
    router.handle.replace(integration("ops", &post)).await.expect("it is there");
    pass(1).await;
    assert_eq!(post.taken(), ["level a open"]);
    let muted = Integration::new("ops", post.clone(), told().with_mute(true));
    router.handle.replace(muted).await.expect("it is there");
    router.publish(world.level("b", 0.9)).await;
    router.publish(world.level("a", 0.1)).await;
    pass(1).await;
    assert_eq!(post.taken(), ["level a open", "level a closed"]);
}

#[tokio::test(start_paused = true)]
async fn replacing_twice_at_once_ends_with_the_last() {
    let (world, posts) = (World::new(), [Post::new("ops"), Post::new("ops"), Post::new("ops")]);
    let router = run(world.router().with_integration(integration("ops", &posts[0]))).await;
    router.publish(world.level("a", 0.9)).await;
    settle().await;
    for post in &posts[1..] {
        router.handle.replace(integration("ops", post)).await.expect("it is there");
    }
    router.publish(world.level("a", 0.1)).await;
    pass(1).await;
    let told: Vec<String> = posts.iter().flat_map(Post::taken).collect();
    assert_eq!(told, ["level a open", "level a closed"]);
    assert_eq!(posts[2].calls()[0].prior(), Some(1));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_one_cannot_be_replaced() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router()).await;
    let error = router.handle.replace(integration("ops", &post)).await.expect_err("there is none");
    assert_eq!(
        (error.kind(), error.to_string()),
        (RouterErrorKind::NotFound, "there is no integration `ops`: no such part".to_owned(),)
    );
    assert_eq!(world.records(Space::Lane), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn one_that_is_replaced_before_it_began_touches_nothing() {
    let (world, here, elsewhere) = (World::new(), Post::new("ops"), Post::new("elsewhere"));
    let router = run(world.router().with_integration(integration("ops", &here))).await;
    router.publish(world.level("a", 0.9)).await;
    router.publish(world.level("b", 0.9)).await;
    pass(10).await;
    // What is on its way keeps the first from ending, and the second from beginning.
    here.always(Answer::Late(Duration::from_secs(5)));
    router.publish(world.level("a", 0.1)).await;
    pass(1).await;
    router.publish(world.notification("backup", 0)).await;
    router.handle.replace(integration("ops", &elsewhere)).await.expect("it is there");
    router.handle.replace(integration("ops", &here)).await.expect("it is there");
    here.always(Answer::Accept);
    pass(600).await;
    assert_eq!(elsewhere.taken(), Vec::<String>::new());
    let mut taken = here.taken();
    taken.sort();
    assert_eq!(taken, ["backup 0", "level a closed", "level a open", "level b open"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_told_as_open_is_closed_though_it_takes_no_issues_any_more() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    router.publish(world.level("a", 0.9)).await;
    pass(10).await;
    let logs = Integration::new("ops", post.clone(), Subscription::new([EventKind::Log]));
    router.handle.replace(logs.clone()).await.expect("it is there");
    pass(1).await;
    router.publish(world.level("a", 0.1)).await;
    router.publish(world.level("b", 0.9)).await;
    pass(10).await;
    assert_eq!(post.taken(), ["level a open", "level a closed"]);
    router.crash().await;
    let router = run(world.router().with_integration(logs)).await;
    pass(10).await;
    assert_eq!(post.taken(), ["level a open", "level a closed"]);
    router.handle.replace(integration("ops", &post)).await.expect("it is there");
    pass(10).await;
    assert_eq!(post.taken().last().map(String::as_str), Some("level b open"));
}

#[tokio::test(start_paused = true)]
async fn one_that_leaves_does_not_read_on_for_ever() {
    let (world, before, after) = (World::new(), Post::new("ops"), Post::new("ops"));
    world.state.take(Duration::from_millis(50));
    let router = run(world.router().with_integration(integration("ops", &before))).await;
    let (handle, notifier) = (router.handle.clone(), world.clone());
    let _noise = tokio::spawn(async move {
        for number in 0.. {
            let noise: Event = notifier.notification(&format!("n{number}"), 0);
            if handle.publish([noise]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    });
    pass(5).await;
    router.handle.replace(integration("ops", &after)).await.expect("it is there");
    router.publish(world.level("a", 0.9)).await;
    pass(10).await;
    assert!(after.taken().contains(&"level a open".to_owned()), "{:?}", after.taken());
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_is_taken_back_before_the_new_one_is_established_finds_everything_as_it_was() {
    let (world, old, new) = (World::new(), Post::new("ops"), Post::new("elsewhere"));
    let router = run(world.router().with_integration(integration("ops", &old))).await;
    router.publish(world.level("a", 0.9)).await;
    pass(10).await;
    world.state.fail_saves_of(Some("ops/issues"));
    router.handle.replace(integration("ops", &new)).await.expect("it is there");
    pass(10).await;
    assert_eq!(new.taken(), Vec::<String>::new(), "its place is not durable");
    router.crash().await;
    world.state.fail_saves_of(None);
    let router = run(world.router().with_integration(integration("ops", &old))).await;
    pass(10).await;
    router.publish(world.level("a", 0.1)).await;
    pass(1).await;
    assert_eq!((old.taken(), old.calls()[1].prior()), (vec!["level a open".into(), "level a closed".into()], Some(1)));
}

#[tokio::test(start_paused = true)]
async fn once_a_destination_is_established_nothing_is_kept_of_the_one_before() {
    let (world, old, new) = (World::new(), Post::new("ops"), Post::new("elsewhere"));
    let router = run(world.router().with_integration(integration("ops", &old))).await;
    router.publish(world.level("a", 0.9)).await;
    pass(10).await;
    let before = world.records(Space::Key);
    router.handle.replace(integration("ops", &new)).await.expect("it is there");
    pass(10).await;
    let after = world.records(Space::Key);
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_ne!(before, after);
    router.crash().await;
    // As a crash between the place and the deletions leaves it.
    world.state.save(&[Change::put(Space::Key, before[0].clone(), "{}")]).await.expect("memory does not fail");
    let _router = run(world.router().with_integration(integration("ops", &new))).await;
    assert_eq!(world.records(Space::Key), after);
    assert_eq!(new.taken(), ["level a open"]);
}
