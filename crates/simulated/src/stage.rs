//! The three nodes, and what becomes of them.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tidegate_base::Random;
use tidegate_testkit::ManualClock;
use tidegate_testkit::kurrentdb::{Cluster as Nodes, Nodes as Listening};

use crate::story::{CHANGED_EACH, CUT_OFF, HEALED, PLOTS, Plot, STORY, WRITTEN_EACH_SECOND};

/// The physical cores of each node, which KurrentDB does not tell.
pub(crate) const CORES: u32 = 4;
const GIB: u64 = 1 << 30;
/// The memory of each, of which KurrentDB tells only a part.
pub(crate) const MEMORY: u64 = 16 * GIB;
/// The volume of data of each.
pub(crate) const DATA: u64 = 500 * GIB;
/// How far a measured share may be from that of the story.
pub(crate) const DATA_JITTER: f64 = 0.000_5;
const MEMORY_JITTER: f64 = 0.004;
/// The same in tasks.
const TASKS_JITTER: f64 = 0.6;
/// What is told of space comes in blocks of so many bytes.
const BLOCK: u32 = 4096;

/// The nodes, and how far their story has come.
#[derive(Debug)]
pub(crate) struct Stage {
    nodes: Nodes,
    random: Random,
    /// What is past, and the second that is next.
    past: Duration,
    next: u32,
}

impl Stage {
    /// At `now` by the clocks of the nodes, which then go as fast as the story.
    pub(crate) fn new(now: DateTime<Utc>, speed: f64, mut random: Random) -> Self {
        let nodes = Nodes::builder()
            .insecure()
            .with_clock(ManualClock::starting_at(now))
            .with_write_rate(WRITTEN_EACH_SECOND)
            .with_random(random.fork())
            .with_speed(speed)
            .build();
        for (node, plot) in (1..).zip(&PLOTS) {
            nodes.set_load(node, plot.tasks.at(0));
        }
        let mut stage = Self { nodes, random, past: Duration::ZERO, next: 0 };
        stage.advance(Duration::ZERO);
        stage
    }

    pub(crate) fn listen(&self, listeners: Vec<TcpListener>) -> io::Result<Listening> {
        self.nodes.serve_on(listeners)
    }

    /// What is past of the story.
    pub(crate) fn past(&self) -> Duration {
        self.past
    }

    /// Lets `time` of the story pass, and all happen that falls into it; no further than to its end.
    pub(crate) fn advance(&mut self, time: Duration) {
        let until = (self.past + time).min(STORY);
        while Duration::from_secs(self.next.into()) <= until {
            self.pass(Duration::from_secs(self.next.into()));
            self.happen(self.next);
            self.next += 1;
        }
        self.pass(until);
    }

    fn pass(&mut self, until: Duration) {
        self.nodes.advance(until.saturating_sub(self.past));
        self.past = until;
    }

    fn happen(&mut self, second: u32) {
        match second {
            CUT_OFF => self.nodes.partition(&[&[3]]),
            HEALED => self.nodes.heal(),
            _ => {}
        }
        if second.is_multiple_of(CHANGED_EACH) {
            for (node, plot) in (1..).zip(&PLOTS) {
                self.change(node, plot, second);
            }
        }
    }

    /// The machine of a node is as in this second.
    fn change(&mut self, node: usize, plot: &Plot, second: u32) {
        let tasks = self.near(plot.tasks.at(second), TASKS_JITTER);
        self.nodes.set_tasks(node, tasks);
        let memory = blocks(MEMORY as f64 * self.near(plot.memory.at(second), MEMORY_JITTER));
        self.nodes.set_memory(node, memory, MEMORY);
        let data = blocks(DATA as f64 * self.near(plot.data.at(second), DATA_JITTER));
        self.nodes.set_disk(node, data, DATA, 0.0);
    }

    /// `value`, or a little less or more.
    fn near(&mut self, value: f64, jitter: f64) -> f64 {
        let way = self.random.below(2_001) as f64 / 1_000.0 - 1.0;
        value + way * jitter
    }
}

fn blocks(bytes: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a volume or a memory")]
    let blocks = (bytes / f64::from(BLOCK)).round() as u64;
    blocks * u64::from(BLOCK)
}

#[cfg(test)]
mod tests;
