//! The rules of the batch lane, each on scripted time. The shared rig plays the driver.

mod again;
mod batching;
mod bounds;
mod cursor;
mod outcomes;

use std::collections::BTreeMap;

use bytes::Bytes;
use tidegate_base::Random;
use tidegate_event::EventKind;
use tidegate_sink::{Outcome, SinkError};
use tidegate_store::{Change, Space};
use tidegate_testkit::sample;

use super::*;
use crate::lane::fixture::{Sent, at, event, ms};

fn logs() -> Subscription {
    Subscription::new([EventKind::Log, EventKind::Metric])
}

fn size() -> usize {
    event(sample::log("line 0")).size_bytes()
}

/// A lane, its gate, and what the driver would keep for them.
struct Rig {
    lane: BatchLane,
    gate: Gate,
    now: DateTime<Utc>,
    offered: u64,
    state: BTreeMap<(Space, String), Bytes>,
    saves: Vec<Vec<Change>>,
}

impl Rig {
    /// Batches of up to three, each sent at once.
    fn new() -> Self {
        Self::with(Profile::new("archive").with_batch(3), Policy::new().with_linger(Duration::ZERO))
    }

    #[expect(clippy::needless_pass_by_value, reason = "tests make both in place")]
    fn with(profile: Profile, policy: Policy) -> Self {
        let start = Position::new(1);
        let lane = BatchLane::resume("archive".into(), logs(), &profile, &policy, start, start);
        let gate = Gate::new(&profile, &policy, Random::seeded(3));
        Self { lane, gate, now: at(0), offered: 0, state: BTreeMap::new(), saves: Vec::new() }
    }

    /// Offers the next line of the log.
    fn offer(&mut self) {
        self.offered += 1;
        let line = event(sample::log(&format!("line {}", self.offered)));
        self.lane.offer(Position::new(self.offered), &line, self.now);
    }

    fn offer_many(&mut self, lines: usize) {
        for _ in 0..lines {
            self.offer();
        }
    }

    fn pass(&mut self, milliseconds: i64) {
        self.now = ms((self.now - at(0)).num_milliseconds() + milliseconds);
    }

    fn next(&mut self) -> Action {
        self.lane.next(&mut self.gate, self.now)
    }

    fn make_durable(&mut self, changes: Vec<Change>) {
        for Change { space, key, value } in &changes {
            let place = (*space, key.clone());
            match value {
                Some(value) => self.state.insert(place, value.clone()),
                None => self.state.remove(&place),
            };
        }
        self.saves.push(changes);
        self.lane.saved();
    }

    fn run(&mut self) -> Result<Sent, Option<DateTime<Utc>>> {
        loop {
            match self.next() {
                Action::Save(changes) => self.make_durable(changes),
                Action::Deliver(ticket, batch) => return Ok(Sent { ticket, batch }),
                Action::SleepUntil(at) => return Err(Some(at)),
                Action::Idle => return Err(None),
            }
        }
    }

    fn sent(&mut self) -> Sent {
        self.run().unwrap_or_else(|wake| panic!("nothing is sent, and the lane sleeps until {wake:?}"))
    }

    fn rest(&mut self) -> Option<DateTime<Utc>> {
        match self.run() {
            Ok(sent) => panic!("{:?} is sent", sent.said()),
            Err(wake) => wake,
        }
    }

    fn settle(&mut self, sent: &Sent, result: Result<Vec<Outcome>, SinkError>) {
        self.lane.settle(sent.ticket, result, &mut self.gate, self.now);
    }

    fn accept(&mut self, sent: &Sent) {
        self.settle(sent, Ok(vec![Outcome::Accepted(None); sent.batch.len()]));
    }

    fn fail(&mut self, sent: &Sent, kind: tidegate_sink::SinkErrorKind) {
        self.settle(sent, crate::lane::fixture::failed(kind));
    }

    /// The cursor in the store.
    fn saved(&self) -> Option<u64> {
        let bytes = self.state.get(&(Space::Lane, "archive/batch".to_owned()))?;
        Some(serde_json::from_slice::<LaneRecord>(bytes).expect("a lane's record").position.number())
    }
}
