//! Answers as they come over the wire, through the assembly and the real detector.

mod calm;
mod kin;
mod learning;
mod situations;
mod wire;

use chrono::{DateTime, Utc};
use tidegate_detect::{ClusterConsensus, Condition, Detector, Finding, Symptom};
use tidegate_event::{Resource, Signal, ViewError, ViewErrorKind};

use super::{Answer, Assembled, Assembly, Gossip};

/// The body of an answer among the fixtures: `healthy-3.node1`.
fn body(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/gossip/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn gossip(name: &str) -> Gossip {
    Gossip::parse(&body(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What the node at `node1` … `node4` answers: a fixture; `-`, it refuses.
fn answers(files: &[&str]) -> Vec<Answer> {
    let refused = || ViewError { kind: ViewErrorKind::Refused, message: "connection refused".to_owned() };
    let one = |(number, file): (usize, &&str)| {
        let node = format!("node{}.kdb.example.net:2113", number + 1);
        (node.into(), if *file == "-" { Err(refused()) } else { Ok(gossip(file)) })
    };
    files.iter().enumerate().map(one).collect()
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000 + seconds, 0).expect("a date of this century")
}

/// The assembly and the detector behind it.
struct Play {
    assembly: Assembly,
    detector: ClusterConsensus,
    seconds: i64,
}

impl Play {
    fn new(expected: Option<u32>) -> Self {
        let assembly = Assembly::new(Resource::new().with_cluster("orders"), expected, None);
        Self { assembly, detector: ClusterConsensus::builder().build().expect("valid"), seconds: 0 }
    }

    /// A round, 6 s after the one before.
    fn round(&mut self, answers: Vec<Answer>) -> Vec<Finding> {
        let Assembled { views, judgement, .. } = self.assembly.round(at(self.seconds), answers);
        self.seconds += 6;
        let mut findings = Vec::new();
        self.detector.observe(&Signal::Views(views), &mut findings);
        let opens = findings.iter().any(|finding| matches!(finding.condition, Condition::Met(_)));
        assert!(!opens || judgement.is_bad(), "both judge alike");
        findings
    }

    /// What it opens with after two such rounds.
    fn twice(&mut self, answers: impl Fn() -> Vec<Answer>) -> Option<Symptom> {
        assert_eq!(self.round(answers()), [], "one round is not enough");
        let finding = self.round(answers()).pop()?;
        let Condition::Met(symptom) = finding.condition else { panic!("not met: {finding:?}") };
        Some(symptom)
    }
}
