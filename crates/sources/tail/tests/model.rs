//! A writer that does to its files whatever happens to files, and a tail that is started again at any moment: every line
//! once, in order.
//!
//! `TIDEGATE_SEEDS=1000..5000 cargo test -p tidegate-source-tail --test model` tries others; a seed that fails is printed.

mod common;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use common::{Node, Reader, append, record};
use tidegate_base::Random;
use tidegate_event::{LogFlag, LogRecord};
use tidegate_source_tail::StartFrom;

/// What a line is to the model: its number, and whether it must be delivered.
#[derive(Debug, Default)]
struct Lines {
    /// Of the current file.
    unread: Vec<u64>,
    /// All that must be delivered, once it is written whole.
    due: BTreeSet<u64>,
    /// Those of files that were cut or removed before they were taken.
    may_be_lost: BTreeSet<u64>,
}

struct World {
    node: Node,
    reader: Reader,
    random: Random,
    next: u64,
    day: u32,
    sequence: u32,
    /// The second half of a line of which the first is written, and its number.
    rest: Option<(u64, String)>,
    lines: Lines,
    /// What intakes that are not taken yet have said.
    untaken: VecDeque<Vec<u64>>,
    taken: Vec<u64>,
    log: Vec<String>,
}

impl World {
    fn new(seed: u64) -> Self {
        let node = Node::new();
        let reader = Reader::new(node.tail().with_from(StartFrom::Beginning));
        Self {
            node,
            reader,
            random: Random::seeded(seed),
            next: 0,
            day: 1,
            sequence: 0,
            rest: None,
            lines: Lines::default(),
            untaken: VecDeque::new(),
            taken: Vec::new(),
            log: Vec::new(),
        }
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.random.below(limit as u64)).expect("below a usize")
    }

    fn path(&self) -> PathBuf {
        let sequence = if self.sequence == 0 { String::new() } else { format!("_{:03}", self.sequence) };
        self.node.file(&format!("log202607{:02}{sequence}.json", self.day))
    }

    fn line(&mut self) -> (u64, String) {
        let number = self.next;
        self.next += 1;
        let filling = "x".repeat(match self.below(200) {
            0 => 300_000,
            1..20 => 5_000,
            _ => self.below(60),
        });
        let line = format!(
            "{{\"@t\":\"2026-07-25T00:00:01.0521000+00:00\",\"@mt\":\"{{n}}\",\"@l\":\"Debug\",\"n\":{number},\"x\":\"{filling}\"}}\n"
        );
        (number, line)
    }

    fn write(&mut self, lines: usize) {
        self.finish_line();
        let mut text = String::new();
        for _ in 0..lines {
            let (number, line) = self.line();
            text += &line;
            self.lines.due.insert(number);
            self.lines.unread.push(number);
        }
        append(&self.path(), text);
    }

    fn begin_line(&mut self) {
        self.finish_line();
        let (number, line) = self.line();
        let at = 1 + self.below(line.len() - 1);
        append(&self.path(), &line[..at]);
        self.rest = Some((number, line[at..].to_owned()));
    }

    fn finish_line(&mut self) {
        if let Some((number, rest)) = self.rest.take() {
            append(&self.path(), rest);
            self.lines.due.insert(number);
            self.lines.unread.push(number);
        }
    }

    fn rotate(&mut self) {
        // Now and then the writer dies within a line, and its next file is another.
        if self.below(4) == 0 {
            self.rest = None;
        }
        self.finish_line();
        self.lines.unread.clear();
        if self.below(2) == 0 && self.day < 28 {
            (self.day, self.sequence) = (self.day + 1, 0);
        } else {
            self.sequence += 1;
        }
    }

    /// What is not taken of the file may never be.
    fn lose(&mut self) {
        self.rest = None;
        let lost = std::mem::take(&mut self.lines.unread);
        self.lines.may_be_lost.extend(lost);
    }

    fn act(&mut self) -> &'static str {
        match self.below(20) {
            0..8 => {
                let lines = self.below(60);
                self.write(lines);
                "write"
            }
            8 => {
                self.write(1_500);
                "write much"
            }
            9..12 => {
                self.begin_line();
                "begin a line"
            }
            12..14 => {
                self.finish_line();
                "finish it"
            }
            14..17 => {
                self.rotate();
                "rotate"
            }
            17 => {
                self.lose();
                fs::write(self.path(), "").ok();
                "cut"
            }
            18 => {
                self.lose();
                fs::remove_file(self.path()).ok();
                "remove"
            }
            _ => {
                self.lose();
                fs::remove_file(self.path()).ok();
                self.write(3);
                "replace"
            }
        }
    }

    fn settle(&mut self, intakes: usize) {
        for _ in 0..intakes {
            self.reader.take();
            self.taken.extend(self.untaken.pop_front().into_iter().flatten());
        }
    }

    async fn read(&mut self, intakes: usize) {
        for _ in 0..intakes {
            let Some(signals) = self.reader.next(Duration::from_secs(2)).await else { return };
            self.untaken
                .push_back(signals.into_iter().filter_map(record).filter_map(|record| number(&record)).collect());
        }
    }

    /// Stops it at any of its awaits.
    async fn crash(&mut self) {
        let polls = self.below(6);
        {
            let stream = self.reader.open().await;
            let mut next = std::pin::pin!(futures::StreamExt::next(stream));
            for _ in 0..polls {
                if futures::poll!(&mut next).is_ready() {
                    break; // never taken
                }
                tokio::task::yield_now().await;
            }
        }
        self.reader.close();
        self.untaken.clear();
    }

    async fn run(mut self, seed: u64) {
        for _ in 0..60 {
            let what = match self.below(10) {
                0..5 => self.act(),
                5..7 => {
                    let intakes = self.below(4);
                    self.read(intakes).await;
                    "read"
                }
                7 | 8 => {
                    let intakes = self.below(self.untaken.len() + 1);
                    self.settle(intakes);
                    "take"
                }
                _ => {
                    self.crash().await;
                    "crash"
                }
            };
            self.log.push(what.to_owned());
        }
        self.finish_line();
        loop {
            let before = self.untaken.len() + self.taken.len();
            self.read(50).await;
            self.settle(self.untaken.len());
            if self.untaken.len() + self.taken.len() == before {
                break;
            }
        }
        self.check(seed);
    }

    fn check(&self, seed: u64) {
        let mut times: BTreeMap<u64, usize> = BTreeMap::new();
        for number in &self.taken {
            *times.entry(*number).or_default() += 1;
        }
        let history = self.log.join(", ");
        for number in &self.lines.due {
            let found = times.get(number).copied().unwrap_or_default();
            let fits = found == 1 || (found == 0 && self.lines.may_be_lost.contains(number));
            assert!(fits, "seed {seed}: line {number} was taken {found} times: {history}");
        }
        assert!(self.taken.is_sorted(), "seed {seed}: out of order: {history}\n{:?}", self.taken);
    }
}

/// The number of a line; none of one that was cut off.
fn number(record: &LogRecord) -> Option<u64> {
    if record.flags.contains(&LogFlag::Unparsed) {
        return None;
    }
    Some(record.message.parse().expect("a number"))
}

#[test]
fn every_line_is_taken_once_and_in_order_whatever_happens_to_files_and_tail() {
    let seeds = std::env::var("TIDEGATE_SEEDS").unwrap_or_else(|_| "0..50".to_owned());
    let (first, last) = seeds.split_once("..").expect("seeds as in 0..50");
    for seed in first.parse::<u64>().expect("a seed")..last.parse().expect("a seed") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("a runtime").block_on(World::new(seed).run(seed));
    }
}
