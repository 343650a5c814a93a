use crate::post::Post;
use crate::world::{World, integration, pass, run};

#[tokio::test(start_paused = true)]
async fn that_the_journal_fails_is_shown_while_it_does() {
    let world = World::new();
    let router = run(world.router()).await;
    world.journal.fail_appends(6);
    let (handle, backup) = (router.handle.clone(), world.notification("backup", 0));
    let publishing = tokio::spawn(async move { handle.publish([backup]).await });
    pass(1).await;
    assert!(router.handle.snapshot().await.expect("it answers").store_failing.is_some());
    publishing.await.expect("no panic").expect("taken at last");
    assert_eq!(world.journal.tried().len(), 7);
    assert_eq!(router.handle.snapshot().await.expect("it runs").store_failing, None);
}

#[tokio::test(start_paused = true)]
async fn that_state_cannot_be_saved_is_shown_while_it_cannot_and_nothing_is_lost() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    world.state.fail_saves(true);
    router.publish(world.level("a", 0.9)).await;
    pass(30).await;
    let failing = router.handle.snapshot().await.expect("it runs").store_failing;
    assert!(failing.is_some_and(|words| words.contains("cannot save")));
    assert_eq!(post.taken(), ["store-failing stores open"], "nothing else is told, since no record can name it");
    world.state.fail_saves(false);
    pass(40).await;
    assert_eq!(post.taken(), ["store-failing stores open", "level a open", "store-failing stores closed"]);
    assert_eq!(router.handle.snapshot().await.expect("it runs").store_failing, None);
}

#[tokio::test(start_paused = true)]
async fn that_a_log_cannot_be_read_is_shown_while_it_cannot_and_nothing_is_lost() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    router.publish(world.notification("one", 0)).await;
    pass(1).await;
    world.journal.fail_reads(usize::MAX);
    router.publish(world.notification("two", 0)).await;
    router.publish(world.notification("three", 0)).await;
    pass(15).await;
    let failing = router.handle.snapshot().await.expect("it runs").store_failing;
    assert!(failing.is_some_and(|words| words.contains("cannot read")));
    world.journal.fail_reads(0);
    pass(20).await;
    let mut taken = post.taken();
    assert!(taken.contains(&"store-failing stores closed".to_owned()), "{taken:?}");
    taken.retain(|words| !words.starts_with("store-failing"));
    assert_eq!(taken, ["one 0", "two 0", "three 0"]);
    assert_eq!(router.handle.snapshot().await.expect("it runs").store_failing, None);
}
