use tidegate_event::{EventKind, IssueEvent, IssueState};
use tidegate_router::{Integration, Records, Subscription};
use tidegate_store::{Append, EventLog};

use crate::post::Post;
use crate::world::{World, integration, pass, run};

#[tokio::test(start_paused = true)]
async fn a_log_that_is_lost_begins_behind_all_who_read_it() {
    let (world, post) = (World::new(), Post::new("ops"));
    let all = Subscription::new([EventKind::Issue, EventKind::Notification, EventKind::Log]);
    let router = run(world.router().with_integration(Integration::new("ops", post.clone(), all))).await;
    router.publish(world.level("a", 0.9)).await;
    for number in 0..5 {
        router.publish(world.line(&number.to_string())).await;
    }
    pass(10).await;
    router.stop().await;
    let end = async |log: &dyn EventLog| log.append(Append::new()).await.expect("memory does not fail");
    let records = Records::new(world.state.clone());
    let farthest = records.farthest().await.expect("memory does not fail");
    assert_eq!(farthest, [end(&world.journal).await, end(&world.bulk).await]);
    assert!(farthest[1] > farthest[0], "{farthest:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_known_of_an_issue_is_what_the_journal_holds_and_what_is_open() {
    let (world, post) = (World::new(), Post::new("ops"));
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    for level in [0.9, 0.1, 0.9, 0.97] {
        router.publish(world.level("a", level)).await;
    }
    router.publish(world.level("b", 0.9)).await;
    let records = Records::new(world.state.clone());
    let of_a = |issue: &IssueEvent| issue.key.resource().node.as_deref() == Some("a");
    let states = async || {
        let found = records.issues(&world.journal, of_a).await.expect("memory does not fail");
        let states =
            |events: &Vec<IssueEvent>| events.iter().map(|event| (event.sequence, event.state)).collect::<Vec<_>>();
        found.values().map(states).collect::<Vec<_>>()
    };
    let (open, closed) = (IssueState::Open, IssueState::Closed);
    assert_eq!(states().await, [vec![(1, open), (2, closed)], vec![(1, open), (2, open)]]);
    pass(10).await;
    router.stop().await;
    world.journal.release(world.journal.append(Append::new()).await.expect("its end")).await.expect("memory");
    assert_eq!(states().await, [vec![(2, open)]], "the rest was told and forgotten");
}
