//! The rules of the issue lane, each on scripted time. The shared rig plays the driver: journal, state store, clock.

mod again;
mod batches;
mod destination;
mod episodes;
mod filter;
mod foretold;
mod notifications;
mod openings;
mod outcomes;
mod records;
mod restart;
mod saves;
mod updates;
mod window;

use std::collections::BTreeMap;

use tidegate_base::Random;
use tidegate_event::EventKind;
use tidegate_sink::{Outcome, Receipt, SinkError};
use tidegate_store::{Change, Space};

use super::*;
use crate::lane::fixture::{Sent, at, event};

type State = BTreeMap<(Space, String), Bytes>;

fn messages() -> Profile {
    Profile::new("ops")
}

fn alerts() -> Profile {
    Profile::new("ops").with_keeps(Keeps::Alerts)
}

fn everything() -> Subscription {
    Subscription::new([EventKind::Issue, EventKind::Notification])
}

fn receipt(text: &str) -> Receipt {
    Receipt::new(&text).expect("a string is JSON")
}

/// A lane, its gate, and what the driver would keep for them.
struct Rig {
    lane: IssueLane,
    gate: Gate,
    now: DateTime<Utc>,
    /// The event at position `n + 1`.
    journal: Vec<Arc<Event>>,
    state: State,
    /// All saves, in order.
    saves: Vec<Vec<Change>>,
    profile: Profile,
    policy: Policy,
}

impl Rig {
    /// A lane that begins at the start of an empty journal, its first checkpoint durable.
    fn new(profile: Profile) -> Self {
        Self::with(profile, everything(), Policy::new())
    }

    fn with(profile: Profile, subscription: Subscription, policy: Policy) -> Self {
        let openings = Openings { at: Position::new(1), ..Openings::default() };
        let mut rig = Self::begun(profile, subscription, policy, &openings);
        rig.rest();
        rig
    }

    fn begun(profile: Profile, subscription: Subscription, policy: Policy, openings: &Openings) -> Self {
        let lane = IssueLane::begin("ops".into(), subscription, &profile, &policy, openings.at, openings);
        Self::of(lane, profile, policy)
    }

    fn of(lane: IssueLane, profile: Profile, policy: Policy) -> Self {
        let gate = Gate::new(&profile, &policy, Random::seeded(7));
        Self { lane, gate, now: at(0), journal: Vec::new(), state: State::new(), saves: Vec::new(), profile, policy }
    }

    /// The lane as a restart finds it, with what was durable and before it has read anything.
    fn restarted(self, profile: Profile, subscription: Subscription) -> Self {
        let lane = self.resume(&profile, subscription);
        Self { lane, gate: Gate::new(&profile, &self.policy, Random::seeded(8)), profile, ..self }
    }

    fn resume(&self, profile: &Profile, subscription: Subscription) -> IssueLane {
        let keys: Vec<(String, Bytes)> = self
            .state
            .iter()
            .filter(|((space, _), _)| *space == Space::Key)
            .map(|((_, key), value)| (key.clone(), value.clone()))
            .collect();
        let position = self.saved_position().expect("a checkpoint was durable");
        let (lane, unreadable) =
            IssueLane::resume("ops".into(), subscription, profile, &self.policy, position, self.end(), &keys);
        assert!(unreadable.is_empty(), "{unreadable:?}");
        lane
    }

    /// Replaced by a lane with another filter, which is told what is open now.
    fn refiltered(mut self, subscription: Subscription, openings: Openings) -> Self {
        self.gate.leave();
        self.lane.checkpoint();
        self.rest();
        let profile = self.profile.clone();
        let mut rig = self.restarted(profile, subscription);
        rig.lane.tell(openings);
        rig.read_on();
        rig
    }

    /// The same after it has read to the journal's end.
    fn restart(self) -> Self {
        let profile = self.profile.clone();
        let mut rig = self.restarted(profile, everything());
        rig.read_on();
        rig
    }

    fn read_on(&mut self) {
        let from = usize::try_from(self.lane.position().number()).expect("a short journal");
        for (index, event) in self.journal.iter().enumerate().skip(from.saturating_sub(1)) {
            self.lane.offer(Position::new(index as u64 + 1), event);
        }
        self.lane.advance(self.end());
    }

    fn wants_more(&self) -> bool {
        self.lane.room() > 0
    }

    fn end(&self) -> Position {
        Position::new(self.journal.len() as u64 + 1)
    }

    fn saved_position(&self) -> Option<Position> {
        let bytes = self.state.get(&(Space::Lane, "ops/issues".to_owned()))?;
        Some(serde_json::from_slice::<LaneRecord>(bytes).expect("a lane's record").position)
    }

    fn records(&self) -> Vec<&str> {
        self.state.keys().filter(|(space, _)| *space == Space::Key).map(|(_, key)| key.as_str()).collect()
    }

    /// Appends to the journal without the lane reading it.
    fn append(&mut self, event: impl Into<Event>) {
        self.journal.push(Arc::new(event.into()));
    }

    fn offer(&mut self, event: impl Into<Event>) {
        self.append(event);
        self.read_on();
    }

    fn pass(&mut self, seconds: i64) {
        self.now = at((self.now - at(0)).num_seconds() + seconds);
    }

    fn next(&mut self) -> Action {
        self.lane.next(&mut self.gate, self.now)
    }

    fn make_durable(&mut self, changes: &[Change]) {
        for Change { space, key, value } in changes {
            let place = (*space, key.clone());
            match value {
                Some(value) => self.state.insert(place, value.clone()),
                None => self.state.remove(&place),
            };
        }
        self.saves.push(changes.to_vec());
        self.lane.saved();
    }

    /// Saves what is asked until something is sent (`Ok`), or nothing is to do (`Err`: until when).
    fn run(&mut self) -> Result<Sent, Option<DateTime<Utc>>> {
        loop {
            match self.next() {
                Action::Save(changes) => self.make_durable(&changes),
                Action::Deliver(ticket, batch) => return Ok(Sent { ticket, batch }),
                Action::SleepUntil(at) => return Err(Some(at)),
                Action::Idle => return Err(None),
            }
        }
    }

    fn sent(&mut self) -> Sent {
        self.run().unwrap_or_else(|wake| panic!("nothing is sent, and the lane sleeps until {wake:?}"))
    }

    /// Asserts that nothing is sent now; until when it sleeps.
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

    /// Everything that is sent now, each accepted with a receipt of its own words.
    fn tell_all(&mut self) -> Vec<String> {
        let mut told = Vec::new();
        while let Ok(sent) = self.run() {
            let outcomes = sent.said().iter().map(|said| Outcome::Accepted(Some(receipt(said)))).collect();
            told.extend(sent.said());
            self.settle(&sent, Ok(outcomes));
        }
        told
    }

    /// Lets a minute and a half pass, so that every checkpoint is durable and every finished key gone.
    fn settle_down(&mut self) {
        for _ in 0..18 {
            self.pass(5);
            self.rest();
        }
    }

    fn open_now(&self, salt: u64, issues: impl IntoIterator<Item = Event>) -> Openings {
        Openings { at: self.end(), issues: issues.into_iter().map(event).collect(), salt }
    }
}
