use std::collections::BTreeSet;
use std::path::Path;

use crate::roots::{Measured, Roots, malformed, read, read_if_there};

/// The three load averages: of 1, 5 and 15 minutes.
pub(crate) fn load(roots: &Roots) -> Measured<[f64; 3]> {
    let path = roots.proc("loadavg");
    let text = read(&path)?;
    let mut figures = text
        .split_ascii_whitespace()
        .map_while(|figure| figure.parse::<f64>().ok().filter(|load| load.is_finite() && *load >= 0.0));
    match (figures.next(), figures.next(), figures.next()) {
        (Some(one), Some(five), Some(fifteen)) => Ok([one, five, fifteen]),
        _ => Err(malformed(&path, &text, "three load averages")),
    }
}

/// How many cores are online.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cores {
    /// The machine tells which threads share one.
    Physical(usize),
    /// It does not: every thread counts.
    Logical(usize),
}

/// The cores that are online, physical ones where the machine tells.
pub(crate) fn cores(roots: &Roots) -> Measured<Cores> {
    let cpus = roots.sys("devices/system/cpu");
    let online = match read_if_there(&cpus.join("online"))? {
        Some(text) => parse_list(&text).ok_or_else(|| malformed(&cpus.join("online"), &text, "a list like 0-3,8"))?,
        None => return listed(roots).map(Cores::Logical),
    };
    let distinct: Option<BTreeSet<String>> = online.iter().map(|cpu| core_of(&cpus, *cpu)).collect();
    Ok(distinct.map_or(Cores::Logical(online.len()), |distinct| Cores::Physical(distinct.len())))
}

/// A name of the core to which a thread belongs, the same for all its threads.
///
/// The list of siblings comes first: where cores are grouped into dies or clusters, their numbers repeat within a
/// package.
fn core_of(cpus: &Path, cpu: usize) -> Option<String> {
    let topology = cpus.join(format!("cpu{cpu}/topology"));
    let say = |file: &str| read(&topology.join(file)).ok().map(|text| text.trim().to_owned());
    let siblings = ["core_cpus_list", "thread_siblings_list"].into_iter().filter_map(say);
    if let Some(siblings) = siblings.into_iter().find(|text| parse_list(text).is_some()) {
        return Some(siblings);
    }
    let known = |id: String| id.parse::<u32>().ok();
    let (package, core) = (say("physical_package_id").and_then(known)?, say("core_id").and_then(known)?);
    Some(format!("{package}/{core}"))
}

/// The threads that `/proc/cpuinfo` lists.
fn listed(roots: &Roots) -> Measured<usize> {
    let path = roots.proc("cpuinfo");
    let text = read(&path)?;
    match text.lines().filter(|line| line.starts_with("processor")).count() {
        0 => Err(malformed(&path, &text, "a list of processors")),
        count => Ok(count),
    }
}

/// The numbers of a list like `0-3,8`, at least one and each once.
fn parse_list(text: &str) -> Option<BTreeSet<usize>> {
    /// More than any kernel is built for.
    const MOST: usize = 65_536;
    let mut numbers = BTreeSet::new();
    for part in text.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        if first > last || last >= MOST {
            return None;
        }
        numbers.extend(first..=last);
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_processors_is_read() {
        let list = |text: &str| parse_list(text).map(|numbers| numbers.into_iter().collect::<Vec<_>>());
        assert_eq!(list("0-3,8,10-11\n"), Some(vec![0, 1, 2, 3, 8, 10, 11]));
        assert_eq!(list("0"), Some(vec![0]));
        for wrong in ["", "\n", "3-1", "a", "0-", "0,,1", "0-99999999", "-1"] {
            assert_eq!(list(wrong), None, "{wrong:?}");
        }
    }
}
