use std::collections::{BTreeSet, HashMap};

use foldhash::fast::FixedState;
use tidegate_event::{Name, Resource};

/// For how long a closed series is remembered that has fallen silent, in milliseconds.
const FORGET_AFTER: i64 = 3_600_000;

/// What is remembered of one resource, as far as the book must know. Times in milliseconds.
pub(crate) trait Series: Default {
    /// When it was last heard of, by the clock of the ticks.
    fn heard(&self) -> i64;

    /// Lets that be `heard`.
    fn hear(&mut self, heard: i64);

    /// Whether there ever was a verdict.
    fn is_known(&self) -> bool;

    /// Whether it was said that nothing can be told.
    fn is_unknown(&self) -> bool;

    /// Whether there is an issue.
    fn is_open(&self) -> bool;
}

/// All series, by resource. What it tells of several comes in their order, so that a run can be repeated.
#[derive(Debug)]
pub(crate) struct Book<S> {
    series: HashMap<Resource, S, FixedState>,
    /// Each resource of a node under that node: what cannot be measured is a node as a rule, and they may all go at once.
    by_node: BTreeSet<(Name, Resource)>,
    most: usize,
    /// There was no room, and nothing to forget. Not to be tried again with each sample.
    full: bool,
}

impl<S: Series> Book<S> {
    pub(crate) fn new(most: usize) -> Self {
        Self { series: HashMap::default(), by_node: BTreeSet::new(), most, full: false }
    }

    pub(crate) fn len(&self) -> usize {
        self.series.len()
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.series.is_empty() && self.by_node.is_empty()
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, resource: &Resource) -> Option<&mut S> {
        self.series.get_mut(resource)
    }

    /// A new series, where there is room or can be made.
    pub(crate) fn add(&mut self, resource: &Resource, heard: i64) -> Option<&mut S> {
        if self.series.len() >= self.most && !self.make_room() {
            return None;
        }
        let series = self.add_always(resource);
        series.hear(heard);
        Some(series)
    }

    /// A new series, or the one there is: for an issue that is open from before, there is always room.
    pub(crate) fn add_always(&mut self, resource: &Resource) -> &mut S {
        self.series.entry(resource.clone()).or_insert_with(|| {
            if let Some(node) = &resource.node {
                self.by_node.insert((node.clone(), resource.clone()));
            }
            S::default()
        })
    }

    /// All that `resource` covers, in order.
    pub(crate) fn covered(&self, resource: &Resource) -> Vec<Resource> {
        let covers = |known: &&Resource| resource.covers(known);
        let mut covered: Vec<Resource> = match &resource.node {
            Some(node) => {
                let from = (node.clone(), Resource::new());
                let of_node = self.by_node.range(from..).take_while(|(name, _)| name == node);
                of_node.map(|(_, known)| known).filter(covers).cloned().collect()
            }
            None => self.series.keys().filter(covers).cloned().collect(),
        };
        covered.sort_unstable();
        covered
    }

    pub(crate) fn remove(&mut self, resource: &Resource) {
        self.series.remove(resource);
        self.full = false;
        if let Some(node) = &resource.node {
            self.by_node.remove(&(node.clone(), resource.clone()));
        }
    }

    /// Lets it be `now`. Forgets what is long silent. Returns what has fallen silent, in order, and when there will be
    /// something to do again.
    pub(crate) fn tick(&mut self, now: i64, stale_after: i64) -> (Vec<Resource>, i64) {
        let (mut silent, mut forgotten) = (Vec::new(), Vec::new());
        let mut next = i64::MAX;
        self.full = false;
        for (resource, series) in &mut self.series {
            // Not in the future: the clock was set back, and silence counts from here.
            let heard = series.heard().min(now);
            series.hear(heard);
            let speaks = series.is_known() && !series.is_unknown();
            if speaks && now - heard > stale_after {
                silent.push(resource.clone());
            }
            if !series.is_open() && now - heard > FORGET_AFTER {
                forgotten.push(resource.clone());
            } else if speaks || !series.is_open() {
                next = next.min(heard + if speaks { stale_after } else { FORGET_AFTER });
            }
        }
        for resource in &forgotten {
            self.remove(resource);
        }
        silent.sort_unstable();
        (silent, next)
    }

    /// Forgets a sixteenth of all series: closed ones that have fallen silent, the longest silent first.
    fn make_room(&mut self) -> bool {
        if self.full {
            return false;
        }
        let gone = |series: &S| !series.is_open() && (series.is_unknown() || !series.is_known());
        let mut silent: Vec<(i64, Resource)> = self
            .series
            .iter()
            .filter(|(_, series)| gone(series))
            .map(|(resource, series)| (series.heard(), resource.clone()))
            .collect();
        silent.sort_unstable();
        silent.truncate(self.most / 16 + 1);
        for (_, resource) in &silent {
            self.remove(resource);
        }
        self.full = silent.is_empty();
        !self.full
    }
}
