use tidegate_base::Random;
use tidegate_event::{Event, EventKind, Resource};
use tidegate_router::{About, Integration, KeptLetter, Records, RouterBuilder, RouterErrorKind, Subscription};
use tidegate_sink::DeliveryId;
use tidegate_store::{Change, Space, StateStore};

use crate::post::{Answer, Post};
use crate::world::{World, integration, pass, run, told};

async fn letters(records: &Records) -> Vec<KeptLetter> {
    let found = records.dead_letters(Some("ops")).await.expect("memory does not fail");
    assert!(found.unreadable.is_empty(), "{:?}", found.unreadable);
    found.letters
}

#[tokio::test(start_paused = true)]
async fn dead_letters_are_delivered_again_by_a_router_that_runs_and_by_the_next_one() {
    let (world, post) = (World::new(), Post::new("ops"));
    let records = Records::new(world.state.clone());
    let mut random = Random::seeded(5);
    let all = Subscription::new([EventKind::Issue, EventKind::Notification, EventKind::Log]);
    let builder = || world.router().with_integration(Integration::new("ops", post.clone(), all.clone()));
    let router = run(builder()).await;
    post.always(Answer::Reject);
    router.publish(world.level("a", 0.9)).await;
    router.publish(world.notification("n", 0)).await;
    router.publish(world.line("a line")).await;
    pass(60).await;
    let kept = letters(&records).await;
    assert_eq!(kept.len(), 3);
    assert_eq!(kept[0].letter.reason.to_string(), "no");
    let by_id = records.dead_letter(kept[1].letter.id).await.expect("it is there");
    assert_eq!(by_id, kept[1]);

    post.always(Answer::Accept);
    let is_line = |kept: &KeptLetter| matches!(*kept.letter.event, Event::Log(_));
    let (lines, others): (Vec<_>, Vec<_>) = kept.into_iter().partition(is_line);
    assert_eq!(records.redeliver(&others, &mut random).await.expect("saved"), 2);
    pass(10).await;
    assert_eq!(post.taken(), Vec::<String>::new(), "nobody has told it");
    router.handle.redeliver("ops").await.expect("it is there");
    pass(10).await;
    let mut taken = post.taken();
    taken.sort();
    assert_eq!(taken, ["level a open", "n 0"]);
    assert_eq!(letters(&records).await, lines);
    assert_eq!(records.redeliver(&others, &mut random).await.expect("saved"), 0, "they are gone");
    router.stop().await;

    assert_eq!(records.redeliver(&lines, &mut random).await.expect("saved"), 1);
    let router = run(builder()).await;
    pass(10).await;
    assert_eq!(post.taken().last().map(String::as_str), Some("a line"));
    assert!(letters(&records).await.is_empty());
    router.publish(world.level("a", 0.1)).await;
    pass(10).await;
    assert_eq!(post.taken().last().map(String::as_str), Some("level a closed"));
    assert_eq!(router.handle.redeliver("nobody").await.expect_err("no such one").kind(), RouterErrorKind::NotFound);
    router.stop().await;
}

#[tokio::test(start_paused = true)]
async fn dead_letters_are_dropped_and_what_cannot_be_read_is_named() {
    let (world, post) = (World::new(), Post::new("ops"));
    let records = Records::new(world.state.clone());
    let router = run(world.router().with_integration(integration("ops", &post))).await;
    post.always(Answer::Reject);
    router.publish(world.notification("n", 0)).await;
    pass(1).await;
    let damaged = [Change::put(Space::DeadLetter, "ops/x", "?"), Change::put(Space::DeadLetter, "ops-2/y", "?")];
    world.state.save(&damaged).await.expect("memory does not fail");
    let found = records.dead_letters(Some("ops")).await.expect("memory does not fail");
    assert_eq!((found.letters.len(), found.unreadable.len()), (1, 1));
    let error: &dyn std::error::Error = &found.unreadable[0];
    assert_eq!(error.source().map(ToString::to_string), Some("the record `ops/x` of DeadLetter: damaged".to_owned()));
    assert_eq!(records.dead_letters(None).await.expect("memory does not fail").unreadable.len(), 2);

    records.drop_letters(&found.letters).await.expect("memory does not fail");
    let error = records.dead_letter(found.letters[0].letter.id).await.expect_err("it is gone");
    assert_eq!(error.kind(), RouterErrorKind::NotFound);
    let other = DeliveryId::new("ops", "another");
    assert!(records.dead_letter(other).await.expect_err("none").to_string().contains(&other.to_string()));
    router.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_history_says_what_each_integration_was_told_and_how_that_went() {
    let (world, ops, others) = (World::new(), Post::new("ops"), Post::new("others"));
    let records = Records::new(world.state.clone());
    let everybody = [integration("ops", &ops), Integration::new("others", others.clone(), told())];
    let router = run(everybody.into_iter().fold(world.router(), RouterBuilder::with_integration)).await;
    others.next([Answer::Fail(tidegate_sink::SinkErrorKind::Unavailable)]);
    router.publish(world.level("a", 0.9)).await;
    pass(10).await;
    router.publish(world.level("b", 0.9)).await;
    router.publish(world.level("a", 0.1)).await;
    router.publish(world.notification("n", 2)).await;
    pass(10).await;
    router.stop().await;

    let node = |name: &str| Resource::new().with_cluster("orders").with_node(name);
    let of_a = |about: &About| matches!(about, About::Issue { key, .. } if *key.resource() == node("a"));
    let history = records.history(of_a).await.expect("memory does not fail");
    let said = |name: &str| {
        let attempts = history.attempts[name].iter();
        attempts.map(|attempt| format!("{} {}", attempt.outcome, attempt.summary)).collect::<Vec<_>>()
    };
    assert_eq!(said("ops"), ["accepted The level is high", "accepted The level is high"]);
    assert_eq!(said("others").len(), 3);
    assert!(said("others")[0].starts_with("unavailable "), "{:?}", said("others"));
    assert!(history.attempts["ops"].is_sorted_by_key(|attempt| attempt.at));

    let of_n = |about: &About| *about == About::Notification { id: "n".to_owned(), revision: 2 };
    let history = records.history(of_n).await.expect("memory does not fail");
    assert_eq!(history.attempts.values().map(Vec::len).collect::<Vec<_>>(), [1, 1]);
    assert!(history.unreadable.is_empty());
}
