//! What became of each item, where one may be several events.

use tidegate_sink::{Outcome, SinkErrorKind};

/// The outcomes of a batch so far.
#[derive(Debug)]
pub(crate) struct Tally(Vec<Option<Outcome>>);

impl Tally {
    pub(crate) fn new(items: usize) -> Self {
        Self(vec![None; items])
    }

    /// Takes note of what became of one of the events of `item`. The worst of them counts.
    pub(crate) fn note(&mut self, item: usize, outcome: Outcome) {
        let Some(noted) = self.0.get_mut(item) else { return };
        if noted.as_ref().is_none_or(|noted| weight(&outcome) > weight(noted)) {
            *noted = Some(outcome);
        }
    }

    /// What is noted of items so far.
    pub(crate) fn noted(&mut self) -> impl Iterator<Item = &mut Outcome> {
        self.0.iter_mut().flatten()
    }

    /// One for each item. Where several streams were throttled, the longest wait that was asked for is told of each: the
    /// lane hears one of them.
    pub(crate) fn outcomes(self) -> Vec<Outcome> {
        let failed = self.0.iter().flatten().filter_map(|outcome| match outcome {
            Outcome::Failed(error) => error.retry_after(),
            _ => None,
        });
        let longest = failed.max();
        let waiting = |outcome: Option<Outcome>| match (outcome, longest) {
            (Some(Outcome::Failed(error)), Some(longest)) if error.kind() == SinkErrorKind::Throttled => {
                Outcome::Failed(error.with_retry_after(longest))
            }
            (outcome, _) => outcome.unwrap_or(Outcome::Untouched),
        };
        self.0.into_iter().map(waiting).collect()
    }
}

/// What is to be tried again is not settled, whatever became of its other pieces.
fn weight(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Accepted(_) => 0,
        Outcome::Rejected(_) => 1,
        Outcome::Untouched => 2,
        Outcome::Failed(_) => 3,
    }
}
