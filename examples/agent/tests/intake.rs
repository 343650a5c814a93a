//! What a control plane says to the whole program over HTTP, beside a Slack that outlives it.
#![cfg(target_os = "linux")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::rig::{Agent, LONGEST, Rig, Slack, filled, until};
use common::said::{address, say};
use serde_json::{Value, json};
use tidegate::base::Random;
use tidegate::event::Event;
use tidegate_testkit::model::SlackMessage;
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};

const INSTANCES: &str = "Cluster instances failed to provision";
const VOLUMES: &str = "Cluster volumes failed to provision";
const TOKEN: &str = "s3cret-intake";
/// Long enough for what must not come.
const A_WHILE: Duration = Duration::from_secs(1);

/// A Slack, and a program that tells it what is said with the token.
async fn slack_and_rig() -> (Slack, Rig) {
    let slack = Slack::start().await;
    let places = format!("[status]\nlisten = \"127.0.0.1:0\"\n[intake]\ntoken = \"{TOKEN}\"\n");
    let rig = Rig::new(&(places + &slack.integration("ops", "")));
    (slack, rig)
}

/// What `address` answers to `body`, said as a control plane does.
async fn said(address: &str, body: &Value) -> Option<(u16, String)> {
    let lines = format!("authorization: Bearer {TOKEN}\r\ncontent-type: application/json");
    say(address, &lines, &body.to_string()).await
}

/// What the program answers, which must be that it is taken.
async fn taken(agent: &Agent, body: Value) {
    let (code, answer) = said(&address(agent), &body).await.expect("an answer");
    assert_eq!(code, 202, "{answer}");
}

fn about(cluster: &str, id: &str, kind: &str) -> Value {
    json!({ "id": id, "kind": kind, "resource": { "cluster": cluster } })
}

/// A volume of `cluster` that is full to `share`.
fn filled_in(cluster: &str, share: f64) -> Vec<Event> {
    let within = |event| match event {
        Event::Metric(mut sample) => {
            sample.resource.cluster = Some(cluster.into());
            Event::Metric(sample)
        }
        other => other,
    };
    filled("/data", share).into_iter().map(within).collect()
}

/// The messages about the issues of `cluster`.
fn issues_of(slack: &Slack, cluster: &str) -> Vec<SlackMessage> {
    let of = format!("cluster {cluster}");
    slack.service.all().into_iter().filter(|message| message.mentions("disk-usage") && message.mentions(&of)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_control_planes_events_reach_slack_to_the_letter_and_once() {
    let (slack, rig) = slack_and_rig().await;
    let agent = rig.start();
    agent.watches().await;
    let (code, answer) = say(&address(&agent), "content-type: application/json", "{}").await.expect("an answer");
    assert_eq!(code, 401, "{answer}");
    for _ in 0..2 {
        taken(&agent, about("orders", "cp-1", "volumes-provision-failed")).await;
        taken(&agent, about("orders", "cp-2", "instances-provision-failed")).await;
    }
    until("told", || slack.service.all().len() >= 2).await;
    let words = agent.kill();
    assert!(words.contains("/v1/notifications, with the token\n") && !words.contains(TOKEN), "{words}");
    let agent = rig.start();
    agent.watches().await;
    taken(&agent, about("orders", "cp-1", "volumes-provision-failed")).await;
    sleep(A_WHILE).await;
    let messages = slack.service.all();
    let mut told: Vec<_> = messages.iter().map(SlackMessage::text).collect();
    told.sort_unstable(); // of two notifications either may come first
    assert_eq!(told, [INSTANCES, VOLUMES].map(|message| format!("Error: {message}")));
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_defunct_cluster_is_over_with_that_cause_until_it_is_available() {
    let (slack, rig) = slack_and_rig().await;
    let agent = rig.start();
    agent.watches().await;
    rig.taken(filled_in("orders", 0.95)).await;
    rig.taken(filled_in("stock", 0.95)).await;
    let is_open = |cluster: &str| issues_of(&slack, cluster).iter().any(SlackMessage::is_open);
    until("told", || is_open("orders") && is_open("stock")).await;

    taken(&agent, about("orders", "cp-1", "instances-provision-failed")).await;
    until("closed", || issues_of(&slack, "orders")[0].is_green()).await;
    assert!(issues_of(&slack, "orders")[0].mentions(INSTANCES), "{:?}", issues_of(&slack, "orders"));
    agent.kill();
    let agent = rig.start();
    agent.watches().await;
    rig.taken(filled_in("orders", 0.96)).await;
    sleep(A_WHILE).await;
    assert!(is_open("stock") && issues_of(&slack, "orders").len() == 1, "{:?}", slack.service.all());

    taken(&agent, about("orders", "cp-2", "cluster-available")).await;
    rig.taken(filled_in("orders", 0.97)).await;
    until("watched again", || is_open("orders")).await;
    assert_eq!(issues_of(&slack, "orders").len(), 2);
    assert_eq!(slack.service.complaints(), [""; 0]);
    agent.stop().await;
}

/// So many notifications, and as many kills or more.
const KILLS: usize = 12;

/// None of these names begins as another one does.
fn cluster_of(number: usize) -> String {
    format!("c{number}.")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_outlives_a_kill_right_after() {
    let seed = std::env::var("TIDEGATE_SEED").map_or(7, |text| text.parse().expect("a whole number"));
    println!("TIDEGATE_SEED={seed}");
    let mut random = Random::seeded(seed);
    let (slack, rig) = slack_and_rig().await;
    let (at, mut there) = watch::channel(String::new());
    let acknowledged = Arc::new(Notify::new());
    let (feed, heard) = (rig.feed.clone(), Arc::clone(&acknowledged));
    let plane = tokio::spawn(async move {
        let mut attempts = 0;
        for number in 0..KILLS {
            let (cluster, id) = (cluster_of(number), format!("cp-{number}"));
            feed.say(filled_in(&cluster, 0.95)).await;
            loop {
                attempts += 1;
                let address = there.borrow_and_update().clone();
                match said(&address, &about(&cluster, &id, "instances-provision-failed")).await {
                    Some((202, _)) => break,
                    Some(answer) => assert_eq!(answer.0, 503, "{answer:?}"),
                    None => sleep(Duration::from_millis(5)).await,
                }
            }
            heard.notify_one();
        }
        attempts
    });

    let mut kills = 0;
    while !plane.is_finished() {
        let agent = rig.start();
        agent.watches().await;
        at.send_replace(address(&agent));
        // Right after an answer, or at any moment before it.
        let _ = timeout(random.duration(Duration::from_millis(100)), acknowledged.notified()).await;
        let words = agent.kill();
        assert!(!words.contains("panicked") && !words.contains("ERROR"), "{words}");
        kills += 1;
    }
    let attempts = timeout(LONGEST, plane).await.expect("all is taken").expect("no panic");
    println!("{kills} kills, {attempts} attempts for {KILLS} notifications");

    let agent = rig.start();
    let is_over = |number| issues_of(&slack, &cluster_of(number)).iter().all(SlackMessage::is_green);
    until("all is told", || slack.service.all().len() >= 2 * KILLS && (0..KILLS).all(is_over)).await;
    for number in 0..KILLS {
        rig.taken(filled_in(&cluster_of(number), 0.96)).await;
    }
    sleep(A_WHILE).await;
    assert_eq!(
        slack.service.all().len(),
        2 * KILLS,
        "an issue and a notification each, once: {:?}",
        slack.service.all()
    );
    for number in 0..KILLS {
        assert_eq!(slack.service.about(&format!("cp-{number}")).len(), 1, "cp-{number}");
        let [issue] = &*issues_of(&slack, &cluster_of(number)) else { panic!("one issue of c{number}") };
        assert!(issue.is_green() && issue.mentions(INSTANCES), "{issue:?}");
    }
    agent.stop().await;
}

const GUIDE: &str = include_str!("../../../docs/guide/notifications.md");

/// The blocks of the guide in this language.
fn blocks(language: &str) -> Vec<&'static str> {
    let begin = format!("```{language}\n");
    GUIDE.split(&*begin).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// The text between `before` and the next `after`.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("{before} is not in {text}"));
    rest.split(after).next().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_guide_says_is_answered_as_it_says() {
    let (_slack, rig) = slack_and_rig().await;
    let agent = rig.start();
    agent.watches().await;
    let said: Vec<_> = blocks("sh").into_iter().filter(|block| block.starts_with("curl ")).collect();
    let answers = blocks("json");
    assert!(said.len() == answers.len() && said.len() >= 4, "{} and {}", said.len(), answers.len());
    for (block, answer) in said.into_iter().zip(answers) {
        assert!(block.starts_with("curl -s http://127.0.0.1:2115/v1/notifications \\\n"), "{block}");
        let authorization = between(block, "-H \"Authorization: ", "\" ").replace("$(cat intake-token)", TOKEN);
        let kind = between(block, "-H \"Content-Type: ", "\" ");
        let lines = format!("authorization: {authorization}\r\ncontent-type: {kind}");
        let (_, body) = say(&address(&agent), &lines, between(block, "-d '", "'\n")).await.expect("an answer");
        assert_eq!(body, answer, "{block}");
    }
    agent.stop().await;
}
