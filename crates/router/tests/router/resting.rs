//! Sources of what is gone on purpose.

use tidegate_event::Resource;
use tidegate_router::SOURCE_UNAVAILABLE;

use crate::feed::Feed;
use crate::post::Post;
use crate::world::{World, integration, pass, run, settle};

fn cluster() -> Resource {
    Resource::new().with_cluster("orders")
}

fn nodes() -> [Resource; 2] {
    ["a", "b"].map(|node| cluster().with_node(node))
}

#[tokio::test(start_paused = true)]
async fn a_source_is_closed_while_all_that_it_watches_is_retired_and_goes_on_where_it_was() {
    let (world, post, feed) = (World::new(), Post::new("ops"), Feed::new("feed"));
    let router = world.router().with_polled_source(feed.clone(), nodes());
    let router = run(router.with_integration(integration("ops", &post))).await;
    let _taken = feed.say(world.notification("one", 0), "cursor 1");
    settle().await;
    let [a, b] = nodes();
    let handle = &router.handle;
    let resting = async || handle.snapshot().await.expect("it runs").sources[0].resting;
    handle.retire(a.clone(), "Sold.").await.expect("taken");
    settle().await;
    assert!(!resting().await, "b is still there");

    handle.retire(b, "Sold.").await.expect("taken");
    settle().await;
    assert!(resting().await);
    let mut late = feed.say(world.notification("two", 0), "cursor 2");
    pass(3_600).await;
    assert_eq!((feed.opened().len(), post.taken()), (1, vec!["one 0".to_owned()]));
    assert!(futures::FutureExt::now_or_never(&mut late).is_none(), "nothing is read of it");

    handle.restore(a).await.expect("taken");
    settle().await;
    assert!(!resting().await);
    assert_eq!(feed.opened(), [None, Some("cursor 1".to_owned())]);
    assert_eq!(post.taken(), ["one 0", "two 0"]);
}

#[tokio::test(start_paused = true)]
async fn one_of_a_retired_cluster_is_not_opened_at_the_next_start_either() {
    let world = World::new();
    let start = async |feed: &Feed| run(world.router().with_polled_source(feed.clone(), nodes())).await;
    let router = start(&Feed::new("feed")).await;
    router.handle.retire(cluster(), "Cluster instances failed to provision").await.expect("taken");
    router.stop().await;
    let feed = Feed::new("feed");
    let router = start(&feed).await;
    pass(600).await;
    assert!(feed.opened().is_empty(), "{:?}", feed.opened());
    router.handle.restore(cluster()).await.expect("taken");
    settle().await;
    assert_eq!(feed.opened().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_away_is_not_opened_again_and_its_issue_closes() {
    let (world, feed) = (World::new(), Feed::new("feed"));
    feed.shut(usize::MAX);
    let router = run(world.router().with_polled_source(feed.clone(), nodes())).await;
    pass(10).await;
    assert!(router.open().await.concat().starts_with(SOURCE_UNAVAILABLE));
    let [a, b] = nodes();
    router.handle.retire(a, "Sold.").await.expect("taken");
    router.handle.retire(b, "Sold.").await.expect("taken");
    pass(120).await;
    let tried = feed.opened().len();
    assert_eq!(router.open().await, Vec::<String>::new());
    pass(600).await;
    assert_eq!(feed.opened().len(), tried);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_told_rather_than_asks_or_names_nothing_is_never_closed() {
    let (world, told, nameless) = (World::new(), Feed::new("told"), Feed::new("nameless"));
    let router = world.router().with_source_watching(told.clone(), nodes()).with_polled_source(nameless.clone(), []);
    let router = run(router).await;
    router.handle.retire(cluster(), "Sold.").await.expect("taken");
    settle().await;
    assert!(router.handle.snapshot().await.expect("it runs").sources.iter().all(|source| !source.resting));
}
