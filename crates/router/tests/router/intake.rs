use std::time::Duration;

use futures::FutureExt;
use tidegate_event::{EpisodeId, IssueEvent, IssueKey, IssueState, Severity};
use tidegate_router::{Integration, Subscription};

use crate::post::Post;
use crate::world::{World, integration, pass, resource, run, settle};

#[tokio::test(start_paused = true)]
async fn what_is_published_is_taken_only_once_it_is_in_the_journal() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    world.journal.block();
    let mut publishing = Box::pin(router.handle.publish([world.notification("backup", 0)]));
    assert!(tokio::time::timeout(Duration::from_secs(9), &mut publishing).await.is_err(), "it waits");
    assert_eq!(post.taken(), Vec::<String>::new());
    world.journal.unblock();
    publishing.await.expect("taken");
    settle().await;
    assert_eq!(post.taken(), ["backup 0"]);
    assert!(router.stop().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_append_that_fails_is_repeated_with_the_same_events_before_anything_later() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    world.journal.fail_appends(3);
    let first = router.handle.publish([world.level("a", 0.9)]);
    let later = async {
        settle().await;
        router.handle.publish([world.level("a", 0.1)]).await
    };
    let (first, later) = tokio::join!(first, later);
    first.and(later).expect("both taken in the end");
    let tried = world.journal.tried();
    assert!(tried[..4].iter().all(|append| append[0] == "level a open"), "{tried:?}");
    assert_eq!(tried[3..].concat(), ["level a open", "level a closed"]);
    pass(1).await;
    let snapshot = router.handle.snapshot().await.expect("it runs");
    assert_eq!((snapshot.store_failing, snapshot.issues.len()), (None, 0));
    assert_eq!(post.taken().last().map(String::as_str), Some("level a closed"));
}

#[tokio::test(start_paused = true)]
async fn while_an_append_fails_nothing_is_told_that_nothing_durable_knows_of() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    world.journal.fail_appends(usize::MAX);
    world.state.fail_saves(true);
    let mut publishing = Box::pin(router.handle.publish([world.level("a", 0.9), world.notification("backup", 0)]));
    assert!(tokio::time::timeout(Duration::from_mins(10), &mut publishing).await.is_err());
    assert_eq!(post.taken().iter().find(|words| !words.starts_with("store-failing")), None);
    world.journal.fail_appends(0);
    world.state.fail_saves(false);
    pass(60).await;
    publishing.now_or_never().expect("answered").expect("taken");
    let mut taken = post.taken();
    taken.retain(|words| !words.starts_with("store-failing"));
    assert_eq!(taken, ["level a open", "backup 0"]);
}

#[tokio::test(start_paused = true)]
async fn issues_and_notifications_go_to_the_journal_before_logs_to_the_bulk_log_and_both_before_the_ack() {
    let world = World::new();
    let archive = Integration::new("archive", Post::new("s3"), Subscription::new([tidegate_event::EventKind::Log]));
    let router = run(world.router().with_integration(archive)).await;
    world.bulk.block();
    let signals = [world.line("up"), world.notification("backup", 0)];
    let mut publishing = Box::pin(router.handle.publish(signals));
    assert!(tokio::time::timeout(Duration::from_secs(5), &mut publishing).await.is_err());
    assert_eq!((world.journal.tried().concat(), world.bulk.len()), (vec!["backup 0".to_owned()], 0));
    world.bulk.unblock();
    publishing.await.expect("taken");
    assert_eq!(world.bulk.tried(), [["up"]]);
}

#[tokio::test(start_paused = true)]
async fn a_notification_said_again_is_told_once_and_a_revision_edits_it() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    for revision in [0, 0, 1, 0, 1] {
        router.publish(world.notification("backup", revision)).await;
        settle().await;
    }
    assert_eq!(post.taken(), ["backup 0", "backup 1"]);
    assert_eq!(post.calls()[1].prior(), Some(1), "the receipt of the first call");
    assert_eq!(world.journal.tried().concat(), ["backup 0", "backup 1"]);
}

#[tokio::test(start_paused = true)]
async fn issues_that_a_source_hands_in_are_refused_and_counted() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    let at = world.now();
    let forged = IssueEvent {
        key: IssueKey::new("level", resource("a")),
        episode: EpisodeId::new(at, [0; 10]),
        sequence: 1,
        state: IssueState::Open,
        severity: Severity::Critical,
        summary: String::new(),
        cause: String::new(),
        remedy: "".into(),
        evidence: Vec::new(),
        stale: false,
        opened_at: at,
        at,
    };
    router.publish(forged.into()).await;
    pass(1).await;
    let snapshot = router.handle.snapshot().await.expect("it runs");
    assert_eq!((snapshot.refused, snapshot.issues.len(), post.calls().len()), (1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_issue_opens_is_updated_and_closes_as_its_detector_finds() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    for value in [0.9, 0.97, 0.1, 0.9] {
        router.publish(world.level("a", value)).await;
        settle().await;
    }
    assert_eq!(post.taken(), ["level a open", "level a open", "level a closed", "level a open"]);
    let priors: Vec<Option<u64>> = post.calls().iter().map(crate::post::Call::prior).collect();
    assert_eq!(priors, [None, Some(1), Some(2), None]);
    assert_eq!(router.open().await.len(), 1);
}
