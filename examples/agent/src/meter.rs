//! The current readings, for the status line.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tidegate::detect::{Detector, Finding, Ratios};
use tidegate::event::{Event, Name, Resource, Sample, Signal};
use tidegate::sinks::console::{Screen, escape};

use crate::amount::{number, percent};
use crate::limits::Shown;

/// Sees every signal and finds no issue: keeps the status line, and tells once of what cannot be measured.
pub(crate) struct Meter {
    /// Where the status line is kept, if anywhere.
    screen: Option<Screen>,
    limits: Shown,
    ratios: Ratios,
    completed: Vec<Sample>,
    measured_at: Option<DateTime<Utc>>,
    /// `None`: not measured yet, or not any more.
    readings: BTreeMap<Figure, Option<f64>>,
    gaps: Gaps,
}

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

/// What is shown, in this order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Figure {
    CoreLoad,
    Memory,
    Disk(Name),
}

impl Meter {
    /// Shows load, memory and these volumes on `screen`, or nowhere.
    pub(crate) fn new(screen: Option<Screen>, limits: Shown, volumes: impl IntoIterator<Item = Name>) -> Self {
        let figures = [Figure::CoreLoad, Figure::Memory].into_iter().chain(volumes.into_iter().map(Figure::Disk));
        Self {
            screen,
            limits,
            ratios: Ratios::standard(),
            completed: Vec::new(),
            measured_at: None,
            readings: figures.map(|figure| (figure, None)).collect(),
            gaps: Gaps::default(),
        }
    }

    pub(crate) fn gaps(&self) -> &Gaps {
        &self.gaps
    }

    fn gap(&mut self, resource: &Resource, why: &str) {
        for (figure, reading) in &mut self.readings {
            if concerns(resource, figure) {
                *reading = None;
            }
        }
        if self.gaps.add(resource, why) {
            tracing::warn!(%resource, why, "cannot be measured");
        }
    }

    fn sample(&mut self, signal: &Signal, sample: &Sample) {
        self.measured_at = self.measured_at.max(Some(sample.at));
        for resource in self.gaps.remove(sample) {
            tracing::warn!(%resource, "is measured again");
        }
        self.ratios.observe(signal, &mut self.completed);
        for ratio in self.completed.drain(..) {
            let figure = match (&*ratio.name, &ratio.resource.part) {
                ("tidegate.core_load", _) => Figure::CoreLoad,
                ("tidegate.memory_usage", _) => Figure::Memory,
                ("tidegate.disk_usage", Some(part)) => Figure::Disk(part.clone()),
                _ => continue,
            };
            self.readings.insert(figure, Some(ratio.value()));
        }
    }

    fn line(&self) -> String {
        let Some(at) = self.measured_at else { return "Measuring…".to_owned() };
        let mut line = at.format("%H:%M:%S UTC").to_string();
        // The end is cut where the terminal is narrow.
        let mut readings: Vec<_> = self.readings.iter().collect();
        readings.sort_by_key(|(figure, reading)| match reading {
            Some(value) if *value > self.limit(figure) => 0,
            None => 1,
            Some(_) => 2,
        });
        for (figure, reading) in readings {
            line.push_str(" │ ");
            line.push_str(&self.words(figure, *reading));
        }
        line
    }

    fn limit(&self, figure: &Figure) -> f64 {
        match figure {
            Figure::CoreLoad => self.limits.core_load,
            Figure::Memory => self.limits.memory,
            Figure::Disk(_) => self.limits.disk,
        }
    }

    /// `memory 41.2 % < 90 %`: the reading, on which side of its limit it is, and the limit.
    fn words(&self, figure: &Figure, reading: Option<f64>) -> String {
        let name = escape(match figure {
            Figure::CoreLoad => "load",
            Figure::Memory => "memory",
            Figure::Disk(point) => point,
        });
        let limit = self.limit(figure);
        let Some(value) = reading else { return format!("{name} not measured") };
        let side = match value.total_cmp(&limit) {
            Ordering::Less => '<',
            Ordering::Equal => '=',
            Ordering::Greater => '>',
        };
        match figure {
            Figure::CoreLoad => format!("{name} {value:.2} {side} {} a core", number(limit)),
            Figure::Memory | Figure::Disk(_) => format!("{name} {:.1} % {side} {}", value * 100.0, percent(limit)),
        }
    }
}

/// Whether a gap at `resource` leaves `figure` without a reading. The host source names what cannot be measured of
/// the node as its part.
fn concerns(resource: &Resource, figure: &Figure) -> bool {
    match (resource.part.as_deref(), figure) {
        (None, _)
        | (Some("load" | "cpu"), Figure::CoreLoad)
        | (Some("memory"), Figure::Memory)
        | (Some("filesystems"), Figure::Disk(_)) => true,
        (Some(part), Figure::Disk(point)) => part == &**point,
        (Some(_), _) => false,
    }
}

/// What `sample` shows to be measured, as gaps would name it: the node too, as something of it is.
fn measured(sample: &Sample) -> Vec<Resource> {
    let node = Resource { part: None, ..sample.resource.clone() };
    let part = match sample.name.strip_prefix("system.") {
        Some(name) if name.starts_with("load.") => Some("load"),
        Some(name) if name.starts_with("cpu.") => Some("cpu"),
        Some(name) if name.starts_with("memory.") => Some("memory"),
        Some(name) if name.starts_with("filesystem.") => Some("filesystems"),
        _ => None,
    };
    let mut measured = vec![sample.resource.clone()];
    measured.extend(part.map(|part| node.clone().with_part(part)));
    if sample.resource.part.is_some() {
        measured.push(node);
    }
    measured
}

impl Detector for Meter {
    fn kind(&self) -> &'static str {
        "readings"
    }

    fn observe(&mut self, signal: &Signal, _findings: &mut Vec<Finding>) {
        match signal {
            Signal::Event(Event::Metric(sample)) => self.sample(signal, sample),
            Signal::Gap { resource, why } => self.gap(resource, why),
            _ => {}
        }
    }

    fn tick(&mut self, _now: DateTime<Utc>, _findings: &mut Vec<Finding>) {
        if let Some(screen) = self.screen.as_ref().filter(|screen| screen.shows_status()) {
            screen.set_status(Some(self.line()));
        }
    }
}

#[cfg(test)]
mod tests {
    use tidegate::sinks::console::Output;

    use super::*;

    fn node() -> Resource {
        Resource::new().with_node("a")
    }

    fn meter() -> Meter {
        let screen = Screen::new(Output::nowhere(), Output::nowhere()).expect("a thread");
        Meter::new(Some(screen), Shown { core_load: 2.0, memory: 0.9, disk: 0.8 }, ["/".into(), "/data".into()])
    }

    fn see(meter: &mut Meter, samples: &[(&str, Resource, f64)]) {
        for (name, resource, value) in samples {
            let at = DateTime::from_timestamp(1_700_000_000, 0).expect("a time");
            let sample = Sample::new(*name, resource.clone(), *value, "1", at).expect("finite");
            meter.observe(&Signal::from(sample), &mut Vec::new());
        }
    }

    #[test]
    fn the_line_shows_each_reading_beside_its_limit_and_what_is_not_measured() {
        let mut meter = meter();
        assert_eq!(meter.line(), "Measuring…");
        let root = node().with_part("/");
        see(
            &mut meter,
            &[
                ("system.cpu.physical.count", node(), 4.0),
                ("system.load.1m", node(), 9.2),
                ("system.memory.total", node(), 1000.0),
                ("system.memory.used", node(), 412.0),
                ("system.filesystem.size", root.clone(), 1000.0),
                ("system.filesystem.used", root, 800.4),
            ],
        );
        assert_eq!(
            meter.line(),
            "22:13:20 UTC │ load 2.30 > 2 a core │ / 80.0 % > 80 % │ /data not measured │ memory 41.2 % < 90 %"
        );
    }

    #[test]
    fn a_gap_takes_away_what_it_concerns_and_no_more() {
        let all = [
            ("system.cpu.physical.count", node(), 4.0),
            ("system.load.1m", node(), 1.0),
            ("system.memory.total", node(), 4.0),
            ("system.memory.used", node(), 1.0),
            ("system.filesystem.size", node().with_part("/"), 4.0),
            ("system.filesystem.used", node().with_part("/"), 1.0),
            ("system.filesystem.size", node().with_part("/data"), 4.0),
            ("system.filesystem.used", node().with_part("/data"), 1.0),
        ];
        let table = [
            (node().with_part("load"), "load "),
            (node().with_part("cpu"), "load "),
            (node().with_part("memory"), "memory "),
            (node().with_part("/data"), "/data "),
            (node().with_part("filesystems"), "/ /data "),
            (node(), "load memory / /data "),
        ];
        for (resource, lost) in table {
            let mut meter = meter();
            see(&mut meter, &all);
            meter.observe(&Signal::Gap { resource: resource.clone(), why: "gone".to_owned() }, &mut Vec::new());
            let mut names = String::new();
            for part in meter.line().split(" │ ").filter_map(|part| part.strip_suffix("not measured")) {
                names.push_str(part);
            }
            assert_eq!(names, lost, "{resource}");
            assert_eq!(meter.gaps.now(), BTreeMap::from([(resource.clone(), "gone".to_owned())]));
            see(&mut meter, &all);
            assert_eq!(meter.gaps.now(), BTreeMap::new(), "{resource}");
        }
    }
}
