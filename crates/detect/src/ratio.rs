use std::collections::HashMap;
use std::time::Duration;

use foldhash::fast::FixedState;
use tidegate_event::{Event, Name, Resource, Sample, Signal};

use crate::pair::Pair;

/// For how long a denominator is remembered.
const KEEP: Duration = Duration::from_mins(1);
/// How many resources are remembered for each ratio.
const MOST_RESOURCES: usize = 100_000;

/// Turns the raw measurements into the ratios that people look at, as metrics of their own: `tidegate.core_load`,
/// `tidegate.disk_usage` and `tidegate.memory_usage`, of unit `1`, at the resource and time of the measurement.
///
/// They join numerator and denominator exactly as the detectors do: samples of one measurement share their time, and a
/// denominator is remembered for 60 s. Labels are not looked at.
#[derive(Debug, Clone)]
pub struct Ratios {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone)]
struct Rule {
    name: Name,
    numerator: &'static str,
    denominator: &'static str,
    unit: Name,
    pairs: HashMap<Resource, Pair, FixedState>,
}

impl Ratios {
    /// The ratios that the standard detectors watch.
    pub fn standard() -> Self {
        let rules = [
            ("tidegate.core_load", "system.load.1m", "system.cpu.physical.count"),
            ("tidegate.disk_usage", "system.filesystem.used", "system.filesystem.size"),
            ("tidegate.memory_usage", "system.memory.used", "system.memory.total"),
        ];
        Self { rules: rules.into_iter().map(|(name, above, below)| Rule::new(name, above, below)).collect() }
    }

    /// Takes note of a signal and adds the ratios that it completes to `out`.
    pub fn observe(&mut self, signal: &Signal, out: &mut Vec<Sample>) {
        match signal {
            Signal::Event(Event::Metric(sample)) => {
                out.extend(self.rules.iter_mut().find_map(|rule| rule.observe(sample)));
            }
            Signal::Retired { resource, .. } | Signal::Restored { resource } => {
                for rule in &mut self.rules {
                    rule.pairs.retain(|known, _| !resource.covers(known));
                }
            }
            Signal::Event(_) | Signal::Views(_) | Signal::Gap { .. } => {}
        }
    }
}

impl Rule {
    fn new(name: &str, numerator: &'static str, denominator: &'static str) -> Self {
        Self { name: name.into(), numerator, denominator, unit: "1".into(), pairs: HashMap::default() }
    }

    fn observe(&mut self, sample: &Sample) -> Option<Sample> {
        let is_numerator = *sample.name == *self.numerator;
        if !is_numerator && *sample.name != *self.denominator {
            return None;
        }
        let at = sample.at.timestamp_millis();
        let keep = i64::try_from(KEEP.as_millis()).unwrap_or(i64::MAX);
        let pair = self.pair(&sample.resource)?;
        let quotient =
            if is_numerator { pair.numerator(sample.value(), at, keep) } else { pair.denominator(sample.value(), at) }?;
        Sample::new(self.name.clone(), sample.resource.clone(), quotient.value, self.unit.clone(), sample.at).ok()
    }

    /// The pair of `resource`, where there is room for it.
    fn pair(&mut self, resource: &Resource) -> Option<&mut Pair> {
        if !self.pairs.contains_key(resource) {
            if self.pairs.len() >= MOST_RESOURCES {
                // All are asked again within a minute: starting over costs each its first sample at most.
                self.pairs.clear();
            }
            self.pairs.insert(resource.clone(), Pair::default());
        }
        self.pairs.get_mut(resource)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn sample(name: &str, value: f64, seconds: i64) -> Signal {
        let at = DateTime::from_timestamp(1_700_000_000 + seconds, 0).expect("a date of this century");
        Signal::from(Sample::new(name, Resource::new().with_node("a"), value, "By", at).expect("finite"))
    }

    fn ratios(signals: &[Signal]) -> Vec<(String, f64, String)> {
        let mut ratios = Ratios::standard();
        let mut out = Vec::new();
        for signal in signals {
            ratios.observe(signal, &mut out);
        }
        out.iter().map(|sample| (sample.name.to_string(), sample.value(), sample.unit.to_string())).collect()
    }

    #[test]
    fn each_ratio_goes_by_its_name() {
        let table = [
            ("tidegate.core_load", "system.load.1m", "system.cpu.physical.count"),
            ("tidegate.disk_usage", "system.filesystem.used", "system.filesystem.size"),
            ("tidegate.memory_usage", "system.memory.used", "system.memory.total"),
        ];
        for (name, numerator, denominator) in table {
            let expected = [(name.to_owned(), 0.75, "1".to_owned())];
            assert_eq!(ratios(&[sample(denominator, 4.0, 0), sample(numerator, 3.0, 0)]), expected);
            assert_eq!(ratios(&[sample(numerator, 3.0, 0), sample(denominator, 4.0, 0)]), expected, "in any order");
        }
    }

    #[test]
    fn a_ratio_has_resource_and_time_of_its_measurement() {
        let (used, size) = (sample("system.memory.used", 1.0, 7), sample("system.memory.total", 2.0, 7));
        let mut out = Vec::new();
        let mut ratios = Ratios::standard();
        ratios.observe(&size, &mut out);
        ratios.observe(&used, &mut out);
        let Signal::Event(event) = used else { panic!("a metric") };
        assert_eq!((&out[0].resource, out[0].at), (event.resource(), event.at()));
    }

    #[test]
    fn nothing_without_a_fresh_denominator_that_makes_sense() {
        assert_eq!(ratios(&[sample("system.load.1m", 3.0, 0)]), []);
        assert_eq!(ratios(&[sample("system.cpu.physical.count", 0.0, 0), sample("system.load.1m", 3.0, 0)]), []);
        assert_eq!(ratios(&[sample("system.cpu.physical.count", 4.0, 0), sample("system.load.1m", 3.0, 61)]), []);
    }

    #[test]
    fn what_is_retired_is_forgotten() {
        let retired = Signal::Retired { resource: Resource::new().with_node("a"), why: "sold".to_owned() };
        let signals = [sample("system.cpu.physical.count", 4.0, 0), retired, sample("system.load.1m", 3.0, 1)];
        assert_eq!(ratios(&signals), []);
    }
}
