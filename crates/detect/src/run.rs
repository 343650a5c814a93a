use crate::Rule;
use crate::ticks::to_ms;

/// A [`Rule`] as an engine counts. Times in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Side {
    pub(crate) limit: f64,
    pub(crate) duration: i64,
    pub(crate) samples: u32,
}

impl Side {
    pub(crate) fn new(rule: Rule) -> Self {
        Self { limit: rule.limit(), duration: to_ms(rule.duration()), samples: rule.samples() }
    }
}

/// The samples in a row that are on a side.
#[derive(Debug, Default)]
pub(crate) struct Run {
    since: i64,
    count: u32,
}

impl Run {
    /// Counts a sample that is on the side, and tells whether the rule is now met.
    pub(crate) fn extend(&mut self, at: i64, side: &Side) -> bool {
        if self.count == 0 {
            self.since = at;
        }
        self.count = self.count.saturating_add(1);
        self.count >= side.samples && at - self.since >= side.duration
    }

    /// A sample was not.
    pub(crate) fn end(&mut self) {
        self.count = 0;
    }
}
