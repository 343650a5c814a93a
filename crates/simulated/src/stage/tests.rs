use std::collections::BTreeMap;

use chrono::TimeDelta;
use tidegate_detect::{Detector, Ledger, standard};
use tidegate_event::{IssueEvent, Resource, Signal};
use tidegate_source_kurrentdb::metrics::{Reader, ReaderOptions};

use super::*;
use crate::story::{LENGTH, MEASURED_EACH};

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_489_200, 0).expect("24 November 2026")
}

/// The issues that come of what the machines show, by kind: each state in a word, with its second. Nodes are asked so
/// many seconds after each other.
fn issues(seed: u64, apart: u32) -> BTreeMap<String, Vec<(&'static str, i64)>> {
    let mut stage = Stage::new(start(), 24.0, Random::seeded(seed));
    let mut detectors = standard();
    let mut ledger = Ledger::new(Random::seeded(1));
    let mut told = BTreeMap::<_, Vec<_>>::new();
    let node = |number| Resource::new().with_cluster("c").with_node(format!("n{number}"));
    let options = |number| ReaderOptions::new(node(number)).with_physical_cores(CORES).with_physical_memory(MEMORY);
    let mut readers: Vec<Reader> = (1..=3).map(|number| Reader::new(options(number).with_exclude(["*"]))).collect();
    for second in 0..=LENGTH {
        let at = start() + TimeDelta::seconds(second.into());
        let mut findings = Vec::new();
        for (number, reader) in (1..).zip(&mut readers) {
            if (second + apart * number).is_multiple_of(MEASURED_EACH) {
                let reply = stage.nodes.get(number as usize, "/metrics");
                let page = reply.within(Duration::ZERO).expect("an answer");
                let scrape = reader.read(page.body(), "text/plain", at).expect("metrics");
                for signal in scrape.samples.into_iter().map(Signal::from) {
                    for detector in &mut detectors {
                        detector.observe(&signal, &mut findings);
                    }
                }
            }
        }
        for detector in &mut detectors {
            detector.tick(at, &mut findings);
        }
        for issue in findings.into_iter().filter_map(|finding| ledger.apply(finding)) {
            let states = told.entry(issue.key.kind().to_string()).or_default();
            let word = word(&issue);
            if states.last().is_none_or(|(last, _)| *last != word) {
                states.push((word, i64::from(second)));
            }
        }
        stage.advance(Duration::from_secs(1));
    }
    assert_eq!(ledger.open().count(), 0, "seed {seed}");
    told
}

fn word(issue: &IssueEvent) -> &'static str {
    if issue.is_closed() { "closed" } else { issue.severity.as_str() }
}

#[test]
fn the_same_issues_open_and_close_with_every_seed_when_the_front_page_says() {
    let table = [
        ("core-load", vec![("warning", 105), ("closed", 545)]),
        ("disk-usage", vec![("warning", 300), ("critical", 430), ("closed", 610)]),
        ("memory-usage", vec![("warning", 345), ("closed", 825)]),
    ];
    for (seed, apart) in (0..12).map(|seed| (u64::from(seed), seed * 4 % 15)) {
        let told = issues(seed, apart);
        assert_eq!(told.len(), table.len(), "seed {seed}: {told:?}");
        for (kind, expected) in &table {
            let states = &told[*kind];
            assert_eq!(states.len(), expected.len(), "seed {seed}, {kind}: {states:?}");
            for ((state, second), (wanted, about)) in states.iter().zip(expected) {
                assert!(state == wanted && (second - about).abs() <= 30, "seed {seed}, {kind}: {states:?}");
            }
        }
    }
}
