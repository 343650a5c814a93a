//! The story through a real router: what people see of it.

use std::time::Duration;

use tidegate_base::Random;
use tidegate_event::{Event, EventKind};
use tidegate_router::{Integration, Policy, Router, Subscription};
use tidegate_source_simulated::Cluster;
use tidegate_testkit::model::{AlertService, Message, MessageService};

mod common;
use common::{EXPECTED, TokioClock, cluster};

/// Plays all of it into `chat` and `pager`.
async fn play(cluster: &Cluster, clock: TokioClock, chat: &MessageService, pager: &AlertService) {
    let told = Subscription::new([EventKind::Issue, EventKind::Notification]);
    let at_once = Policy::new().with_update_interval(Duration::ZERO);
    let issues = Subscription::new([EventKind::Issue]);
    let router = Router::builder()
        .with_source_watching(cluster.clone(), cluster.resources())
        .with_detectors(cluster.hurry_all(tidegate_detect::standard()))
        .with_integration(Integration::new("chat", chat.clone(), told).with_policy(at_once))
        .with_integration(Integration::new("pager", pager.clone(), issues))
        .with_clock(clock)
        .with_random(Random::seeded(5))
        .build()
        .expect("parts that fit");
    let (handle, running) = (router.handle(), tokio::spawn(router.run()));
    let progress = cluster.progress();
    while !progress.now().is_some_and(|moment| moment.is_over()) {
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(handle.snapshot().await.expect("it runs").issues.is_empty(), "something is open after the end");
    handle.stop();
    let leftover = running.await.expect("no panic").expect("it stops in order");
    assert!(leftover.is_empty(), "{leftover:?}");
}

/// What a message about an issue said, in order; of one about a notification nothing.
fn history(message: &Message) -> Vec<(u64, String)> {
    let words = |event: &Event| match event {
        Event::Issue(issue) => Some(common::words(issue)),
        _ => None,
    };
    message.history.iter().filter_map(|telling| Some((telling.number, words(&telling.event)?))).collect()
}

#[tokio::test(start_paused = true)]
async fn all_that_opens_is_told_as_open_and_then_as_closed_in_one_message_each() {
    for speed in [10.0, 24.0, 90.0] {
        let (cluster, clock) = cluster(|one| one.with_speed(speed));
        let (chat, pager) = (MessageService::new("chat"), AlertService::new("pager"));
        play(&cluster, clock, &chat, &pager).await;

        let messages = chat.messages();
        assert_eq!(messages.len(), 5, "four issues and a notification: {messages:#?}");
        let mut told: Vec<_> = messages.iter().flat_map(history).collect();
        told.sort_unstable();
        assert_eq!(told.into_iter().map(|(_, words)| words).collect::<Vec<_>>(), EXPECTED, "speed {speed}");
        for message in messages.iter().filter(|message| !history(message).is_empty()) {
            let (first, last) = (&message.history[0], message.last().expect("it says something"));
            assert!(first.is_open() && last.is_closed(), "{message:#?}");
        }
        assert_eq!((chat.open().len(), pager.open().len()), (0, 0));
        assert!(chat.breaches().is_empty() && pager.breaches().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn the_router_keeps_to_our_time() {
    let (cluster, clock) = cluster(|one| one);
    let (chat, pager) = (MessageService::new("chat"), AlertService::new("pager"));
    play(&cluster, clock, &chat, &pager).await;
    let end = common::start() + cluster.duration();
    let messages = chat.messages();
    let times: Vec<_> =
        messages.iter().flat_map(|message| &message.history).map(|telling| telling.event.at()).collect();
    assert!(times.iter().all(|at| (common::start()..=end).contains(at)), "{times:?}");
}
