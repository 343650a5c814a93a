//! The whole program, killed again and again at random moments: what was acknowledged is told, once, and what opened is
//! closed. `TIDEGATE_KILLS` says how often (100), `TIDEGATE_SEED` when.
#![cfg(target_os = "linux")]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use common::feed::Feed;
use common::rig::{Rig, Slack, filled, notification};
use http::Request;
use tidegate::base::Random;
use tidegate_testkit::model::SlackMessage;
use tidegate_testkit::server::{Fault, Point, RetryAfter};
use tokio::time::{Instant, sleep, timeout};

/// From the start to the kill: most come early, where a start reads what is there and tells it.
const SHORTEST: f64 = 0.005;
const LONGEST: f64 = 2.0;
/// So many kills of one state: a look at Slack goes back over a thousand messages.
const MOST: u64 = 100;
/// The longest pause of who says something.
const PAUSE: Duration = Duration::from_millis(400);
const VOLUMES: usize = 6;
const NOTIFIERS: u64 = 4;

fn number_from(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().expect("a whole number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_told_once_however_often_the_program_is_killed() {
    let (mut kills, mut seed) = (number_from("TIDEGATE_KILLS", MOST), number_from("TIDEGATE_SEED", 5));
    while kills > 0 {
        killed(kills.min(MOST), seed).await;
        kills = kills.saturating_sub(MOST);
        seed += 1;
    }
}

/// One state that goes through so many kills.
async fn killed(kills: u64, seed: u64) {
    println!("TIDEGATE_KILLS={kills} TIDEGATE_SEED={seed}");
    let mut random = Random::seeded(seed);
    let faulty = Arc::new(AtomicBool::new(false));
    let mut slack = Slack::start().await;
    slack.server = slack.server.with_faults(faults(random.fork(), Arc::clone(&faulty)));
    let rig = Rig::new(&slack.integration("ops", "update_interval = \"1s\""));
    let over = Arc::new(AtomicBool::new(false));
    let volumes: Vec<_> = (0..VOLUMES)
        .map(|n| tokio::spawn(toggle(rig.feed.clone(), format!("/volume-{n}"), random.fork(), Arc::clone(&over))))
        .collect();
    let notifiers: Vec<_> =
        (0..NOTIFIERS).map(|n| tokio::spawn(notify(rig.feed.clone(), n, random.fork(), Arc::clone(&over)))).collect();

    let began = Instant::now();
    for _ in 0..kills {
        faulty.store(random.one_in(3), Ordering::SeqCst);
        let agent = rig.start();
        sleep(moment(&mut random)).await;
        let words = agent.kill();
        assert!(!words.contains("panicked") && !words.contains("ERROR"), "{words}");
    }
    let killed = began.elapsed();

    slack.server.heal();
    faulty.store(false, Ordering::SeqCst);
    over.store(true, Ordering::SeqCst);
    let agent = rig.start();
    let (mut stories, mut notified) = (Vec::new(), Vec::new());
    for volume in volumes {
        stories.push(timeout(common::rig::LONGEST, volume).await.expect("all is taken").expect("no panic"));
    }
    for notifier in notifiers {
        notified.extend(timeout(common::rig::LONGEST, notifier).await.expect("all is taken").expect("no panic"));
    }
    let episodes: usize = stories.iter().map(|story| story.episodes).sum();
    let began = Instant::now();
    while !told(&slack, &stories, &notified).is_empty() && began.elapsed() < common::rig::LONGEST {
        sleep(Duration::from_millis(100)).await;
    }
    // Whatever would come twice has come by then.
    sleep(Duration::from_secs(2)).await;
    assert_eq!(told(&slack, &stories, &notified), [""; 0], "seed {seed}");
    assert_eq!(slack.service.complaints(), [""; 0]);
    assert_eq!(rig.feed.complaints(), [""; 0]);
    let words = agent.stop().await;
    assert!(!words.contains("Not told"), "{words}");
    let (_, letters, _) = rig.ask(&["dead", "list"]);
    assert_eq!(letters, "There are no dead letters.\n");
    println!(
        "{kills} kills in {killed:?}, {} starts as far as the source; {} notifications, {episodes} episodes; {} posts, {} \
         edits, {} look-ups",
        rig.feed.connections(),
        notified.len(),
        slack.asked("chat.postMessage").len(),
        slack.asked("chat.update").len(),
        slack.asked("conversations.history").len(),
    );
}

/// A moment between the shortest and the longest, as likely in each of its powers of ten.
fn moment(random: &mut Random) -> Duration {
    let part = random.duration(Duration::from_secs(1)).as_secs_f64();
    Duration::from_secs_f64(SHORTEST * (LONGEST / SHORTEST).powf(part))
}

/// Some answers are late, so that a kill comes between what was applied and its answer; and, while `faulty`, every fourth
/// request fails.
fn faults(mut random: Random, faulty: Arc<AtomicBool>) -> impl FnMut(&Request<Bytes>) -> Fault + Send {
    move |_| {
        if faulty.load(Ordering::SeqCst) && random.one_in(4) {
            return match random.below(8) {
                0 => Fault::status(500),
                1 => Fault::status_after(500),
                2 => Fault::throttled(RetryAfter::Seconds(1)),
                3 => Fault::Close(Point::Request),
                4 => Fault::Close(Point::Applied),
                5 => Fault::Reset(Point::Applied),
                6 => Fault::Reset(Point::HalfBody),
                _ => Fault::Hang(Point::Applied),
            };
        }
        if random.one_in(3) { Fault::Delay(random.duration(Duration::from_millis(150))) } else { Fault::None }
    }
}

/// What one volume went through.
struct Story {
    volume: String,
    /// How often it came over the limit.
    episodes: usize,
    is_over: bool,
}

/// Fills and empties `volume` until it is over; each measurement is taken before the next one.
async fn toggle(feed: Feed, volume: String, mut random: Random, over: Arc<AtomicBool>) -> Story {
    let mut story = Story { volume, episodes: 0, is_over: false };
    while !over.load(Ordering::SeqCst) {
        // An issue may also change its severity, which 90 % divides.
        let stays = story.is_over && random.one_in(3);
        if !stays {
            story.is_over = !story.is_over;
            story.episodes += usize::from(story.is_over);
        }
        let percent = if story.is_over { 81 + random.below(19) } else { 10 + random.below(70) };
        feed.say(filled(&story.volume, percent as f64 / 100.0)).await;
        sleep(random.duration(PAUSE)).await;
    }
    story
}

/// Numbered notifications, one after the other; gives their ids.
async fn notify(feed: Feed, notifier: u64, mut random: Random, over: Arc<AtomicBool>) -> Vec<String> {
    let mut ids = Vec::new();
    while !over.load(Ordering::SeqCst) {
        let id = format!("{notifier}-{}", ids.len());
        feed.say(vec![notification(&id)]).await;
        ids.push(id);
        sleep(random.duration(PAUSE)).await;
    }
    ids
}

/// What Slack does not show as it should.
fn told(slack: &Slack, stories: &[Story], notified: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut messages: BTreeMap<String, Vec<SlackMessage>> = BTreeMap::new();
    for message in slack.service.all() {
        messages.entry(message.id().unwrap_or("none").to_owned()).or_default().push(message);
    }
    for (id, about) in messages.iter().filter(|(_, about)| about.len() > 1) {
        wrong.push(format!("{} messages about {id}: {:?}", about.len(), about[0].text()));
    }
    for id in notified {
        if messages.remove(id).is_none() {
            wrong.push(format!("no message about the notification {id}"));
        }
    }
    // What is left is about issues.
    for story in stories {
        let about = messages.values().flatten().filter(|message| message.mentions(&story.volume));
        let about: Vec<&SlackMessage> = about.collect();
        let open = about.iter().filter(|message| message.is_open()).count();
        if about.len() != story.episodes || open != usize::from(story.is_over) {
            let (volume, episodes, is_over) = (&story.volume, story.episodes, story.is_over);
            wrong.push(format!(
                "{volume}: {} messages for {episodes} episodes; {open} say that it is open, and it is {is_over}",
                about.len()
            ));
        }
    }
    let of_issues: usize = stories.iter().map(|story| story.episodes).sum();
    let shown: usize = messages.values().map(Vec::len).sum();
    if shown != of_issues {
        wrong.push(format!("{shown} messages about issues, of {of_issues}"));
    }
    wrong
}
