use tidegate_event::{Resource, Signal};
use tidegate_router::RouterErrorKind;
use tidegate_store::Space;

use crate::post::{Answer, Post};
use crate::world::{World, integration, pass, resource, run, settle};

#[tokio::test(start_paused = true)]
async fn one_that_is_added_is_told_what_is_open_now_and_what_happens_from_now_on() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router()).await;
    router.publish(world.level("a", 0.9)).await;
    router.publish(world.level("b", 0.9)).await;
    router.publish(world.level("b", 0.1)).await;
    router.publish(world.notification("before", 0)).await;
    router.handle.add(integration("ops", &post)).await.expect("a new name");
    router.publish(world.notification("after", 0)).await;
    pass(1).await;
    let mut taken = post.taken();
    taken.sort();
    assert_eq!(taken, ["after 0", "level a open"]);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_taken_or_not_fit_for_one_is_refused() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    let error = router.handle.add(integration("ops", &post)).await.expect_err("there is one");
    assert_eq!(error.kind(), RouterErrorKind::InvalidName);
    assert!(error.to_string().contains("there is an integration `ops` already; replace it"), "{error}");
    let error = router.handle.add(integration("a b", &post)).await.expect_err("a space");
    assert!(error.to_string().contains("`a b`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn one_that_is_removed_hears_nothing_more_and_leaves_nothing_behind() {
    let (world, gone, stays) = (World::new(), Post::new("gone"), Post::new("stays"));
    let builder = world.router().with_integration(integration("gone", &gone));
    let router = run(builder.with_integration(integration("stays", &stays))).await;
    router.publish(world.level("a", 0.9)).await;
    pass(6).await;
    router.handle.remove("gone").await.expect("it is there");
    router.publish(world.level("a", 0.1)).await;
    pass(1).await;
    assert_eq!((gone.taken(), stays.taken().len()), (vec!["level a open".to_owned()], 2));
    for space in [Space::Lane, Space::Key] {
        assert!(world.records(space).iter().all(|key| key.starts_with("stays/")), "{:?}", world.records(space));
    }
    assert_eq!(gone.shares(), 1, "nor does anybody hold its sink");
    let error = router.handle.remove("gone").await.expect_err("it is not there any more");
    assert_eq!(error.kind(), RouterErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn one_that_was_removed_can_be_added_again_once_it_has_ended_and_begins_anew() {
    let (world, old, new) = (World::new(), Post::new("ops"), Post::new("ops"));
    old.always(Answer::Late(std::time::Duration::from_secs(30)));
    let router = run(world.router().with_integration(integration("ops", &old))).await;
    router.publish(world.level("a", 0.9)).await;
    settle().await;
    router.handle.remove("ops").await.expect("it is there");
    let error = router.handle.add(integration("ops", &new)).await.expect_err("a delivery is under way");
    assert_eq!(error.kind(), RouterErrorKind::Busy);
    pass(31).await;
    router.handle.add(integration("ops", &new)).await.expect("it has ended");
    pass(1).await;
    assert_eq!((new.taken(), new.calls()[0].prior()), (vec!["level a open".to_owned()], None));
    pass(10).await;
    router.crash().await;
    let router = run(world.router().with_integration(integration("ops", &new))).await;
    router.publish(world.level("a", 0.1)).await;
    pass(1).await;
    assert_eq!((new.taken().len(), new.calls()[1].prior()), (2, Some(1)), "its state was not forgotten with the old");
}

#[tokio::test(start_paused = true)]
async fn a_retelling_tells_what_is_open_as_new_deliveries() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    for (node, value) in [("a", 0.9), ("b", 0.9), ("b", 0.1)] {
        router.publish(world.level(node, value)).await;
        settle().await;
    }
    for _ in 0..2 {
        router.handle.retell("ops").await.expect("it is there");
        pass(2).await;
    }
    let calls = post.calls();
    let told: Vec<String> = calls.iter().flat_map(crate::post::Call::words).skip(3).collect();
    assert_eq!(told, ["level a open", "level a open"]);
    let mut ids = [0, 3, 4].map(|call: usize| calls[call].batch[0].id).to_vec();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3);
    assert_eq!(calls[3].prior(), Some(1));
    let error = router.handle.retell("other").await.expect_err("there is none");
    assert_eq!(error.kind(), RouterErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn what_is_retired_is_closed_and_does_not_open_until_it_is_restored() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    router.publish(world.level("a", 0.9)).await;
    settle().await;
    router.handle.retire(resource("a"), "Taken out of service.").await.expect("a resource");
    settle().await;
    assert_eq!(post.taken(), ["level a open", "level a closed"]);
    let last = post.calls().pop().expect("a call");
    let cause = "Taken out of service.";
    assert!(matches!(&*last.batch[0].event, tidegate_event::Event::Issue(issue) if issue.cause == cause));
    router.publish(world.level("a", 0.99)).await;
    let snapshot = router.handle.snapshot().await.expect("it runs");
    assert_eq!((snapshot.issues.len(), snapshot.retired), (0, vec![(resource("a"), cause.to_owned())]));

    pass(1).await;
    router.crash().await;
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    router.publish(world.level("a", 0.99)).await;
    pass(1).await;
    assert_eq!(post.taken().len(), 2, "it is retired after a restart too");
    router.handle.restore(resource("a")).await.expect("taken");
    router.publish(world.level("a", 0.99)).await;
    pass(1).await;
    assert_eq!(post.taken().last().map(String::as_str), Some("level a open"));
    assert!(router.handle.snapshot().await.expect("it runs").retired.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_retired_cluster_takes_its_nodes_with_it_and_no_other() {
    let world = World::new();
    let router = run(world.router()).await;
    router.publish(world.level("a", 0.9)).await;
    router.handle.retire(Resource::new().with_cluster("other"), "gone").await.expect("a resource");
    assert_eq!(router.open().await.len(), 1);
    router.handle.retire(Resource::new().with_cluster("orders"), "gone").await.expect("a resource");
    assert_eq!(router.open().await.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_empty_resource_cannot_be_retired() {
    let world = World::new();
    let router = run(world.router()).await;
    router.publish(world.level("a", 0.9)).await;
    let error = router.handle.retire(Resource::new(), "all").await.expect_err("nothing is named");
    assert!(error.to_string().contains("empty resource"), "{error}");
    router.signal(Signal::Retired { resource: Resource::new(), why: "all".to_owned() }).await;
    let snapshot = router.handle.snapshot().await.expect("it runs");
    assert_eq!((snapshot.issues.len(), snapshot.refused), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_is_restored_and_was_open_all_along_is_closed_when_it_is_over() {
    let measure = || tidegate_detect::Measure::value(crate::level::LEVEL, "1");
    let detector = || tidegate_detect::Threshold::builder("level", measure(), tidegate_detect::Rule::at_once(0.8));
    // As a source says it again that has crashed; and with another node of the cluster that was gone indeed.
    for (gone, restored) in [(None, resource("a")), (Some(resource("x")), Resource::new().with_cluster("orders"))] {
        let world = World::new();
        let router = run(world.bare().with_detector(detector().build().expect("figures that fit"))).await;
        router.publish(world.level("a", 0.9)).await;
        if let Some(gone) = gone {
            router.handle.retire(gone, "gone").await.expect("a resource");
        }
        assert_eq!(router.open().await.len(), 1);
        router.signal(Signal::Restored { resource: restored.clone() }).await;
        pass(1).await;
        router.publish(world.level("a", 0.1)).await;
        assert_eq!(router.open().await, Vec::<String>::new(), "{restored}");
    }
}
