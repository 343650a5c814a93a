//! A process that is killed while it saves: the test is its own victim.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use futures::executor::block_on;
use futures::future::join_all;
use tidegate_base::Random;
use tidegate_store::{Change, DiskState, Space, StateStore};

/// Where the victim keeps its state; set for it alone.
const DIR: &str = "TIDEGATE_TEST_STATE_DIR";
/// What it says before each number that is saved.
const SAVED: &str = "saved ";
const ROUNDS: u32 = 30;

/// Saves numbers, four at once, from the one after the last, until it is killed.
#[test]
fn victim() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let state = DiskState::open(dir).expect("the last one was killed");
    let mut next = last(&state) + 1;
    loop {
        let groups: Vec<_> = (next..next + 4).map(|number| [record(number), record_of_last(number)]).collect();
        for (saved, number) in
            block_on(join_all(groups.iter().map(|changes| state.save(changes)))).into_iter().zip(next..)
        {
            saved.expect("a disk that is well");
            println!("{SAVED}{number}");
        }
        next += 4;
    }
}

fn record(number: u64) -> Change {
    Change::put(Space::Key, format!("{number:08}"), vec![b'x'; usize::try_from(number % 3_000).expect("small")])
}

fn record_of_last(number: u64) -> Change {
    Change::put(Space::Lane, "last", number.to_string())
}

fn last(state: &DiskState) -> u64 {
    let records = block_on(state.load(Space::Lane, "last")).expect("it is read");
    records.first().map_or(0, |(_, value)| String::from_utf8_lossy(value).parse().expect("a number"))
}

fn begin(dir: &Path) -> Child {
    let test = std::env::current_exe().expect("this test");
    Command::new(test)
        .args(["--exact", "kill::victim", "--nocapture"])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a process")
}

#[test]
fn a_process_that_is_killed_at_any_moment_has_saved_what_it_said() {
    let dir = tempfile::tempdir().unwrap();
    let mut random = Random::seeded(3);
    let mut said = 0;
    for round in 0..ROUNDS {
        let mut victim = begin(dir.path());
        let lines = BufReader::new(victim.stdout.take().expect("a pipe")).lines();
        let mut wanted = 1 + random.below(60);
        for line in lines {
            let line = line.expect("a text");
            // The test's harness says the name of the test on the same line as the first.
            let Some(number) = line.rsplit_once(SAVED).and_then(|(_, number)| number.parse::<u64>().ok()) else {
                continue;
            };
            assert!(number > said, "round {round}: {number} after {said}");
            said = number;
            wanted = wanted.saturating_sub(1);
            if wanted == 0 {
                // What it says after that is read as well: it was said before it was dead.
                victim.kill().expect("it is ours");
            }
        }
        victim.wait().expect("it has ended");
        let state = DiskState::open(dir.path()).expect("nobody has it");
        let last = last(&state);
        assert!(last >= said, "round {round}: {said} was said to be saved, and the last is {last}");
        let keys = block_on(state.load(Space::Key, "")).expect("it is read");
        assert_eq!(keys.len() as u64, last, "round {round}: each save is there as a whole");
        let whole = keys
            .iter()
            .zip(1_u64..)
            .all(|((key, value), number)| *key == format!("{number:08}") && value.len() as u64 == number % 3_000);
        assert!(whole, "round {round}");
        said = last;
    }
    assert!(said > 300, "{said}");
}
