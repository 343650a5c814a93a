//! Stores that fail for long, or do not answer: told to everybody from memory, once as open and once as closed.

use std::time::Duration;

use tidegate_event::{Event, Severity, Signal};
use tidegate_router::{Integration, RouterErrorKind};
use tidegate_sink::SinkErrorKind::Unreachable;
use tidegate_store::{EventLog, MemoryLog, Position, StoreErrorKind};
use tidegate_testkit::faults::{Effect, FaultyLog, StoreFault};
use tokio::time::timeout;

use crate::feed::Feed;
use crate::post::{Answer, Post};
use crate::world::{Running, World, integration, pass, resource, run, settle, told};

const OPEN: &str = "store-failing stores open";
const CLOSED: &str = "store-failing stores closed";

/// Hands in without waiting for it to be taken.
fn publish(router: &Running, event: Event) -> tokio::task::JoinHandle<()> {
    let handle = router.handle.clone();
    tokio::spawn(async move { handle.publish([event]).await.unwrap_or_default() })
}

/// The issue as it was told last.
fn last_issue(post: &Post) -> tidegate_event::IssueEvent {
    let last = post.calls().pop().expect("a call");
    let Event::Issue(issue) = &*last.batch[0].event else { panic!("an issue was told last") };
    (**issue).clone()
}

#[tokio::test(start_paused = true)]
async fn that_the_journal_fails_is_told_to_everybody_whatever_the_clusters_and_once_as_over() {
    let (world, ops, pager) = (World::new(), Post::new("ops"), Post::new("pager"));
    let elsewhere = Integration::new("pager", pager.clone(), told().with_clusters(["elsewhere"]));
    let router = run(world.router().with_integration(integration("ops", &ops)).with_integration(elsewhere)).await;
    world.journal.fail_appends(usize::MAX);
    let backup = publish(&router, world.notification("backup", 0));
    pass(9).await;
    assert_eq!(ops.taken(), Vec::<String>::new(), "it may be over soon");
    pass(3).await;
    assert_eq!((ops.taken(), pager.taken()), (vec![OPEN.to_owned()], vec![OPEN.to_owned()]));
    let issue = last_issue(&ops);
    assert_eq!(issue.severity, Severity::Error);
    assert!(issue.cause.contains("journal") && issue.cause.contains("cannot append"), "{}", issue.cause);
    assert!(!backup.is_finished(), "nothing is acknowledged");
    world.journal.fail_appends(0);
    pass(60).await;
    backup.await.expect("taken");
    assert_eq!(ops.taken(), [OPEN, "backup 0", CLOSED]);
    assert_eq!(pager.taken(), [OPEN, CLOSED]);
    assert_eq!(router.open().await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_is_found_while_the_journal_fails_is_told_and_told_once() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    world.journal.fail_appends(usize::MAX);
    let first = publish(&router, world.level("a", 0.9));
    pass(12).await;
    let later = publish(&router, world.level("a", 0.1));
    let other = publish(&router, world.level("b", 0.9));
    pass(5).await;
    let told = [OPEN, "level a open", "level a closed", "level b open"];
    assert_eq!(post.taken(), told);
    assert_eq!(router.open().await, ["level node b of cluster orders", "store-failing stores"]);
    world.journal.fail_appends(0);
    pass(60).await;
    for taken in [first, later, other] {
        taken.await.expect("taken");
    }
    assert_eq!(post.taken()[4..], [CLOSED], "from the journal nothing is told again");
    router.publish(world.level("b", 0.1)).await;
    pass(1).await;
    assert_eq!(post.taken().last().map(String::as_str), Some("level b closed"));
}

#[tokio::test(start_paused = true)]
async fn what_was_told_while_the_journal_failed_survives_a_crash_and_is_closed() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    world.journal.fail_appends(usize::MAX);
    let _lost = publish(&router, world.level("a", 0.9));
    pass(12).await;
    assert_eq!(post.taken(), [OPEN, "level a open"]);
    router.crash().await;

    // It still fails.
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    pass(30).await;
    assert_eq!(router.open().await.len(), 2);
    router.crash().await;

    world.journal.fail_appends(0);
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    router.publish(world.level("a", 0.1)).await;
    pass(30).await;
    let taken = post.taken();
    let count = |words: &str| taken.iter().filter(|said| *said == words).count();
    assert_eq!((count("level a open"), count("level a closed")), (1, 1), "{taken:?}");
    assert_eq!((count(OPEN), count(CLOSED)), (1, 1), "{taken:?}");
    let episodes: std::collections::BTreeSet<_> = post
        .calls()
        .iter()
        .flat_map(|call| &call.batch)
        .filter_map(|delivery| if let Event::Issue(issue) = &*delivery.event { Some(issue.episode) } else { None })
        .collect();
    assert_eq!(episodes.len(), 2);
}

/// The episodes of `kind` that were told.
fn episodes(post: &Post, kind: &str) -> std::collections::BTreeSet<tidegate_event::EpisodeId> {
    let calls = post.calls();
    let issues = calls.iter().flat_map(|call| &call.batch).filter_map(|delivery| match &*delivery.event {
        Event::Issue(issue) if &**issue.key.kind() == kind => Some(issue.episode),
        _ => None,
    });
    issues.collect()
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_takes_one_write_and_not_the_next_does_not_count_as_whole() {
    let (world, post, feed) = (World::new(), Post::new("ops"), Feed::new("feed"));
    let router = run(world.router().with_source(feed.clone()).with_integration(integration("ops", &post))).await;
    world.journal.block();
    // Its marks are appended by themselves, after its events and the catalog.
    let gone = Signal::Retired { resource: resource("x"), why: "Node x is gone.".to_owned() };
    let _taken = feed.say_all(vec![Signal::Event(world.level("a", 0.9)), gone], "1");
    pass(12).await;
    let _later = publish(&router, world.level("b", 0.9));
    pass(3).await;
    assert_eq!(post.taken(), [OPEN, "level a open", "level b open"], "a note holds all of them");
    world.journal.fail_appends_after(2);
    world.journal.unblock();
    pass(3).await;
    assert_eq!(world.journal.tried().iter().filter(|events| events.is_empty()).count(), 1, "the marks by themselves");
    router.crash().await;

    world.journal.fail_appends(0);
    let router = run(world.router().with_source(feed.clone()).with_integration(integration("ops", &post))).await;
    router.publish(world.level("b", 0.1)).await;
    pass(30).await;
    let taken = post.taken();
    assert_eq!(
        taken.iter().filter(|said| said.starts_with("level b")).collect::<Vec<_>>(),
        ["level b open", "level b closed"]
    );
    assert!(taken.contains(&CLOSED.to_owned()), "{taken:?}");
    assert_eq!((episodes(&post, "level").len(), episodes(&post, "store-failing").len()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_state_that_does_not_answer_holds_nobody_up() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    router.publish(world.level("a", 0.9)).await;
    pass(1).await;
    world.state.take(Duration::from_hours(1));
    world.journal.fail_appends(usize::MAX);
    let _waits = publish(&router, world.level("b", 0.9));
    for second in 0..60 {
        pass(1).await;
        let answered = timeout(Duration::from_millis(300), router.handle.snapshot()).await;
        assert!(answered.is_ok(), "after {second} s");
    }
    let stopping = tokio::time::Instant::now();
    let ended = router.end().await;
    assert!(ended.is_err(), "something was not taken");
    assert!(stopping.elapsed() < Duration::from_secs(40), "{:?}", stopping.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_slow_state_still_takes_the_note_and_it_is_told_then() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    world.state.take(Duration::from_secs(4));
    world.journal.fail_appends(usize::MAX);
    let _waits = publish(&router, world.level("a", 0.9));
    pass(13).await;
    assert_eq!(post.taken(), [OPEN]);
    pass(12).await;
    assert_eq!(post.taken(), [OPEN, "level a open"]);
}

#[tokio::test(start_paused = true)]
async fn a_state_that_fails_is_told_by_what_it_says_and_not_as_late() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    world.state.take(Duration::from_millis(500));
    world.state.fail_saves(true);
    router.publish(world.notification("backup", 0)).await;
    pass(15).await;
    assert_eq!(post.taken().first().map(String::as_str), Some(OPEN));
    let cause = last_issue(&post).cause;
    assert!(cause.contains("cannot save") && !cause.contains("answer"), "{cause}");
    let failing = router.handle.snapshot().await.expect("it runs").store_failing;
    assert!(failing.as_ref().is_some_and(|why| why.contains("cannot save")), "{failing:?}");
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_does_not_answer_is_told_and_holds_up_nothing_else() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    world.journal.block();
    let publishing = publish(&router, world.level("a", 0.9));
    pass(3).await;
    let snapshot = timeout(Duration::from_secs(1), router.handle.snapshot()).await.expect("it answers at once");
    assert_eq!(snapshot.expect("it runs").store_failing, None, "a slow write is no failure yet");
    pass(9).await;
    let failing = router.handle.snapshot().await.expect("it runs").store_failing;
    assert!(failing.is_some_and(|why| why.contains("does not answer")));
    assert_eq!(post.taken(), [OPEN, "level a open"]);
    world.journal.unblock();
    pass(20).await;
    publishing.await.expect("taken");
    assert_eq!(post.taken(), [OPEN, "level a open", CLOSED]);
    assert!(router.stop().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn where_the_state_fails_as_well_only_that_is_told_and_it_is_taken_back_when_the_router_stops() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    world.journal.fail_appends(usize::MAX);
    world.state.fail_saves(true);
    let lost = publish(&router, world.level("a", 0.9));
    pass(20).await;
    assert_eq!(post.taken(), [OPEN], "nothing durable would know that anything else was told");
    let ended = router.end().await.expect_err("something was not taken");
    assert_eq!(ended.kind(), RouterErrorKind::Store);
    lost.await.expect("no panic");
    assert_eq!(post.taken(), [OPEN, CLOSED]);

    world.journal.fail_appends(0);
    world.state.fail_saves(false);
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    router.publish(world.level("a", 0.9)).await;
    pass(30).await;
    assert_eq!(post.taken(), [OPEN, CLOSED, "level a open"]);
    assert_eq!(router.open().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_log_of_logs_failing_alone_delays_no_issue() {
    let (world, post) = (World::new(), Post::new("ops"));
    let all = Integration::new("all", post.clone(), tidegate_router::Subscription::new(tidegate_sink::EventKinds::ALL));
    let router = run(world.router().with_integration(all)).await;
    world.bulk.fail_appends(usize::MAX);
    let line = publish(&router, world.line("one"));
    pass(2).await;
    let bad = publish(&router, world.level("a", 0.9));
    pass(2).await;
    assert_eq!(post.taken(), ["level a open"]);
    assert!(!line.is_finished() && !bad.is_finished());
    pass(10).await;
    assert_eq!(post.taken()[1..], [OPEN]);
    assert_eq!(last_issue(&post).severity, Severity::Warning, "only logs and metrics wait");
    world.bulk.fail_appends(0);
    pass(60).await;
    line.await.expect("taken");
    bad.await.expect("taken");
    assert!(post.taken().contains(&"one".to_owned()) && post.taken().contains(&CLOSED.to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_dead_sink_beside_it_hears_of_what_is_true_then() {
    let (world, dead, ops) = (World::new(), Post::new("dead"), Post::new("ops"));
    dead.always(Answer::Fail(Unreachable));
    let builder = world.router().with_integration(integration("dead", &dead));
    let router = run(builder.with_integration(integration("ops", &ops))).await;
    world.journal.fail_appends(usize::MAX);
    let bad = publish(&router, world.level("a", 0.9));
    pass(30).await;
    assert_eq!(ops.taken(), [OPEN, "level a open"]);
    world.journal.fail_appends(0);
    pass(60).await;
    bad.await.expect("taken");
    dead.always(Answer::Accept);
    pass(400).await;
    let mut taken = dead.taken();
    taken.retain(|words| words.starts_with("level"));
    assert_eq!(taken, ["level a open"]);
    assert_eq!(ops.taken()[..3], [OPEN, "level a open", CLOSED]);
    assert_eq!(router.open().await, ["level node a of cluster orders"]);
}

#[tokio::test(start_paused = true)]
async fn the_remedy_is_that_of_the_failure() {
    for (kind, remedy) in [
        (StoreErrorKind::Full, "Make room"),
        (StoreErrorKind::Denied, "can be written"),
        (StoreErrorKind::Io, "Check the disk"),
        (StoreErrorKind::Damaged, "tidegate repair"),
    ] {
        let (world, post) = (World::new(), Post::new("ops"));
        let failing = move || StoreFault::Fail { kind, effect: Effect::Nothing };
        let journal = OnlyEvents(FaultyLog::new(world.journal.clone(), failing), world.journal.clone());
        let builder = world.router().with_stores(journal, MemoryLog::new(), world.state.clone());
        let router = run(builder.with_integration(integration("ops", &post))).await;
        let _waits = publish(&router, world.notification("backup", 0));
        pass(15).await;
        assert_eq!(post.taken(), [OPEN], "{kind}");
        assert!(last_issue(&post).remedy.contains(remedy), "{kind}: {}", last_issue(&post).remedy);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_cannot_read_the_journal_is_told_of_as_well() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    world.journal.fail_reads(usize::MAX);
    router.publish(world.notification("one", 0)).await;
    router.publish(world.notification("two", 0)).await;
    pass(20).await;
    assert_eq!(router.open().await, [OPEN.trim_end_matches(" open")]);
    assert!(world.journal.tried().concat().contains(&OPEN.to_owned()), "the others read it there");
    world.journal.fail_reads(0);
    pass(30).await;
    assert_eq!(router.open().await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn past_the_reserve_the_sources_wait_and_nothing_is_lost() {
    let (world, post) = (World::new(), Post::new("ops"));
    let builder = world.router().with_integration(integration("ops", &post)).with_reserve_bytes(10_000);
    let router = run(builder).await;
    world.journal.fail_appends(usize::MAX);
    let mut waiting = Vec::new();
    for number in 0..200 {
        waiting.push(publish(&router, world.level(&format!("n{number}"), 0.9)));
        settle().await;
    }
    pass(60).await;
    let seen = router.open().await.len();
    assert!((5..100).contains(&seen), "{seen} are in the reserve");
    world.journal.fail_appends(0);
    pass(60).await;
    for taken in waiting {
        taken.await.expect("taken");
    }
    assert_eq!(router.open().await.len(), 200);
    assert_eq!(post.taken().iter().filter(|words| words.starts_with("level")).count(), 200);
}

/// Fails as the first says where there are events; the second answers the rest.
struct OnlyEvents<A, B>(A, B);

#[async_trait::async_trait]
impl<A: EventLog, B: EventLog> EventLog for OnlyEvents<A, B> {
    async fn append(&self, append: tidegate_store::Append) -> Result<Position, tidegate_store::StoreError> {
        if append.is_empty() { self.1.append(append).await } else { self.0.append(append).await }
    }

    async fn read(&self, from: Position, most: usize) -> Result<tidegate_store::Chunk, tidegate_store::StoreError> {
        self.1.read(from, most).await
    }

    async fn release(&self, before: Position) -> Result<(), tidegate_store::StoreError> {
        self.1.release(before).await
    }

    async fn marks(&self) -> Result<Vec<tidegate_store::Mark>, tidegate_store::StoreError> {
        self.1.marks().await
    }
}
