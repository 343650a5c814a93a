use futures::FutureExt;
use tidegate_router::SOURCE_UNAVAILABLE;

use crate::feed::Feed;
use crate::post::Post;
use crate::world::{World, integration, pass, resource, run, settle};

#[tokio::test(start_paused = true)]
async fn a_source_is_told_that_something_is_taken_only_once_it_is_durable() {
    let (world, feed) = (World::new(), Feed::new("feed"));
    let router = run(world.router().with_source(feed.clone())).await;
    world.journal.block();
    let mut taken = feed.say(world.notification("backup", 0), "1");
    pass(60).await;
    assert!((&mut taken).now_or_never().is_none());
    world.journal.unblock();
    settle().await;
    assert_eq!(taken.now_or_never(), Some(Ok(())));
    drop(router);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_is_opened_again_where_it_was_and_its_issue_opens_and_closes() {
    let (world, post, feed) = (World::new(), Post::new("ops"), Feed::new("feed"));
    let router = run(world.router().with_source(feed.clone()).with_integration(integration("ops", &post))).await;
    let _taken = feed.say(world.notification("one", 0), "cursor 1");
    feed.fail();
    settle().await;
    assert_eq!(
        router.open().await,
        [format!("{SOURCE_UNAVAILABLE} {}", tidegate_event::Resource::new().with_part("feed"))]
    );
    pass(2).await;
    assert_eq!(feed.opened(), [None, Some("cursor 1".to_owned())]);
    assert_eq!(router.open().await.len(), 1, "opened is not back");
    let _taken = feed.say(world.notification("two", 0), "cursor 2");
    settle().await;
    assert_eq!(router.handle.snapshot().await.expect("it runs").sources[0].away, None);
    assert_eq!(router.open().await.len(), 1, "whether it is back for good shows in a minute");
    pass(61).await;
    assert_eq!(router.open().await, Vec::<String>::new());
    let expected = ["one 0", "source-unavailable feed open", "source-unavailable feed closed", "two 0"];
    assert_eq!(post.taken().len(), 4);
    assert!(expected.iter().all(|words| post.taken().contains(&(*words).to_owned())), "{:?}", post.taken());
}

#[tokio::test(start_paused = true)]
async fn one_that_cannot_be_opened_is_tried_with_backoff_of_up_to_a_minute_and_tells_one_issue() {
    let (world, post, feed) = (World::new(), Post::new("ops"), Feed::new("feed"));
    feed.shut(usize::MAX);
    let router = run(world.router().with_source(feed.clone()).with_integration(integration("ops", &post))).await;
    pass(1_000).await;
    let opened = feed.opened_at();
    let waits: Vec<f64> = opened.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect();
    for (wait, ceiling) in waits.iter().zip([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]) {
        assert!((ceiling / 2.0..=ceiling + 0.01).contains(wait), "{wait} s, {ceiling} at the most: {waits:?}");
    }
    assert_eq!(post.taken(), ["source-unavailable feed open"]);
    let status = &router.handle.snapshot().await.expect("it runs").sources[0];
    let (_, why) = status.away.clone().expect("it is away");
    assert_eq!((&*status.name, &*why, status.ended), ("feed", "10.0.0.1: unreachable", false));
}

#[tokio::test(start_paused = true)]
async fn one_that_was_opened_again_and_has_nothing_to_say_is_back_after_a_minute() {
    let (world, feed) = (World::new(), Feed::new("feed"));
    feed.shut(1);
    let router = run(world.router().with_source(feed.clone())).await;
    pass(50).await;
    assert_eq!((router.open().await.len(), feed.opened().len()), (1, 2));
    pass(15).await;
    assert_eq!(router.open().await, Vec::<String>::new());
    assert_eq!(router.handle.snapshot().await.expect("it runs").sources[0].away, None);
}

#[tokio::test(start_paused = true)]
async fn one_that_has_said_all_is_not_opened_again() {
    let (world, feed) = (World::new(), Feed::new("feed"));
    let router = run(world.router().with_source(feed.clone())).await;
    let taken = feed.say(world.notification("backup", 0), "1");
    feed.end();
    pass(1_000).await;
    assert_eq!(taken.now_or_never(), Some(Ok(())));
    let status = &router.handle.snapshot().await.expect("it runs").sources[0];
    assert_eq!((status.ended, &status.away, feed.opened().len()), (true, &None, 1));
}

#[tokio::test(start_paused = true)]
async fn one_that_panics_is_away_and_opened_again() {
    let (world, feed) = (World::new(), Feed::new("feed"));
    let router = run(world.router().with_source(feed.clone())).await;
    feed.say(world.notification("one", 0), "1").await.expect("taken");
    feed.panic();
    settle().await;
    let (_, why) = router.handle.snapshot().await.expect("it runs").sources.remove(0).away.expect("it is away");
    assert_eq!(why, "the source panicked: unreachable");
    pass(2).await;
    feed.say(world.notification("two", 0), "2").await.expect("taken");
    assert_eq!(feed.opened(), [None, Some("1".to_owned())]);
    pass(61).await;
    assert_eq!(router.open().await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn one_that_says_a_word_and_fails_again_and_again_is_told_once_and_opened_ever_less_often() {
    let (world, post, feed) = (World::new(), Post::new("ops"), Feed::new("feed"));
    let router = run(world.router().with_source(feed.clone()).with_integration(integration("ops", &post))).await;
    for number in 0..600_u32 {
        feed.fail();
        let _taken = feed.say(world.notification("flap", number), &number.to_string());
        pass(1).await;
    }
    let told: Vec<String> = post.taken().into_iter().filter(|words| words.starts_with("source")).collect();
    assert_eq!(told, ["source-unavailable feed open"]);
    assert!(feed.opened().len() < 25, "opened {} times in ten minutes", feed.opened().len());
    drop(router);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_away_does_not_disturb_another() {
    let (world, post) = (World::new(), Post::new("ops"));
    let (away, calm) = (Feed::new("away"), Feed::new("calm"));
    away.shut(usize::MAX);
    let builder = world.router().with_source(away).with_source(calm.clone());
    let _router = run(builder.with_integration(integration("ops", &post))).await;
    let taken = calm.say(world.notification("backup", 0), "1");
    settle().await;
    assert_eq!(taken.now_or_never(), Some(Ok(())));
    assert!(post.taken().contains(&"backup 0".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn the_latest_mark_counts_whichever_log_it_stands_in() {
    let (world, feed) = (World::new(), Feed::new("feed"));
    let archive = || {
        let logs = tidegate_router::Subscription::new([tidegate_event::EventKind::Log]);
        tidegate_router::Integration::new("archive", Post::new("s3"), logs)
    };
    let events = [world.notification("a", 0), world.line("b"), world.notification("c", 0), world.line("d")];
    for (event, cursor) in events.into_iter().zip(["1", "2", "3", "4"]) {
        let router = run(world.router().with_source(feed.clone()).with_integration(archive())).await;
        feed.say(event, cursor).await.expect("taken");
        router.crash().await;
    }
    let _router = run(world.router().with_source(feed.clone()).with_integration(archive())).await;
    let expected = [None, Some("1"), Some("2"), Some("3"), Some("4")];
    assert_eq!(feed.opened(), expected.map(|cursor| cursor.map(str::to_owned)));
}

#[tokio::test(start_paused = true)]
async fn a_cursor_that_was_never_durable_is_not_handed_back() {
    let (world, feed) = (World::new(), Feed::new("feed"));
    let router = run(world.router().with_source(feed.clone())).await;
    feed.say(world.notification("one", 0), "1").await.expect("taken");
    world.journal.block();
    let taken = feed.say(world.notification("two", 0), "2");
    settle().await;
    router.crash().await;
    world.journal.unblock();
    assert!(taken.await.is_err(), "the source hears that it was not taken");
    let _router = run(world.router().with_source(feed.clone())).await;
    assert_eq!(feed.opened(), [None, Some("1".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn its_issue_lies_in_the_cluster_of_all_its_resources() {
    let (world, feed) = (World::new(), Feed::new("feed"));
    feed.shut(1);
    let named = [resource("a"), resource("b")];
    let router = run(world.router().with_source_watching(feed.clone(), named)).await;
    let issues = router.handle.snapshot().await.expect("it runs").issues;
    assert_eq!(issues[0].key.resource().cluster.as_deref(), Some("orders"));
}
