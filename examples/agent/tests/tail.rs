//! Log files through the whole program, which is killed again and again, to a receiver that outlives it.
#![cfg(target_os = "linux")]

mod common;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::rig::{LONGEST, until};
use common::tidegate;
use tempfile::TempDir;
use tidegate::base::Random;
use tidegate_testkit::model::WebhookReceiver;
use tidegate_testkit::server::Server;
use tokio::time::{Instant, sleep};

const SECRET: &str = "whsec_dGlkZWdhdGUtYWNjZXB0YW5jZS1zZWNyZXQtMDE=";
const ROTATIONS: usize = 50;
const KILLS: usize = 20;
/// Lines of a file before the next is begun.
const LINES: usize = 1_500;

/// A line as KurrentDB writes it.
fn line(number: usize) -> String {
    format!(
        "{{\"@t\":\"2026-07-25T00:00:01.0521000+00:00\",\"@mt\":\"line {{number}}\",\"@l\":\"Information\",\"@i\":1,\
         \"number\":{number},\"SourceContext\":\"KurrentDB.Core\",\"ProcessId\":1,\"ThreadId\":7}}\n"
    )
}

/// File number `file` of a day: the first has no number.
fn path(folder: &Path, file: usize) -> PathBuf {
    folder.join(if file == 0 { "log20260725.json".to_owned() } else { format!("log20260725_{file:03}.json") })
}

/// Writes until all files are full, some lines in two pieces, and never stops for a reader.
fn write(folder: &Path, wait: &AtomicBool) {
    for file in 0..=ROTATIONS {
        let mut log = std::fs::OpenOptions::new().create(true).append(true).open(path(folder, file)).expect("a file");
        for number in file * LINES..(file + 1) * LINES {
            let line = line(number);
            let (first, second) = line.split_at(if number % 7 == 0 { line.len() / 2 } else { 0 });
            log.write_all(first.as_bytes()).expect("written");
            log.write_all(second.as_bytes()).expect("written");
            if number % 20 == 0 {
                std::thread::yield_now();
                std::thread::park_timeout(Duration::from_millis(6));
            }
        }
    }
    wait.store(true, Ordering::Release);
}

struct Program {
    folder: TempDir,
    receiver: WebhookReceiver,
    _server: Server,
}

impl Program {
    async fn new() -> Self {
        let receiver = WebhookReceiver::new([SECRET]);
        let behind = receiver.clone();
        let server = Server::start(move |request| behind.answer(request)).await;
        let folder = TempDir::new().expect("a folder");
        let config = format!(
            "state_dir = \"{0}/state\"\n\n[[source]]\ntype = \"tail\"\ncluster = \"orders\"\nnode = \"10.0.0.1:2113\"\n\
             path = \"{0}/logs\"\nfrom = \"beginning\"\n\n[[integration]]\nname = \"hook\"\nsource = \"logs\"\n\
             sink = \"webhook\"\nurl = \"{1}\"\nsecret = \"{SECRET}\"\n\
             linger = \"50ms\"\n",
            folder.path().display(),
            server.url()
        );
        std::fs::write(folder.path().join("tidegate.toml"), config).expect("written");
        std::fs::create_dir(folder.path().join("logs")).expect("a folder");
        Self { folder, receiver, _server: server }
    }

    fn logs(&self) -> PathBuf {
        self.folder.path().join("logs")
    }

    fn start(&self) -> Child {
        let said =
            std::fs::File::options().create(true).append(true).open(self.folder.path().join("said")).expect("a file");
        let file = self.folder.path().join("tidegate.toml");
        let mut command = tidegate(&["run", "--config", file.to_str().expect("UTF-8")]);
        command.stdout(said.try_clone().expect("the same")).stderr(said).spawn().expect("it runs")
    }

    /// How often each line came under an id of its own.
    fn arrived(&self) -> BTreeMap<usize, usize> {
        let mut arrived = BTreeMap::new();
        for item in self.receiver.items() {
            let text = item.to_string();
            let number = text.split_once("\"message\":\"line ").expect("a line").1.split('"').next().expect("a number");
            *arrived.entry(number.parse().expect("a number")).or_insert(0) += 1;
        }
        arrived
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_fifty_rotations_and_twenty_kills_every_line_arrives_and_none_under_two_ids() {
    let program = Program::new().await;
    let (logs, written) = (program.logs(), Arc::new(AtomicBool::new(false)));
    let writer = std::thread::spawn({
        let written = Arc::clone(&written);
        move || write(&logs, &written)
    });
    let mut random = Random::seeded(7);
    let mut at_work = 0;
    for _ in 0..KILLS {
        let (mut life, before) = (program.start(), program.receiver.item_count());
        let begun = Instant::now();
        while program.receiver.item_count() == before && begun.elapsed() < Duration::from_secs(3) {
            sleep(Duration::from_millis(5)).await;
        }
        sleep(Duration::from_millis(random.below(250))).await;
        life.kill().expect("it runs");
        life.wait().expect("ended");
        at_work += usize::from(program.receiver.item_count() > before);
    }
    assert!(at_work > KILLS / 2, "{at_work} of {KILLS} lives delivered anything: kills come too soon");
    assert!(!written.load(Ordering::Acquire), "the writer was to outlast the kills");
    let mut last = program.start();
    let began = Instant::now();
    while !written.load(Ordering::Acquire) {
        assert!(began.elapsed() < LONGEST, "the writer is slow");
        sleep(Duration::from_millis(50)).await;
    }
    writer.join().expect("no panic");
    let all = (ROTATIONS + 1) * LINES;
    until("all lines", || program.receiver.item_count() >= all).await;
    sleep(Duration::from_secs(1)).await;
    let arrived = program.arrived();
    let missing: Vec<usize> = (0..all).filter(|number| !arrived.contains_key(number)).collect();
    let twice: Vec<&usize> = arrived.iter().filter(|(_, count)| **count > 1).map(|(number, _)| number).collect();
    assert!(missing.is_empty(), "{} are missing: {:?}…", missing.len(), &missing[..missing.len().min(20)]);
    assert!(twice.is_empty(), "{} came under two ids: {:?}…", twice.len(), &twice[..twice.len().min(20)]);
    assert_eq!(program.receiver.complaints(), [""; 0]);
    println!("{all} lines, {} repeated under their ids", program.receiver.repeated());
    last.kill().expect("it runs");
    last.wait().expect("ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_growing_file_is_delivered_within_a_second() {
    let program = Program::new().await;
    let mut life = program.start();
    let mut log = std::fs::File::create(path(&program.logs(), 0)).expect("a file");
    log.write_all(line(0).as_bytes()).expect("written");
    until("the first line", || program.receiver.item_count() == 1).await;
    for number in 1..=5 {
        let began = Instant::now();
        log.write_all(line(number).as_bytes()).expect("written");
        until("the next line", || program.receiver.item_count() > number).await;
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    }
    life.kill().expect("it runs");
    life.wait().expect("ended");
}
