//! Whatever is found, and whenever it restarts: the promises of an episode hold.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tidegate_event::{Reading, Severity};

use super::*;
use crate::Symptom;

/// One step of a random history.
#[derive(Debug, Clone)]
enum Move {
    Find {
        issue: usize,
        what: What,
        later: i64,
    },
    Tick {
        later: i64,
    },
    Retire {
        resource: usize,
    },
    Reinstate {
        resource: usize,
    },
    Close {
        issue: usize,
    },
    /// A snapshot is taken.
    Snapshot,
    /// A crash: back to the last snapshot, and the journal from `back` events before it.
    Restart {
        back: usize,
    },
}

#[derive(Debug, Clone)]
enum What {
    Met { severity: Severity, value: u8 },
    Cleared,
    Unknown { why: u8 },
}

fn resources() -> Vec<Resource> {
    let cluster = Resource::new().with_cluster("c");
    let (a, b) = (cluster.clone().with_node("a"), cluster.clone().with_node("b"));
    vec![a.clone().with_part("/"), a, b, cluster]
}

fn keys() -> Vec<IssueKey> {
    let kinds = ["one", "two"].into_iter();
    kinds.flat_map(|kind| resources().into_iter().map(move |resource| IssueKey::new(kind, resource))).collect()
}

fn moves() -> impl Strategy<Value = Move> {
    let severity = prop::sample::select(Severity::ALL.to_vec());
    let what = prop_oneof![
        5 => (severity, 0..3_u8).prop_map(|(severity, value)| What::Met { severity, value }),
        2 => Just(What::Cleared),
        2 => (0..2_u8).prop_map(|why| What::Unknown { why }),
    ];
    // Backwards too: sources are not in step, and a clock may be set back.
    let later = prop_oneof![4 => 0..120_000_i64, 1 => -30_000..0_i64, 1 => -900_000..0_i64];
    prop_oneof![
        12 => (0..8_usize, what, later).prop_map(|(issue, what, later)| Move::Find { issue, what, later }),
        3 => (0..400_000_i64).prop_map(|later| Move::Tick { later }),
        1 => (0..4_usize).prop_map(|resource| Move::Retire { resource }),
        1 => (0..4_usize).prop_map(|resource| Move::Reinstate { resource }),
        1 => (0..8_usize).prop_map(|issue| Move::Close { issue }),
        1 => Just(Move::Snapshot),
        1 => (0..12_usize).prop_map(|back| Move::Restart { back }),
    ]
}

/// A ledger with the journal and the snapshot that survive it.
struct World {
    ledger: Ledger,
    journal: Vec<IssueEvent>,
    snapshot: (Vec<IssueEvent>, usize),
    now: i64,
    seed: u64,
}

impl World {
    fn new() -> Self {
        let ledger = Ledger::new(Random::seeded(0));
        Self { ledger, journal: Vec::new(), snapshot: (Vec::new(), 0), now: 1_700_000_000_000, seed: 0 }
    }

    fn at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.now).expect("a date of this century")
    }

    fn make(&mut self, step: &Move) {
        match step {
            Move::Find { issue, what, later } => {
                self.now += later;
                let finding = Finding { key: keys()[*issue].clone(), condition: condition(what), at: self.at() };
                let retired = self.ledger.is_retired(finding.key.resource());
                let event = self.ledger.apply(finding);
                assert!(event.is_none() || !retired, "told about a retired resource");
                self.journal.extend(event);
            }
            Move::Tick { later } => {
                self.now += later;
                let events = self.ledger.tick(self.at());
                self.journal.extend(events);
            }
            Move::Retire { resource } => {
                let resource = &resources()[*resource];
                let events = self.ledger.retire(resource, "Gone.", self.at());
                self.journal.extend(events);
                assert!(self.ledger.open().all(|event| !resource.covers(event.key.resource())));
            }
            Move::Reinstate { resource } => self.ledger.reinstate(&resources()[*resource]),
            Move::Close { issue } => {
                let event = self.ledger.close(&keys()[*issue], "No detector.", self.at());
                self.journal.extend(event);
            }
            Move::Snapshot => self.snapshot = (self.ledger.open().cloned().collect(), self.journal.len()),
            Move::Restart { back } => self.restart(*back),
        }
    }

    fn restart(&mut self, back: usize) {
        self.seed += 1;
        let mut ledger = Ledger::new(Random::seeded(self.seed));
        let retired: Vec<(Resource, String)> =
            self.ledger.retired().map(|(resource, why)| (resource.clone(), why.to_owned())).collect();
        ledger.restore(self.snapshot.0.clone());
        for event in &self.journal[self.snapshot.1.saturating_sub(back)..] {
            ledger.fold(event);
            // An append whose answer was lost is made once more.
            ledger.fold(event);
        }
        for (resource, why) in retired {
            assert_eq!(ledger.retire(&resource, &why, self.at()), [], "its issues were closed before");
        }
        let (before, after) = (self.ledger.open().collect::<Vec<_>>(), ledger.open().collect::<Vec<_>>());
        assert_eq!(before, after, "the same issues are open");
        self.ledger = ledger;
    }
}

fn condition(what: &What) -> Condition {
    match what {
        What::Met { severity, value } => Condition::Met(Symptom {
            severity: *severity,
            summary: "Wrong".to_owned(),
            cause: format!("It is {value}."),
            remedy: "Look.".into(),
            evidence: vec![Reading::new("value", f64::from(*value), "1")],
        }),
        What::Cleared => Condition::Cleared { cause: "It is over.".to_owned(), evidence: Vec::new() },
        What::Unknown { why } => Condition::Unknown { why: format!("Reason {why}.") },
    }
}

/// Reads the journal as a sink would.
fn check(journal: &[IssueEvent], open: &[&IssueEvent]) {
    let mut episodes: BTreeMap<EpisodeId, &IssueEvent> = BTreeMap::new();
    let mut of_key: BTreeMap<&IssueKey, EpisodeId> = BTreeMap::new();
    for event in journal {
        match episodes.insert(event.episode, event) {
            None => {
                assert_eq!((event.sequence, event.state, event.stale), (1, IssueState::Open, false), "{event:?}");
                assert_eq!(event.opened_at, event.at);
                assert!(of_key.insert(&event.key, event.episode).is_none(), "two open episodes: {event:?}");
            }
            Some(last) => {
                assert!(!last.is_closed(), "after its close: {event:?}");
                assert_eq!(event.sequence, last.sequence + 1, "a hole: {event:?}");
                assert!(event.at >= last.at, "before the last: {event:?}");
                assert_eq!((&event.key, event.opened_at), (&last.key, last.opened_at));
                assert!(event.is_closed() || differs(event, last), "nothing new: {event:?}");
            }
        }
        if event.is_closed() {
            assert!(!event.stale, "a close is a verdict: {event:?}");
            of_key.remove(&event.key);
        }
    }
    let last: BTreeMap<&IssueKey, &IssueEvent> =
        of_key.iter().filter_map(|(key, episode)| Some((*key, *episodes.get(episode)?))).collect();
    assert_eq!(last.into_values().collect::<Vec<_>>(), open, "the ledger is what its journal says");
}

fn differs(event: &IssueEvent, last: &IssueEvent) -> bool {
    (event.severity, event.stale, &event.cause) != (last.severity, last.stale, &last.cause)
        || event.evidence != last.evidence
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_episode_opens_once_counts_without_holes_and_closes_at_most_once(
        steps in prop::collection::vec(moves(), 0..150),
    ) {
        let mut world = World::new();
        for step in &steps {
            world.make(step);
        }
        check(&world.journal, &world.ledger.open().collect::<Vec<_>>());
    }
}
