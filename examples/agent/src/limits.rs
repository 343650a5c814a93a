//! From the flags to detectors, and to words about them.

use std::time::Duration;

use tidegate::detect::{DetectError, Detector, Rule, Threshold, ThresholdBuilder};
use tidegate::event::figure::number;

use crate::amount::{SHORTEST_INTERVAL, duration, percent};
use crate::args::LimitArgs;

/// How often is measured where nothing asks for more.
const INTERVAL: Duration = Duration::from_secs(10);
/// After how long without a measurement nothing is known, where nothing asks for more.
const STALE_AFTER: Duration = Duration::from_mins(1);

/// The detectors of this machine, not yet built.
pub(crate) struct Limits {
    pub(crate) interval: Duration,
    core_load: ThresholdBuilder,
    memory: ThresholdBuilder,
    disk: ThresholdBuilder,
}

/// The limits that readings are shown beside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown {
    pub(crate) core_load: f64,
    pub(crate) memory: f64,
    pub(crate) disk: f64,
}

impl Limits {
    /// The limits of `args`. `interval`: how often is measured, where that was said.
    ///
    /// # Errors
    /// When two flags contradict each other.
    pub(crate) fn new(args: &LimitArgs, interval: Option<Duration>) -> Result<Self, String> {
        check("core-load", args.core_load_limit, args.core_load_close, None)?;
        check("memory", args.memory_limit, args.memory_close, args.memory_critical)?;
        check("disk", args.disk_limit, args.disk_close, args.disk_critical)?;
        let core_load = Threshold::core_load()
            .with_open(Rule::consistently(args.core_load_limit, args.core_load_for))
            .with_close(close(args.core_load_limit, args.core_load_close, args.core_load_close_for));
        let memory = Threshold::memory_usage()
            .with_open(Rule::consistently(args.memory_limit, args.memory_for))
            .with_close(close(args.memory_limit, args.memory_close, args.memory_close_for));
        let disk = Threshold::disk_usage()
            .with_open(Rule::consistently(args.disk_limit, args.disk_for).with_samples(args.disk_samples))
            .with_close(close(args.disk_limit, args.disk_close, args.disk_close_for));
        let memory = critical(memory, args.memory_critical);
        let disk = critical(disk, args.disk_critical);
        let rules = [&core_load, &memory, &disk].map(|builder| [builder.open(), builder.close()]);
        let interval = interval.unwrap_or_else(|| fitting(rules.as_flattened()));
        let stale_after = args.stale_after.unwrap_or_else(|| STALE_AFTER.max(interval * 3));
        if stale_after < interval * 3 {
            let (stale_after, interval, least) = (duration(stale_after), duration(interval), duration(interval * 3));
            return Err(format!(
                "--stale-after is {stale_after}; it must be at least {least}, three times the interval of {interval}"
            ));
        }
        let timed = |builder: ThresholdBuilder| builder.with_source_interval(interval).with_stale_after(stale_after);
        Ok(Self { interval, core_load: timed(core_load), memory: timed(memory), disk: timed(disk) })
    }

    pub(crate) fn shown(&self) -> Shown {
        Shown {
            core_load: self.core_load.open().limit(),
            memory: self.memory.open().limit(),
            disk: self.disk.open().limit(),
        }
    }

    /// For each detector its kind, when it opens and when it closes.
    pub(crate) fn words(&self) -> [(&'static str, String, String); 3] {
        let load = |limit| format!("{} a core", number(limit));
        [
            words("core-load", &self.core_load, load),
            words("memory-usage", &self.memory, percent),
            words("disk-usage", &self.disk, percent),
        ]
    }

    /// What the flags ask for and cannot have: each rule that takes longer than it says.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let kinds = [("load", &self.core_load), ("memory", &self.memory), ("disk", &self.disk)];
        let rules = kinds
            .into_iter()
            .flat_map(|(kind, builder)| [(kind, "opens", builder.open()), (kind, "closes", builder.close())]);
        rules.filter_map(|(kind, what, rule)| self.late(kind, what, rule)).collect()
    }

    fn late(&self, kind: &str, what: &str, rule: Rule) -> Option<String> {
        // It takes two to see that something lasts.
        let samples = rule.samples().max(2);
        let takes = self.interval * (samples - 1);
        if rule.duration().is_zero() || takes <= rule.duration() {
            return None;
        }
        let (takes, interval, asked) = (duration(takes), duration(self.interval), duration(rule.duration()));
        let sooner = match (kind, what) {
            ("disk", "opens") => "or fewer --disk-samples make",
            _ => "makes",
        };
        Some(format!(
            "Note: a {kind} issue {what} after {takes}, not {asked}: {samples} measurements, {interval} apart, take that \
             long. A shorter --interval {sooner} it sooner."
        ))
    }

    /// The detectors.
    ///
    /// # Errors
    /// When a detector refuses its figures, which were checked before.
    pub(crate) fn build(self) -> Result<Vec<Box<dyn Detector>>, DetectError> {
        let build = |builder: ThresholdBuilder| Ok(Box::new(builder.build()?) as Box<dyn Detector>);
        [self.core_load, self.memory, self.disk].into_iter().map(build).collect()
    }
}

/// Refuses a limit of closing above that of opening, and a critical one below it.
fn check(name: &str, open: f64, close: Option<f64>, critical: Option<f64>) -> Result<(), String> {
    match (close, critical) {
        (Some(close), _) if close > open => Err(format!(
            "--{name}-close is {}; it must be at most --{name}-limit, which is {}",
            number(close),
            number(open)
        )),
        (_, Some(critical)) if critical < open => Err(format!(
            "--{name}-critical is {}; it must be at least --{name}-limit, which is {}",
            number(critical),
            number(open)
        )),
        _ => Ok(()),
    }
}

fn close(open: f64, limit: Option<f64>, held: Duration) -> Rule {
    Rule::consistently(limit.unwrap_or(open), held)
}

/// As asked for; by default the standard figure, which must not be below the limit of opening.
fn critical(builder: ThresholdBuilder, asked: Option<f64>) -> ThresholdBuilder {
    let standard = builder.critical().map(|standard| standard.max(builder.open().limit()));
    builder.with_critical(asked.or(standard))
}

/// An interval at which each rule can be met in its time: its samples, or at least two measurements, fall into it.
fn fitting(rules: &[Rule]) -> Duration {
    let timed = rules.iter().filter(|rule| !rule.duration().is_zero());
    let wanted = timed.map(|rule| rule.duration() / rule.samples().max(2)).min();
    wanted.unwrap_or(INTERVAL).clamp(SHORTEST_INTERVAL, INTERVAL)
}

fn words(
    kind: &'static str,
    builder: &ThresholdBuilder,
    figure: impl Fn(f64) -> String,
) -> (&'static str, String, String) {
    let mut opens = format!("above {}{}", figure(builder.open().limit()), held(builder.open()));
    if let Some(critical) = builder.critical() {
        opens = format!("{opens}, critical from {}", figure(critical));
    }
    (kind, opens, format!("below {}{}", figure(builder.close().limit()), held(builder.close())))
}

/// ` for 2 min and 4 measurements`, or nothing where one is enough.
fn held(rule: Rule) -> String {
    match (rule.duration(), rule.samples()) {
        (Duration::ZERO, 1) => String::new(),
        (Duration::ZERO, samples) => format!(" in {samples} measurements"),
        (held, 1) => format!(" for {}", duration(held)),
        (held, samples) => format!(" for {} and {samples} measurements", duration(held)),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Args, Command};

    fn limits(flags: &[&str]) -> Result<Limits, String> {
        let words = ["tidegate", "run"].iter().chain(flags);
        let Command::Run(args) = Args::try_parse_from(words).expect("flags of ours").command else { panic!("not run") };
        Limits::new(&args.limits, args.watch.interval)
    }

    #[test]
    fn the_defaults_are_those_of_the_standard_detectors() {
        let limits = limits(&[]).expect("valid");
        for (ours, standard) in [
            (&limits.core_load, Threshold::core_load()),
            (&limits.memory, Threshold::memory_usage()),
            (&limits.disk, Threshold::disk_usage()),
        ] {
            assert_eq!(
                (ours.open(), ours.close(), ours.critical()),
                (standard.open(), standard.close(), standard.critical())
            );
        }
        assert_eq!(limits.interval, Duration::from_secs(10));
        assert_eq!(limits.warnings(), [""; 0]);
        assert_eq!(limits.build().expect("valid").len(), 3);
    }

    #[test]
    fn the_interval_fits_the_shortest_time_unless_it_was_given() {
        let table: [(&[&str], u64); 6] = [
            (&["--disk-for", "2s"], 500),
            (&["--disk-for", "0"], 10_000),
            (&["--disk-for", "100ms"], 100),
            (&["--memory-close-for", "3s"], 1_500),
            (&["--core-load-for", "1m", "--disk-for", "20s", "--disk-samples", "2"], 10_000),
            (&["--disk-for", "2s", "--interval", "30s"], 30_000),
        ];
        for (flags, milliseconds) in table {
            let limits = limits(flags).expect("valid");
            assert_eq!(limits.interval, Duration::from_millis(milliseconds), "{flags:?}");
            limits.build().expect("valid");
        }
    }

    #[test]
    fn a_time_that_cannot_be_kept_is_said() {
        let table: [(&[&str], &[&str]); 5] = [
            (
                &["--disk-for", "2s"],
                &[
                    "Note: a disk issue opens after 30 s, not 2 s: 4 measurements, 10 s apart, take that long. A shorter \
                   --interval or fewer --disk-samples make it sooner.",
                ],
            ),
            (
                &["--memory-for", "3s", "--core-load-close-for", "9s"],
                &[
                    "Note: a load issue closes after 10 s, not 9 s: 2 measurements, 10 s apart, take that long. A \
                     shorter --interval makes it sooner.",
                    "Note: a memory issue opens after 10 s, not 3 s: 2 measurements, 10 s apart, take that long. A \
                     shorter --interval makes it sooner.",
                ],
            ),
            (&["--disk-for", "0"], &[]),
            (&["--disk-for", "30s", "--disk-close-for", "10s"], &[]),
            (
                &["--disk-for", "1ms", "--disk-samples", "1", "--disk-close-for", "1ms", "--memory-close-for", "1ms"],
                &[
                    "Note: a memory issue closes after 10 s, not 1 ms",
                    "Note: a disk issue opens after 10 s, not 1 ms",
                    "Note: a disk issue closes after 10 s, not 1 ms",
                ],
            ),
        ];
        for (flags, notes) in table {
            let flags = [flags, &["--interval", "10s"]].concat();
            let warnings = limits(&flags).expect("valid").warnings();
            assert_eq!(warnings.len(), notes.len(), "{flags:?}: {warnings:?}");
            for (warning, note) in warnings.iter().zip(notes) {
                assert!(warning.starts_with(note), "{flags:?}: {warning}");
            }
        }
    }

    #[test]
    fn a_limit_above_the_standard_critical_one_is_critical_at_once() {
        let limits = limits(&["--disk-limit", "95%"]).expect("valid");
        assert_eq!(limits.disk.critical(), Some(0.95));
        limits.build().expect("valid");
    }

    #[test]
    fn flags_that_contradict_each_other_are_named() {
        let table: [(&[&str], &str); 4] = [
            (&["--disk-close", "90%"], "--disk-close is 0.9; it must be at most --disk-limit, which is 0.8"),
            (
                &["--memory-critical", "0.5"],
                "--memory-critical is 0.5; it must be at least --memory-limit, which is 0.9",
            ),
            (&["--core-load-close", "3"], "--core-load-close is 3; it must be at most --core-load-limit, which is 2"),
            (
                &["--stale-after", "5s"],
                "--stale-after is 5 s; it must be at least 30 s, three times the interval of 10 s",
            ),
        ];
        for (flags, why) in table {
            assert_eq!(limits(flags).err().as_deref(), Some(why), "{flags:?}");
        }
    }
}
