//! The story through a real router, by way of real sockets: what people see of it.

use std::time::Duration;

use tidegate_base::Random;
use tidegate_event::{Event, EventKind, Resource};
use tidegate_router::{Integration, Policy, Router, Subscription};
use tidegate_simulated::Cluster;
use tidegate_testkit::model::{AlertService, Message, MessageService};

mod common;
use common::EXPECTED;

/// In a quarter of a minute.
const SPEED: f64 = 60.0;

/// What a message about an issue said, in order; of one about a notification nothing.
fn history(message: &Message) -> Vec<(u64, String)> {
    let words = |event: &Event| match event {
        Event::Issue(issue) => Some(common::words(issue)),
        _ => None,
    };
    message.history.iter().filter_map(|telling| Some((telling.number, words(&telling.event)?))).collect()
}

/// Plays all of it into `chat` and `pager`.
async fn play(cluster: &Cluster, chat: &MessageService, pager: &AlertService) {
    let told = Subscription::new([EventKind::Issue, EventKind::Notification]);
    let at_once = Policy::new().with_update_interval(Duration::ZERO);
    let issues = Subscription::new([EventKind::Issue]);
    let router = Router::builder()
        .with_source_watching(cluster.clone(), cluster.resources())
        .with_detectors(cluster.hurry_all(tidegate_detect::standard()))
        .with_integration(Integration::new("chat", chat.clone(), told).with_policy(at_once))
        .with_integration(Integration::new("pager", pager.clone(), issues))
        .with_random(Random::seeded(5))
        .build()
        .expect("parts that fit");
    let (handle, running) = (router.handle(), tokio::spawn(router.run()));
    let ended = async || handle.snapshot().await.expect("it runs").sources.iter().all(|source| source.ended);
    while !ended().await {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(cluster.progress().now().expect("it was opened").is_over());
    assert!(handle.snapshot().await.expect("it runs").issues.is_empty(), "something is open after the end");
    handle.stop();
    let leftover = running.await.expect("no panic").expect("it stops in order");
    assert!(leftover.is_empty(), "{leftover:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_opens_is_told_as_open_and_then_as_closed_in_one_message_each() {
    let cluster = Cluster::builder().with_cluster("orders").with_speed(SPEED).build().expect("valid settings");
    let (chat, pager) = (MessageService::new("chat"), AlertService::new("pager"));
    play(&cluster, &chat, &pager).await;

    let messages = chat.messages();
    assert_eq!(messages.len(), 5, "four issues and a notification: {messages:#?}");
    let mut told: Vec<_> = messages.iter().flat_map(history).collect();
    told.sort_unstable();
    // Other figures of the same issue are no news.
    let mut news: Vec<String> = Vec::new();
    for (_, words) in told {
        let kind = |words: &str| words.split(' ').next().map(str::to_owned);
        if news.iter().rfind(|before| kind(before) == kind(&words)) != Some(&words) {
            news.push(words);
        }
    }
    assert_eq!(news, EXPECTED);
    for message in messages.iter().filter(|message| !history(message).is_empty()) {
        let (first, last) = (&message.history[0], message.last().expect("it says something"));
        assert!(first.is_open() && last.is_closed(), "{message:#?}");
    }
    assert_eq!((chat.open().len(), pager.open().len()), (0, 0));
    assert!(chat.breaches().is_empty() && pager.breaches().is_empty());
    issues_are_of_the_nodes_and_say_what_was_measured(&cluster, &messages);
}

fn issues_are_of_the_nodes_and_say_what_was_measured(cluster: &Cluster, messages: &[Message]) {
    let issues: Vec<_> = messages
        .iter()
        .flat_map(|message| &message.history)
        .filter_map(|telling| match &*telling.event {
            Event::Issue(issue) => Some((**issue).clone()),
            _ => None,
        })
        .collect();
    let names: Vec<String> = cluster.addresses().iter().map(ToString::to_string).collect();
    let place = |kind: &str| {
        let issue = issues.iter().find(|issue| **issue.key.kind() == *kind).expect("one of each");
        issue.key.resource().to_string()
    };
    assert_eq!(place("cluster-consensus"), "cluster orders");
    assert_eq!(place("core-load"), format!("node {} of cluster orders", names[0]));
    assert_eq!(place("disk-usage"), format!("/var/lib/kurrentdb on node {} of cluster orders", names[1]));
    assert_eq!(place("memory-usage"), format!("node {} of cluster orders", names[2]));
    let resources = cluster.resources();
    let is_named = |resource: &Resource| resources.iter().any(|name| name.covers(resource));
    assert!(issues.iter().all(|issue| is_named(issue.key.resource())), "{resources:?}");

    let cause = |kind: &str| {
        let issue = issues.iter().find(|issue| **issue.key.kind() == *kind).expect("one of each");
        issue.cause.clone()
    };
    let consensus = cause("cluster-consensus");
    for part in [
        format!("There is no leader, as {} sees it.", names[2]),
        format!("Member {} is dead, as {} and {} see it.", names[2], names[0], names[1]),
        format!("Member {} is in state Unknown", names[2]),
    ] {
        assert!(consensus.contains(&part), "{part} is not in {consensus}");
    }
    assert!(cause("core-load").contains("on 4 physical cores"), "{}", cause("core-load"));
    assert!(cause("memory-usage").contains("of 16.0 GiB used (9"), "{}", cause("memory-usage"));
    let message = messages.iter().find_map(|message| match &*message.last()?.event {
        Event::Notification(notification) => Some(notification.message.clone()),
        _ => None,
    });
    let message = message.expect("a notification");
    let start = format!("Cluster volumes failed to provision: the volume of {} stays at 500 GiB", names[1]);
    assert!(message.starts_with(&start), "{message}");
}
