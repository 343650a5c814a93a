//! What cannot be measured, and why.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tidegate::detect::{Detector, Finding};
use tidegate::event::{Event, Resource, Sample, Signal};

/// What cannot be measured now, and why. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gaps {
    known: Arc<Mutex<BTreeMap<Resource, String>>>,
}

impl Gaps {
    pub(crate) fn now(&self) -> BTreeMap<Resource, String> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether that is news.
    fn add(&self, resource: &Resource, why: &str) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(resource.clone(), why.to_owned()).is_none_or(|before| before != why)
    }

    /// Takes away what `sample` shows to be measured.
    fn remove(&self, sample: &Sample) -> Vec<Resource> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_empty() {
            return Vec::new();
        }
        measured(sample).into_iter().filter(|resource| known.remove(resource).is_some()).collect()
    }
}

/// Sees every signal and finds no issue: tells once of what cannot be measured, and once when it can again.
#[derive(Debug, Default)]
pub(crate) struct GapWatch {
    gaps: Gaps,
}

impl GapWatch {
    pub(crate) fn gaps(&self) -> &Gaps {
        &self.gaps
    }
}

impl Detector for GapWatch {
    fn kind(&self) -> &'static str {
        "gaps"
    }

    fn observe(&mut self, signal: &Signal, _findings: &mut Vec<Finding>) {
        match signal {
            Signal::Event(Event::Metric(sample)) => {
                for resource in self.gaps.remove(sample) {
                    tracing::warn!(%resource, "is measured again");
                }
            }
            Signal::Gap { resource, why } if self.gaps.add(resource, why) => {
                tracing::warn!(%resource, why, "cannot be measured");
            }
            _ => {}
        }
    }

    fn tick(&mut self, _now: DateTime<Utc>, _findings: &mut Vec<Finding>) {}
}

/// What `sample` shows to be measured, as gaps would name it: the node too, as something of it is. The host source
/// names what cannot be measured of the node as its part.
fn measured(sample: &Sample) -> Vec<Resource> {
    let node = Resource { part: None, ..sample.resource.clone() };
    // What others than the host source tell of a node is a part of its own.
    let others = sample.name.starts_with("kurrentdb.").then_some("metrics");
    let part = match sample.name.strip_prefix("system.") {
        Some(name) if name.starts_with("load.") => Some("load"),
        Some(name) if name.starts_with("cpu.") => Some("cpu"),
        Some(name) if name.starts_with("memory.") => Some("memory"),
        Some(name) if name.starts_with("filesystem.") => Some("filesystems"),
        _ => others,
    };
    let mut measured = vec![sample.resource.clone()];
    measured.extend(part.map(|part| node.clone().with_part(part)));
    if sample.resource.part.is_some() {
        measured.push(node);
    }
    measured
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_again_is_a_gap_no_more() {
        let node = || Resource::new().with_node("a");
        let table = [
            (node().with_part("load"), "system.load.1m", node()),
            (node().with_part("cpu"), "system.cpu.physical.count", node()),
            (node().with_part("memory"), "system.memory.used", node()),
            (node().with_part("/data"), "system.filesystem.used", node().with_part("/data")),
            (node().with_part("filesystems"), "system.filesystem.used", node().with_part("/")),
            (node(), "system.filesystem.used", node().with_part("/")),
            (node().with_part("metrics"), "kurrentdb.elections_count", node()),
        ];
        let mut watch = GapWatch::default();
        let mut see = |signal: Signal| {
            watch.observe(&signal, &mut Vec::new());
            watch.gaps().now()
        };
        for (resource, name, measured) in table {
            let gap = Signal::Gap { resource: resource.clone(), why: "gone".to_owned() };
            assert_eq!(see(gap), BTreeMap::from([(resource.clone(), "gone".to_owned())]));
            let sample = |name: &str, resource: &Resource| {
                Signal::from(Sample::new(name, resource.clone(), 1.0, "1", DateTime::UNIX_EPOCH).expect("finite"))
            };
            assert_eq!(see(sample("orders.total", &Resource::new().with_node("b"))).len(), 1, "{resource}");
            assert_eq!(see(sample(name, &measured)), BTreeMap::new(), "{resource}");
        }
    }
}
