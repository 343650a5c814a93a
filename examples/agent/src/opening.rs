//! What is said first: what is watched, when it is an issue, where it goes.

use std::fmt::Write as _;
use std::path::Path;

use tidegate::event::figure::{bytes, number};
use tidegate::event::{Event, Signal};
use tidegate::sinks::console::escape;
use tidegate::sources::host::{Basis, Host, Volume};

use crate::amount::duration;
use crate::args::{PrintArgs, RunArgs};
use crate::limits::Limits;

/// What the host told of itself just now.
pub(crate) struct Seen {
    pub(crate) volumes: Vec<Volume>,
    pub(crate) first: Vec<Signal>,
    pub(crate) basis: Basis,
}

/// The words, with a line break at their end.
pub(crate) fn words(host: &Host, seen: &Seen, limits: &Limits, args: &RunArgs) -> String {
    let Seen { volumes, first, basis } = seen;
    let mut text = String::new();
    let version = env!("CARGO_PKG_VERSION");
    let (node, interval) = (host.node().to_string(), duration(host.interval()));
    // Writing to a String cannot fail.
    let _ = writeln!(text, "tidegate {version} watches {} every {interval}:", escape(&node));
    row(&mut text, "load", &cores(first, *basis));
    row(&mut text, "memory", &memory(first, *basis));
    if volumes.is_empty() {
        row(&mut text, "disk", "no local filesystem with data on it is mounted");
    }
    let widest = volumes.iter().map(|volume| mounted_at(volume).chars().count()).max().unwrap_or(0);
    for volume in volumes {
        let path = mounted_at(volume);
        let what = match &volume.filesystem {
            Ok(kind) => format!("{path:widest$}  {}, {kind}", size(first, "system.filesystem.size", Some(path))),
            Err(why) => format!("{path:widest$}  cannot be measured now: {why}"),
        };
        row(&mut text, "disk", &what);
    }
    text.push_str("When it is an issue:\n");
    let words = limits.words();
    let widest = words.iter().map(|(_, opens, _)| opens.chars().count()).max().unwrap_or(0);
    for (kind, opens, closes) in words {
        row(&mut text, kind, &format!("opens {opens:widest$}  closes {closes}"));
    }
    for warning in limits.warnings() {
        let _ = writeln!(text, "{warning}");
    }
    let _ = writeln!(text, "{}", destination(&args.print));
    text.push_str(&kept(args.state_dir.as_deref()));
    text.push_str("Ctrl-C ends it.\n\n");
    text
}

/// Where events and state are kept.
pub(crate) fn kept(dir: Option<&Path>) -> String {
    match dir {
        Some(dir) => format!("State is kept in {}.\n", escape(&dir.display().to_string())),
        None => {
            "State is kept in memory: a restart forgets which issues are open, and opens those that still are anew.\n"
                .to_owned()
        }
    }
}

fn row(text: &mut String, label: &str, what: &str) {
    let _ = writeln!(text, "  {label:<14}{}", escape(what));
}

fn mounted_at(volume: &Volume) -> &str {
    volume.resource.part.as_deref().unwrap_or_default()
}

fn cores(first: &[Signal], basis: Basis) -> String {
    let sort = if basis.logical_cores { "logical " } else { "" };
    match value(first, "system.cpu.physical.count", None) {
        Some(1.0) => format!("1 {sort}core"),
        Some(cores) => format!("{} {sort}cores", number(cores)),
        None => "the number of cores cannot be read now".to_owned(),
    }
}

fn memory(first: &[Signal], basis: Basis) -> String {
    let total = size(first, "system.memory.total", None);
    match basis.machine_memory {
        Some(machine) => {
            format!("{total} (limit of its control group; the machine has {})", bytes(machine as f64))
        }
        None => total,
    }
}

fn size(first: &[Signal], name: &str, part: Option<&str>) -> String {
    value(first, name, part).map_or_else(|| "its size cannot be read now".to_owned(), bytes)
}

fn value(first: &[Signal], name: &str, part: Option<&str>) -> Option<f64> {
    first.iter().find_map(|signal| match signal {
        Signal::Event(Event::Metric(sample)) if *sample.name == *name && sample.resource.part.as_deref() == part => {
            Some(sample.value())
        }
        _ => None,
    })
}

fn destination(print: &PrintArgs) -> &'static str {
    match (print.json, print.metrics) {
        (false, false) => "Issues are printed on standard output.",
        (false, true) => "Issues and measured values are printed on standard output.",
        (true, false) => "Issues are printed on standard output, each as one line of JSON.",
        (true, true) => "Issues and measured values are printed on standard output, each as one line of JSON.",
    }
}

#[cfg(test)]
mod tests {
    use tidegate::event::{Resource, Sample};

    use super::*;

    #[test]
    fn figures_that_are_not_of_the_whole_machine_or_its_cores_are_told_as_such() {
        let sample = |name: &str, value: f64| {
            let at = "2026-11-24T03:00:00Z".parse().expect("a time");
            Signal::from(Sample::new(name, Resource::new(), value, "1", at).expect("finite"))
        };
        let first = [sample("system.cpu.physical.count", 4.0), sample("system.memory.total", 209_715_200.0)];
        let usual = Basis::default();
        assert_eq!((cores(&first, usual).as_str(), memory(&first, usual).as_str()), ("4 cores", "200.0 MiB"));
        let mut basis = usual;
        basis.logical_cores = true;
        basis.machine_memory = Some(25_232_932_864);
        assert_eq!(cores(&first, basis), "4 logical cores");
        let words = "200.0 MiB (limit of its control group; the machine has 23.5 GiB)";
        assert_eq!(memory(&first, basis), words);
    }
}
