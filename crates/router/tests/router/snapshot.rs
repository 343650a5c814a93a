use tidegate_event::EventKind;
use tidegate_router::{Health, Integration, IntegrationStatus, Policy, Subscription};
use tidegate_sink::SinkErrorKind;

use crate::feed::Feed;
use crate::post::{Answer, Post};
use crate::world::{World, integration, pass, resource, run};

#[tokio::test(start_paused = true)]
async fn a_snapshot_shows_everything_there_is() {
    let (world, paused, calm, away) = (World::new(), Post::new("paused"), Post::new("calm"), Feed::new("away"));
    paused.always(Answer::Fail(SinkErrorKind::Unauthorized));
    away.shut(usize::MAX);
    let builder = world
        .router()
        .with_source(Feed::new("there"))
        .with_source(away)
        .with_integration(integration("b-paused", &paused))
        .with_integration(integration("a-calm", &calm));
    let router = run(builder).await;
    router.publish(world.level("a", 0.9)).await;
    router.publish(world.level("b", 0.9)).await;
    router.publish(world.level("b", 0.1)).await;
    router.handle.retire(resource("c"), "sold").await.expect("a resource");
    pass(5).await;
    let snapshot = router.handle.snapshot().await.expect("it runs");

    let kinds: Vec<&str> = snapshot.issues.iter().map(|issue| &**issue.key.kind()).collect();
    assert_eq!(kinds, ["level", "sink-unavailable", "source-unavailable"]);
    assert_eq!(snapshot.retired, [(resource("c"), "sold".to_owned())]);
    let sources: Vec<(&str, bool)> =
        snapshot.sources.iter().map(|source| (&*source.name, source.away.is_some())).collect();
    assert_eq!(sources, [("there", false), ("away", true)], "in the order they were given");
    let [calm, paused] = &snapshot.integrations[..] else { panic!("two integrations, by name") };
    let figures = |status: &IntegrationStatus| (status.issues_waiting, status.delivered, status.rejected, status.lost);
    assert_eq!((&*calm.name, &calm.health, figures(calm)), ("a-calm", &Health::Working, (0, calm.delivered, 0, 0)));
    assert!(calm.delivered >= 5, "three openings of its own, a close, and that the other is away");
    // Its own absence is none of its business.
    assert_eq!((&*paused.name, figures(paused)), ("b-paused", (3, 0, 0, 0)));
    let Health::Paused { why, .. } = &paused.health else { panic!("{:?}", paused.health) };
    assert_eq!(why, "the script (unauthorized)");
    assert_eq!((snapshot.store_failing, snapshot.refused), (None, 0));
}

#[tokio::test(start_paused = true)]
async fn it_counts_what_a_full_window_gave_up() {
    let (world, post) = (World::new(), Post::new("ops"));
    post.always(Answer::Fail(SinkErrorKind::Unauthorized));
    let policy = Policy::new().with_window_bytes(4_000);
    let issues = Integration::new("ops", post.clone(), Subscription::new([EventKind::Issue])).with_policy(policy);
    let router = run(world.router().with_integration(issues)).await;
    for number in 0..200 {
        let node = format!("node-{number}");
        router.publish(world.level(&node, 0.9)).await;
        router.publish(world.level(&node, 0.1)).await;
    }
    router.publish(world.level("last", 0.9)).await;
    pass(2).await;
    let status = router.handle.snapshot().await.expect("it runs").integrations.remove(0);
    assert!(status.given_up > 150, "{status:?}");
    assert!(status.waiting_bytes <= 4_000, "{status:?}");
    post.always(Answer::Accept);
    pass(120).await;
    assert_eq!(post.taken().last().map(String::as_str), Some("level last open"), "what is open is told all the same");
}
