//! The whole program against Slacks in this process: a volume fills and is emptied, and each Slack fails in its own way.
#![cfg(target_os = "linux")]

mod common;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use bytes::Bytes;
use common::{process, tidegate};
use http::Request;
use rustix::process::{Signal, kill_process};
use tempfile::{NamedTempFile, TempDir};
use tidegate_testkit::model::{SlackMessage, SlackService};
use tidegate_testkit::server::{Fault, Received, RetryAfter, Server};
use tokio::time::{Instant, sleep, timeout};

/// How long anything may take here.
const LONGEST: Duration = Duration::from_secs(40);

/// Slack and the server that it is behind.
struct Slack {
    service: SlackService,
    server: Server,
}

impl Slack {
    async fn start() -> Self {
        let service = SlackService::new(CHANNEL, TOKEN);
        let answering = service.clone();
        let server = Server::start(move |request| answering.answer(request)).await;
        Self { service, server }
    }

    /// The only message of the channel.
    fn message(&self) -> Option<SlackMessage> {
        let mut messages = self.service.all();
        assert!(messages.len() <= 1, "{messages:?}");
        messages.pop()
    }

    fn is_open(&self) -> bool {
        self.message().is_some_and(|message| message.is_open())
    }

    fn is_green(&self) -> bool {
        self.message().is_some_and(|message| message.is_green())
    }

    fn asked(&self, method: &str) -> Vec<Received> {
        let is = |received: &Received| received.request.uri().path().ends_with(method);
        self.server.received().into_iter().filter(is).collect()
    }
}

const CHANNEL: &str = "C0TIDE00001";
const TOKEN: &str = "xoxb-s3cret-t0ken";

/// A file in memory that fills its volume by more than the limit is above what was used, and is gone at the end.
struct Filler {
    path: PathBuf,
    bytes: u64,
    limit: f64,
}

/// A volume in memory that everybody may write to.
const VOLUME: &str = "/dev/shm";

impl Filler {
    fn new() -> Self {
        let volume = rustix::fs::statvfs(VOLUME).expect("a volume in memory");
        let (size, used) = (volume.f_blocks * volume.f_frsize, (volume.f_blocks - volume.f_bfree) * volume.f_frsize);
        // Less than half of a small one; others write there too.
        let bytes = (128 << 20).min((size - used) / 2);
        let limit = (used + bytes / 2) as f64 / size as f64;
        let path = Path::new(VOLUME).join(format!("tidegate-test-{}", std::process::id()));
        Self { path, bytes, limit }
    }

    fn fill(&self) {
        let zeros = vec![1; usize::try_from(self.bytes).expect("it fits into memory")];
        std::fs::write(&self.path, zeros).expect("written");
    }

    fn empty(&self) {
        std::fs::remove_file(&self.path).expect("removed");
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// A folder with the configuration that watches `filler`'s volume and tells each of `slacks`, by name; state is kept
/// there.
fn file(filler: &Filler, slacks: &[(&str, String)]) -> TempDir {
    let mut text = format!(
        "[[source]]\ntype = \"host\"\nnode = \"n\"\ninterval = \"500ms\"\nvolumes = [\"{VOLUME}\"]\n\n\
         [detector.core-load]\nenabled = false\n[detector.memory-usage]\nenabled = false\n\n\
         [detector.disk-usage]\nopen = {{ above = {}, for = \"2s\", samples = 2 }}\n",
        filler.limit
    );
    for (name, url) in slacks {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "\n[[integration]]\nname = \"{name}\"\nsink = \"slack\"\nsource = \"issues\"\nchannel_id = \"{CHANNEL}\"\n\
             token = \"{TOKEN}\"\nendpoint = \"{url}\"\n"
        );
    }
    let folder = TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("tidegate.toml"), text).expect("written");
    folder
}

/// The program at work. It says all that it can of itself, into a file.
struct Agent {
    child: Child,
    printed: NamedTempFile,
}

impl Agent {
    fn start(folder: &TempDir) -> Self {
        let printed = NamedTempFile::new().expect("a file");
        let output = || printed.reopen().expect("the same file");
        let file = folder.path().join("tidegate.toml");
        let mut command = tidegate(&["run", "--config", file.to_str().expect("UTF-8")]);
        command.env("TIDEGATE_LOG", "trace").stdout(output()).stderr(output());
        Self { child: command.spawn().expect("it runs"), printed }
    }

    /// All that it said so far.
    fn words(&self) -> String {
        std::fs::read_to_string(self.printed.path()).expect("UTF-8")
    }

    /// How it ended when it was asked to, and all that it said.
    fn end(mut self) -> (Option<i32>, String) {
        kill_process(process(&self.child), Signal::TERM).expect("it runs");
        let status = self.child.wait().expect("it ended");
        (status.code(), self.words())
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

/// Waits until `is_so`, and gives when that was seen.
async fn until(what: &str, is_so: impl Fn() -> bool) -> Instant {
    let waited = timeout(LONGEST, async {
        while !is_so() {
            sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(waited.await.is_ok(), "not within {LONGEST:?}: {what}");
    Instant::now()
}

/// How long a Slack fails that fails inside.
const FAILING: Duration = Duration::from_secs(12);

/// For so long, from the first edit on, every edit fails with 500.
fn fails_to_edit() -> impl FnMut(&Request<Bytes>) -> Fault + Send {
    let mut first = None;
    move |request| {
        let fails =
            request.uri().path().ends_with("chat.update") && first.get_or_insert_with(Instant::now).elapsed() < FAILING;
        if fails { Fault::status(500) } else { Fault::None }
    }
}

#[tokio::test]
async fn an_issue_is_one_message_whatever_each_slack_does() {
    let (well, throttling, mut failing) = (Slack::start().await, Slack::start().await, Slack::start().await);
    throttling.server.script([Fault::throttled(RetryAfter::Seconds(4))]);
    failing.server = failing.server.with_faults(fails_to_edit());
    let filler = Filler::new();
    let config = file(
        &filler,
        &[
            ("dead", "http://127.0.0.1:1".to_owned()),
            ("well", well.server.url()),
            ("throttling", throttling.server.url()),
            ("failing", failing.server.url()),
        ],
    );
    let agent = Agent::start(&config);
    until("it watches", || agent.words().contains("Ctrl-C ends it")).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(well.service.requests(), [], "{}", agent.words());

    filler.fill();
    let began = Instant::now();
    let told = until("told", || well.is_open()).await;
    // 2 s of two samples half a second apart, one of which may just have been taken.
    assert!(told - began < Duration::from_secs(6), "{:?} {}", told - began, agent.words());
    until("told after a wait", || throttling.is_open()).await;
    until("told", || failing.is_open()).await;
    let [refused, taken] = &*throttling.asked("chat.postMessage") else { panic!("{}", agent.words()) };
    assert!(taken.at - refused.at >= Duration::from_secs(4), "{:?}", taken.at - refused.at);
    assert_eq!(throttling.server.received().len(), 2);

    filler.empty();
    let over = Instant::now();
    let told = until("closed", || well.is_green()).await;
    assert!(told - over < Duration::from_secs(4), "{:?} {}", told - over, agent.words());
    until("closed too", || throttling.is_green()).await;
    until("closed in the end", || failing.is_green()).await;
    assert!(over.elapsed() >= FAILING && failing.asked("chat.update").len() >= 3);

    let asked = |slack: &Slack| slack.service.requests().into_iter().map(|asked| asked.method).collect::<Vec<_>>();
    assert_eq!((asked(&well), asked(&throttling)), (once(), once()));
    for slack in [&well, &throttling, &failing] {
        assert_eq!(slack.service.complaints(), [""; 0]);
    }
    let (code, words) = agent.end();
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("TRACE") && words.contains("Not told to dead"), "{words}");
    assert!(!words.contains(TOKEN) && !words.contains("s3cret"), "the token is in {words}");
}

/// It takes more than two minutes: an integration that is refused tries once a minute.
#[cfg(feature = "slow-tests")]
#[tokio::test]
async fn a_token_that_is_revoked_is_told_once_and_tried_once_a_minute_until_it_is_good() {
    let minute = Duration::from_mins(1);
    let slack = Slack::start().await;
    let filler = Filler::new();
    let config = file(&filler, &[("ops", slack.server.url())]);
    let agent = Agent::start(&config);
    until("it watches", || agent.words().contains("Ctrl-C ends it")).await;
    filler.fill();
    until("told", || slack.is_open()).await;

    slack.service.set_token_good(false);
    filler.empty();
    let updates = || slack.asked("chat.update");
    let first = until("refused", || updates().len() == 1).await;
    sleep(Duration::from_secs(40)).await;
    assert_eq!(updates().len(), 1);
    until("refused again", || updates().len() == 2).await;
    let waited = updates()[1].at - updates()[0].at;
    assert!(waited >= minute && waited < minute + Duration::from_secs(5), "{waited:?}");
    slack.service.set_token_good(true);
    sleep(Duration::from_secs(30)).await;
    until("closed", || slack.is_green()).await;
    assert!(first.elapsed() < 2 * minute + Duration::from_secs(5));
    assert_eq!(updates().len(), 3);

    let (code, words) = agent.end();
    assert_eq!(code, Some(0), "{words}");
    let told: Vec<_> = words.lines().filter(|line| line.contains("ERROR")).collect();
    let [told] = told.as_slice() else { panic!("{words}") };
    for part in [
        "the integration is paused; nothing is lost",
        "integration=ops",
        "invalid_auth",
        "copy the app's bot token anew into `token`",
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
}

/// What is asked of a Slack in which all goes well.
fn once() -> Vec<String> {
    vec!["chat.postMessage".to_owned(), "chat.update".to_owned()]
}
