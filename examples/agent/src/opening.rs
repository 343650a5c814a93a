//! What is said first: what is watched, when it is an issue, where it goes.

use std::fmt::Write as _;

use tidegate::event::{Event, Signal};
use tidegate::sinks::console::escape;
use tidegate::sources::host::{Host, Volume};

use crate::amount::{bytes, duration, number};
use crate::args::PrintArgs;
use crate::limits::Limits;

/// The words, with a line break at their end. `first`: what was measured just now.
pub(crate) fn words(host: &Host, volumes: &[Volume], first: &[Signal], limits: &Limits, print: &PrintArgs) -> String {
    let mut text = String::new();
    let version = env!("CARGO_PKG_VERSION");
    let (node, interval) = (host.node().to_string(), duration(host.interval()));
    // Writing to a String cannot fail.
    let _ = writeln!(text, "tidegate {version} watches {} every {interval}:", escape(&node));
    row(&mut text, "load", &cores(first));
    row(&mut text, "memory", &size(first, "system.memory.total", None));
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
    if let Some(warning) = limits.warning() {
        let _ = writeln!(text, "{warning}");
    }
    let _ = writeln!(text, "{}", destination(print));
    text.push_str(
        "State is kept in memory: a restart forgets which issues are open, and opens those that still are anew.\n",
    );
    text.push_str("Ctrl-C ends it.\n\n");
    text
}

fn row(text: &mut String, label: &str, what: &str) {
    let _ = writeln!(text, "  {label:<14}{}", escape(what));
}

fn mounted_at(volume: &Volume) -> &str {
    volume.resource.part.as_deref().unwrap_or_default()
}

fn cores(first: &[Signal]) -> String {
    match value(first, "system.cpu.physical.count", None) {
        Some(1.0) => "1 core".to_owned(),
        Some(cores) => format!("{} cores", number(cores)),
        None => "the number of cores cannot be read now".to_owned(),
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
