//! The current readings, for the status line.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use tidegate::detect::{Detector, Finding, Ratios};
use tidegate::event::figure::number;
use tidegate::event::{Event, Name, Resource, Sample, Signal};
use tidegate::sinks::console::{Screen, escape};

use crate::amount::percent;
use crate::limits::Shown;

/// Sees every signal and finds no issue: keeps the status line.
pub(crate) struct Meter {
    screen: Screen,
    limits: Shown,
    ratios: Ratios,
    completed: Vec<Sample>,
    measured_at: Option<DateTime<Utc>>,
    /// `None`: not measured yet, or not any more.
    readings: BTreeMap<Figure, Option<f64>>,
}

/// What is shown, in this order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Figure {
    CoreLoad,
    Memory,
    Disk(Name),
}

impl Meter {
    /// Shows load, memory and these volumes on `screen`.
    pub(crate) fn new(screen: Screen, limits: Shown, volumes: impl IntoIterator<Item = Name>) -> Self {
        let figures = [Figure::CoreLoad, Figure::Memory].into_iter().chain(volumes.into_iter().map(Figure::Disk));
        Self {
            screen,
            limits,
            ratios: Ratios::standard(),
            completed: Vec::new(),
            measured_at: None,
            readings: figures.map(|figure| (figure, None)).collect(),
        }
    }

    fn gap(&mut self, resource: &Resource) {
        for (figure, reading) in &mut self.readings {
            if concerns(resource, figure) {
                *reading = None;
            }
        }
    }

    fn sample(&mut self, signal: &Signal, sample: &Sample) {
        self.measured_at = self.measured_at.max(Some(sample.at));
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

impl Detector for Meter {
    fn kind(&self) -> &'static str {
        "readings"
    }

    fn observe(&mut self, signal: &Signal, _findings: &mut Vec<Finding>) {
        match signal {
            Signal::Event(Event::Metric(sample)) => self.sample(signal, sample),
            Signal::Gap { resource, .. } => self.gap(resource),
            _ => {}
        }
    }

    fn tick(&mut self, _now: DateTime<Utc>, _findings: &mut Vec<Finding>) {
        if self.screen.shows_status() {
            self.screen.set_status(Some(self.line()));
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
        Meter::new(screen, Shown { core_load: 2.0, memory: 0.9, disk: 0.8 }, ["/".into(), "/data".into()])
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
            see(&mut meter, &all);
            assert!(!meter.line().contains("not measured"), "{resource}");
        }
    }
}
