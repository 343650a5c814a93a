//! What became of each item, where one may be several events.

use tidegate_sink::Outcome;

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

    /// One for each item.
    pub(crate) fn outcomes(self) -> Vec<Outcome> {
        self.0.into_iter().map(|outcome| outcome.unwrap_or(Outcome::Untouched)).collect()
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
