//! What runs while the source is open.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidegate_event::{Cursor, Name, Signal};
use tidegate_source::{Intake, SourceError, SourceErrorKind};
use tokio::task::{AbortHandle, Id, JoinSet};

use crate::cursor::Kept;
use crate::node::Node;
use crate::rounds::{Round, Rounds};
use crate::scrapes::Scrapes;
use crate::source::Inner;

/// Each thing that is asked for waits and asks in a task of its own, so that none holds up another, and an answer is
/// read in time even while nobody takes what is handed in. There are as many tasks as things to ask; each comes back
/// with its answer, and goes out again once that was taken. They end with the engine.
pub(crate) struct Engine {
    inner: Arc<Inner>,
    works: JoinSet<Done>,
    learned: Option<u32>,
    /// The nodes whose metrics are read, and the task that does so. One that is lost and found again gets a new task,
    /// and what comes of the old one counts no more.
    measured: BTreeMap<Name, AbortHandle>,
}

/// What a task comes back with.
enum Done {
    Round(Box<Rounds>, Round),
    Scrape(Box<Scrapes>, Vec<Signal>),
}

impl Engine {
    pub(crate) fn start(inner: Arc<Inner>, from: Option<&Cursor>) -> Self {
        let kept = from.and_then(Kept::read).filter(|kept| kept.nodes == inner.fingerprint());
        let learned = kept.map(|kept| kept.voters);
        let mut engine = Self { inner, works: JoinSet::new(), learned, measured: BTreeMap::new() };
        if let Some(plan) = engine.inner.gossip.clone() {
            let (shared, phase) = (Arc::clone(&engine.inner.shared), engine.inner.phase());
            engine.ask_again(Box::new(Rounds::new(plan, shared, learned, phase)));
        }
        let nodes = engine.inner.nodes.clone();
        let count = nodes.len() as f64;
        for (number, node) in nodes.into_iter().enumerate() {
            engine.measure(node, number as f64 / count);
        }
        engine
    }

    /// Reads the metrics of `node` from now on; `place`, 0 to 1, is its own among the nodes.
    fn measure(&mut self, node: Node, place: f64) {
        let Some(plan) = &self.inner.metrics else { return };
        if !self.measured.contains_key(&node.name) {
            let phase = (self.inner.phase() + place).fract();
            let scrapes = Scrapes::new(plan, node, Arc::clone(&self.inner.shared), phase);
            self.measure_again(Box::new(scrapes));
        }
    }

    fn ask_again(&mut self, rounds: Box<Rounds>) {
        self.works.spawn(async move {
            let (rounds, round) = rounds.next().await;
            Done::Round(Box::new(rounds), round)
        });
    }

    fn measure_again(&mut self, scrapes: Box<Scrapes>) {
        let name = scrapes.node().name.clone();
        let task = self.works.spawn(async move {
            let (scrapes, signals) = scrapes.next().await;
            Done::Scrape(Box::new(scrapes), signals)
        });
        self.measured.insert(name, task);
    }

    /// The next that there is to tell.
    pub(crate) async fn next(&mut self) -> Option<Result<Intake, SourceError>> {
        loop {
            match self.works.join_next_with_id().await? {
                Ok((_, Done::Round(rounds, round))) => {
                    self.ask_again(rounds);
                    return Some(Ok(self.round(round)));
                }
                Ok((task, Done::Scrape(scrapes, signals))) if self.is_measured_by(&scrapes.node().name, task) => {
                    self.measure_again(scrapes);
                    return Some(Ok(Intake::new(signals)));
                }
                // Of a node that has left in the meantime.
                Ok((_, Done::Scrape(..))) => {}
                Err(end) if end.is_cancelled() => {}
                Err(fault) => {
                    self.works.abort_all();
                    let context = "a task that asks the nodes ended by a fault of this program";
                    return Some(Err(SourceError::new(SourceErrorKind::Malformed, context).with_source(fault)));
                }
            }
        }
    }

    fn is_measured_by(&self, node: &Name, task: Id) -> bool {
        self.measured.get(node).is_some_and(|known| known.id() == task)
    }

    /// The cursor goes with it where that has changed: with each it would be a write to the disk.
    fn round(&mut self, round: Round) -> Intake {
        for name in &round.lost {
            if let Some(task) = self.measured.remove(name) {
                task.abort();
            }
        }
        for node in round.found {
            self.measure(node, 0.5);
        }
        let intake = Intake::new(round.signals);
        match round.learned {
            Some(voters) if self.learned != round.learned => {
                self.learned = round.learned;
                intake.with_cursor(Kept { voters, nodes: self.inner.fingerprint() }.cursor())
            }
            _ => intake,
        }
    }
}
