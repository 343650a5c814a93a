//! A process that appends and is killed: each append that it said was durable is there, whole and in order. The test is its
//! own victim.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use futures::StreamExt;
use futures::executor::block_on;
use futures::stream;
use tidegate_base::Random;
use tidegate_store::{Append, DiskLog, DiskLogOptions, EventLog, Position};

use super::common::{events, identity};

/// Where the victim keeps its log; set for it alone.
const DIR: &str = "TIDEGATE_TEST_LOG_DIR";
/// What it says before the number of each append that is durable.
const DURABLE: &str = "durable ";
const ROUNDS: u64 = 100;

fn open(dir: impl AsRef<Path>) -> DiskLog {
    let options = DiskLogOptions::new().with_segment_bytes(32 * 1024).with_cache_bytes(0);
    DiskLog::open(dir, options).expect("the last one was killed")
}

/// Its events follow from the number of an append.
fn append_of(number: u64) -> Append {
    events(number, 1 + number % 4, usize::try_from(number % 700).expect("small"))
}

/// Appends from the number after the last, eight at once, until it is killed.
#[test]
fn victim() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let log = open(dir);
    let next = block_on(numbers(&log, Position::START)).1.last().map_or(1, |last| last + 1);
    let appends = stream::iter(next..).map(|number| {
        let append = log.append(append_of(number));
        async move {
            append.await.expect("a disk that is well");
            println!("{DURABLE}{number}");
        }
    });
    block_on(appends.buffer_unordered(8).for_each(|()| async {}));
}

/// Where the log ends, and the appends that are there, each of them whole.
async fn numbers(log: &DiskLog, from: Position) -> (Position, Vec<u64>) {
    let end = log.append(Append::new()).await.expect("the end");
    let (mut at, mut found) = (from, Vec::new());
    while at < end {
        let chunk = log.read(at, 100_000).await.expect("a chunk");
        found.extend(chunk.events.iter().map(|(_, event)| identity(event)));
        at = chunk.next;
    }
    let mut numbers: Vec<u64> = found.iter().map(|[number, ..]| *number).collect();
    numbers.dedup();
    let whole = numbers.iter().flat_map(|number| (0..=number % 4).map(move |index| [*number, index, 1 + number % 4]));
    assert!(whole.eq(found.iter().copied()), "each append is whole");
    (end, numbers)
}

#[test]
fn what_a_killed_process_said_to_be_durable_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let mut random = Random::seeded(5);
    let mut seen = Vec::new();
    let mut from = Position::START;
    for round in 0..ROUNDS {
        let mut victim = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "kill::victim", "--nocapture"])
            .env(DIR, dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a process");
        let mut wanted = 1 + random.below(80);
        let mut said = Vec::new();
        for line in BufReader::new(victim.stdout.take().expect("a pipe")).lines() {
            let line = line.expect("a text");
            // The harness says the name of the test on the line of the first.
            let Some(number) = line.rsplit_once(DURABLE).and_then(|(_, number)| number.parse::<u64>().ok()) else {
                continue;
            };
            said.push(number);
            wanted = wanted.saturating_sub(1);
            if wanted == 0 {
                // What it says after that is read as well: it was said before it was dead.
                victim.kill().expect("it is ours");
            }
        }
        victim.wait().expect("it has ended");

        let log = open(dir.path());
        let (end, numbers) = block_on(numbers(&log, from));
        from = end;
        seen.extend(numbers);
        assert!(said.iter().all(|number| seen.contains(number)), "round {round}: {said:?} were said to be durable");
        assert!(seen.iter().copied().eq(1..=seen.len() as u64), "round {round}: in order, each once");
    }
    let log = open(dir.path());
    assert_eq!(block_on(numbers(&log, Position::START)).1, seen, "what was read once is there for good");
    assert!(seen.len() > 2_000, "{}", seen.len());
}
