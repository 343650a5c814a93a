//! A state on a small volume in memory that really fills. Where this system lets nobody mount one, the tests say so and
//! show nothing; with `TIDEGATE_MUST_MOUNT` set they fail.
#![cfg(target_os = "linux")]

mod common;

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::rig::{LONGEST, Rig, Slack, filled, notification, until};
use tidegate::event::{Event, Notification};
use tidegate_testkit::model::SlackMessage;
use tokio::time::{Instant, sleep, timeout};

/// A process that has a volume of 4 MiB mounted over a folder, which nobody else sees.
struct Volume {
    holder: Child,
    folder: PathBuf,
}

impl Volume {
    /// `None` where this system does not allow it.
    fn over(rig: &Rig) -> Option<Self> {
        let folder = rig.state().to_path_buf();
        fs::create_dir_all(&folder).expect("a folder");
        let mount = "mount -t tmpfs -o size=4m tmpfs \"$0\" && echo mounted && exec sleep 1000";
        let mut holder = Command::new("unshare");
        holder.args(["--map-root-user", "--mount", "sh", "-c", mount]).arg(&folder);
        let mut holder = match holder.stdout(Stdio::piped()).spawn() {
            Ok(holder) => holder,
            Err(error) => return skipped(&format!("`unshare` cannot be run: {error}")),
        };
        let mut said = String::new();
        let _ = BufReader::new(holder.stdout.take().expect("piped")).read_line(&mut said); // nothing is said then
        if said != "mounted\n" {
            let _ = holder.wait();
            return skipped("nobody may mount a volume here");
        }
        Some(Self { holder, folder })
    }

    /// The folder as the holder sees it.
    fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{}", self.holder.id(), self.folder.display()))
    }

    /// Leaves no byte.
    fn fill(&self) {
        let mut filler = File::create(self.path().join("filler")).expect("created");
        for piece in [64 << 10, 4 << 10, 1] {
            while filler.write_all(&vec![1; piece]).is_ok() {}
        }
    }

    fn free(&self) {
        fs::remove_file(self.path().join("filler")).expect("removed");
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// # Panics
/// Where the test must not be skipped.
fn skipped(why: &str) -> Option<Volume> {
    assert!(std::env::var_os("TIDEGATE_MUST_MOUNT").is_none(), "{why}");
    println!("skipped: {why}");
    None
}

/// A notification that needs room.
fn long(id: &str) -> Event {
    match notification(id) {
        Event::Notification(short) => {
            Notification::new(short.id.as_str(), "backup", "x".repeat(40_000), short.at).into()
        }
        other => other,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volume_that_fills_is_told_at_once_and_nothing_is_lost_when_it_has_room_again() {
    let slack = Slack::start().await;
    let rig = Rig::new(&format!("[status]\nlisten = \"127.0.0.1:0\"\n{}", slack.integration("ops", "")));
    let Some(volume) = Volume::over(&rig) else { return };
    let rig = rig.with_mounts_of(volume.holder.id());
    let agent = rig.start();
    rig.taken(vec![notification("before")]).await;
    rig.fill("/data", 0.95).await;
    until("told", || slack.service.all().len() == 2).await;
    assert_eq!(agent.health("/health/ready").0, 200);

    volume.fill();
    let began = Instant::now();
    let feed = rig.feed.clone();
    let waiting = tokio::spawn(async move {
        for n in 0..20 {
            feed.say(vec![long(&format!("during-{n}"))]).await;
        }
        feed.say(filled("/data", 0.5)).await;
    });
    until("it is said", || agent.words().contains("a store fails")).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let (status, reasons) = agent.health("/health/ready");
    assert!(status == 503 && reasons.contains("a store fails"), "{status} {reasons}");
    assert_eq!(agent.health("/health/live").0, 200);
    let alarm = || slack.service.all().into_iter().find(|message| message.mentions("store-failing"));
    until("people are told", || alarm().is_some_and(|message| message.is_open())).await;
    assert!(!waiting.is_finished(), "what cannot be kept is not acknowledged");

    volume.free();
    timeout(LONGEST, waiting).await.expect("all is taken").expect("no panic");
    until("ready", || agent.health("/health/ready").0 == 200).await;
    until("all is told", || slack.service.all().len() >= 23).await;
    until("told that it is over", || alarm().is_some_and(|message| message.is_green())).await;
    until("closed", || slack.service.all().iter().any(|message| message.mentions("/data") && message.is_green())).await;
    sleep(Duration::from_secs(1)).await;
    let mut ids: Vec<_> = slack.service.all().iter().map(|message| message.id().map(str::to_owned)).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((slack.service.all().len(), ids.len()), (23, 23), "each once");
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_on_a_full_volume_outlives_a_kill_there() {
    let slack = Slack::start().await;
    let rig = Rig::new(&slack.integration("ops", ""));
    let Some(volume) = Volume::over(&rig) else { return };
    let rig = rig.with_mounts_of(volume.holder.id());
    let agent = rig.start();
    rig.fill("/data", 0.95).await;
    until("told", || slack.is_open()).await;
    volume.fill();
    let feed = rig.feed.clone();
    let waiting = tokio::spawn(async move {
        for n in 0..20 {
            feed.say(vec![long(&format!("during-{n}"))]).await;
        }
    });
    until("it is said", || agent.words().contains("a store fails")).await;
    agent.kill();

    let (code, words) = rig.start().ended().await;
    assert_eq!(code, Some(1), "{words}");
    for part in ["cannot use the state in", "full", "make room"] {
        assert!(words.contains(part), "{part} is not in {words}");
    }
    volume.free();
    let agent = rig.start();
    timeout(LONGEST, waiting).await.expect("all is taken").expect("no panic");
    rig.fill("/data", 0.5).await;
    until("all is told", || slack.service.all().len() >= 21).await;
    until("closed", || slack.service.all().iter().any(|message| message.mentions("/data") && message.is_green())).await;
    let of_stores = |message: &SlackMessage| message.mentions("store-failing");
    assert_eq!(slack.service.all().iter().filter(|message| !of_stores(message)).count(), 21);
    agent.stop().await;
}
