//! The whole program as a process that can be killed: fed by the test, with its state on disk, and a Slack beside it that
//! outlives it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{Request, Response};
use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};
use tempfile::{NamedTempFile, TempDir};
use tidegate::base::{Clock as _, SystemClock};
use tidegate::event::{Event, Notification, Resource, Sample};
use tidegate_testkit::model::{SlackMessage, SlackService};
use tidegate_testkit::server::{Received, Server};
use tokio::time::{Instant, sleep, timeout};

use super::feed::Feed;
use super::{finished, process, tidegate};

/// How long anything may take here.
pub(crate) const LONGEST: Duration = Duration::from_mins(1);
const CHANNEL: &str = "C0TIDE00001";
const TOKEN: &str = "xoxb-s3cret-t0ken";
/// At once, as soon as a share is over 80 %, and never stale.
const DETECTORS: &str = "\
    [detector.core-load]\nenabled = false\n[detector.memory-usage]\nenabled = false\n\
    [detector.cluster-consensus]\nenabled = false\n\
    [detector.disk-usage]\nopen = { above = 0.8, for = \"0\" }\nstale_after = \"1h\"\n";

/// Slack and the server that it is behind.
pub(crate) struct Slack {
    pub(crate) service: SlackService,
    pub(crate) server: Server,
}

impl Slack {
    pub(crate) async fn start() -> Self {
        Self::of(SlackService::new(CHANNEL, TOKEN)).await
    }

    pub(crate) async fn of(service: SlackService) -> Self {
        let answering = service.clone();
        let server = Server::start(move |request| match look(request) {
            Some(look) => slim(answering.answer(&look)),
            None => answering.answer(request),
        })
        .await;
        Self { service, server }
    }

    /// One that never takes what has `text` in it.
    pub(crate) async fn refusing(text: &str) -> Self {
        Self::of(SlackService::new(CHANNEL, TOKEN).with_refused(text)).await
    }

    /// The only message of the channel.
    pub(crate) fn message(&self) -> Option<SlackMessage> {
        let mut messages = self.service.all();
        assert!(messages.len() <= 1, "{messages:?}");
        messages.pop()
    }

    pub(crate) fn is_open(&self) -> bool {
        self.message().is_some_and(|message| message.is_open())
    }

    pub(crate) fn is_green(&self) -> bool {
        self.message().is_some_and(|message| message.is_green())
    }

    /// The requests for `method`.
    pub(crate) fn asked(&self, method: &str) -> Vec<Received> {
        let is = |received: &Received| received.request.uri().path().ends_with(method);
        self.server.received().into_iter().filter(is).collect()
    }

    /// The lines of an integration that tells it.
    pub(crate) fn integration(&self, name: &str, more: &str) -> String {
        format!(
            "\n[[integration]]\nname = \"{name}\"\nsink = \"slack\"\nsource = [\"issues\", \"notifications\"]\n\
             channel_id = \"{CHANNEL}\"\ntoken = \"{TOKEN}\"\nendpoint = \"{}\"\nrate = \"1000/s\"\ntimeout = \"3s\"\n\
             {more}\n",
            self.server.url()
        )
    }
}

/// A look goes back an hour before what it is about, since Slack's clock may be another than ours, in pages of fifty
/// messages, so many a minute. Here the clock is the same, and a page is long: else a look that reads all that was posted
/// within the hour takes longer than the test.
fn look(request: &Request<Bytes>) -> Option<Request<Bytes>> {
    if !request.uri().path().ends_with("conversations.history") {
        return None;
    }
    let form = String::from_utf8_lossy(request.body()).replace("limit=50", "limit=400");
    let (before, after) = form.split_once("oldest=")?;
    let (oldest, after) = after.split_once('.')?;
    let oldest: u64 = oldest.parse().ok()?;
    let mut request = request.clone();
    *request.body_mut() = format!("{before}oldest={}.{after}", oldest + 3_600).into();
    Some(request)
}

/// The same answer without the words of its messages, so that a long page is no longer in bytes than a short one.
fn slim(answer: Response<Bytes>) -> Response<Bytes> {
    answer.map(|body| {
        let Ok(mut page) = serde_json::from_slice::<Value>(&body) else { return body };
        for message in page["messages"].as_array_mut().into_iter().flatten() {
            *message = json!({ "type": "message", "ts": message["ts"], "metadata": message["metadata"] });
        }
        page.to_string().into()
    })
}

/// What the program needs, and keeps when it is killed.
pub(crate) struct Rig {
    pub(crate) folder: TempDir,
    pub(crate) feed: Feed,
    state: PathBuf,
    /// A process whose mounts the program sees.
    mounts: Option<u32>,
}

impl Rig {
    /// With these integrations.
    pub(crate) fn new(integrations: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let socket = folder.path().join("feed.sock");
        let rig = Self { feed: Feed::listen(&socket), state: folder.path().join("state"), folder, mounts: None };
        rig.write(integrations);
        rig
    }

    /// The same, where the program sees the mounts of the process with this id.
    pub(crate) fn with_mounts_of(self, process: u32) -> Self {
        Self { mounts: Some(process), ..self }
    }

    /// Writes the file anew.
    pub(crate) fn write(&self, integrations: &str) {
        let socket = self.folder.path().join("feed.sock");
        let text = format!(
            "state_dir = \"{}\"\njournal_size = \"1MiB\"\nbulk_size = \"1MiB\"\n[[source]]\ntype = \"feed\"\nsocket = \"{}\"\n{DETECTORS}{integrations}",
            self.state.display(),
            socket.display()
        );
        std::fs::write(self.file(), text).expect("written");
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("tidegate.toml")
    }

    pub(crate) fn state(&self) -> &Path {
        &self.state
    }

    /// Starts the program.
    pub(crate) fn start(&self) -> Agent {
        let printed = NamedTempFile::new().expect("a file");
        let output = || printed.reopen().expect("the same file");
        let file = self.file();
        let mut command = tidegate(&["run", "--config", file.to_str().expect("UTF-8")]);
        if let Some(process) = self.mounts {
            let mut inside = Command::new("nsenter");
            inside.args(["--target", &process.to_string(), "--user", "--mount", "--preserve-credentials", "--"]);
            inside.arg(command.get_program()).args(command.get_args()).env_remove("TIDEGATE_LOG");
            command = inside;
        }
        command.stdout(output()).stderr(output());
        Agent { child: command.spawn().expect("it runs"), printed }
    }

    /// What a command says that works on the same file: its code, and what it said on standard output and error.
    pub(crate) fn ask(&self, command: &[&str]) -> (Option<i32>, String, String) {
        let file = self.file();
        let mut args = command.to_vec();
        args.extend(["--config", file.to_str().expect("UTF-8")]);
        finished(&args)
    }

    /// Says how full a volume is, and waits until that was taken.
    pub(crate) async fn fill(&self, volume: &str, share: f64) {
        self.taken(filled(volume, share)).await;
    }

    /// Says `events`, and waits until they were taken.
    pub(crate) async fn taken(&self, events: Vec<Event>) {
        let taken = timeout(LONGEST, self.feed.say(events)).await;
        assert!(taken.is_ok(), "not taken within {LONGEST:?}");
    }
}

/// Later than each time before, to the millisecond: of two measurements of one time a detector takes the first.
fn now() -> DateTime<Utc> {
    static LAST: Mutex<DateTime<Utc>> = Mutex::new(DateTime::UNIX_EPOCH);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    *last = SystemClock::new().now().max(*last + TimeDelta::milliseconds(1));
    *last
}

/// A volume of 1,000 GB that is full to `share`.
pub(crate) fn filled(volume: &str, share: f64) -> Vec<Event> {
    let now = now();
    let resource = Resource::new().with_node("n").with_part(volume);
    let sample = |name: &str, value: f64| {
        Event::from(Sample::new(name, resource.clone(), value, "By", now).expect("a finite number"))
    };
    vec![sample("system.filesystem.size", 1e12), sample("system.filesystem.used", share * 1e12)]
}

/// A notification with that id, which its message says too.
pub(crate) fn notification(id: &str) -> Event {
    Notification::new(id, "backup", format!("backup {id} is done"), now()).into()
}

/// The program at work. What it says goes into a file.
pub(crate) struct Agent {
    child: Child,
    printed: NamedTempFile,
}

impl Agent {
    /// All that it said so far.
    pub(crate) fn words(&self) -> String {
        std::fs::read_to_string(self.printed.path()).expect("UTF-8")
    }

    /// Waits until it has said what it does, from when on it can be asked to stop.
    pub(crate) async fn watches(&self) {
        until("it watches", || self.words().contains("Ctrl-C ends it")).await;
    }

    /// Its status and what it says, at a path of the address where it tells how it is.
    pub(crate) fn health(&self, path: &str) -> (u16, String) {
        let words = self.words();
        let (_, after) = words.split_once("http://").expect("an address");
        let address = after.split('/').next().expect("an address");
        let mut stream = TcpStream::connect(address).expect("it listens");
        stream.set_read_timeout(Some(LONGEST)).expect("a time");
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, answer.rsplit("\r\n\r\n").next().unwrap_or_default().to_owned())
    }

    /// Kills it as a machine would, and gives what it had said.
    pub(crate) fn kill(mut self) -> String {
        kill_process(process(&self.child), Signal::KILL).expect("it runs");
        self.child.wait().expect("it ended");
        self.words()
    }

    /// How it ended by itself, and all that it said.
    pub(crate) async fn ended(mut self) -> (Option<i32>, String) {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a process") {
                return (status.code(), self.words());
            }
            assert!(began.elapsed() < LONGEST, "it did not end within {LONGEST:?}");
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// How it ended when it was asked to, and all that it said.
    pub(crate) async fn end(self) -> (Option<i32>, String) {
        kill_process(process(&self.child), Signal::TERM).expect("it runs");
        // What it tells while it ends is answered meanwhile.
        self.ended().await
    }

    /// Ends it, which must go well.
    pub(crate) async fn stop(self) -> String {
        let (code, words) = self.end().await;
        assert_eq!(code, Some(0), "{words}");
        assert!(!words.contains("panicked"), "{words}");
        words
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        if std::thread::panicking() {
            eprintln!("the program said:\n{}", self.words());
        }
    }
}

/// Waits until `is_so`.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let waited = timeout(LONGEST, async {
        while !is_so() {
            sleep(Duration::from_millis(10)).await;
        }
    });
    assert!(waited.await.is_ok(), "not within {LONGEST:?}: {what}");
}
