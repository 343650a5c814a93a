use std::collections::VecDeque;

use tidegate_sink::{Outcome, Receipt, SinkError};

use crate::answer::Refusal;
use crate::parcel::Parcel;
use crate::plan::Plan;

/// How often a call halves what was refused without a number. Twice as often as it takes to find one datum of 1,000, so
/// that each call gets further.
const HALVINGS: usize = 20;

/// How a call goes: what it has yet to put, and how each delivery stands.
pub(crate) struct Course {
    parcels: VecDeque<Parcel>,
    receipts: Vec<Option<Receipt>>,
    halvings: usize,
    /// In the order of the batch.
    pub(crate) outcomes: Vec<Outcome>,
    /// What ended it, where something did.
    pub(crate) failed: Option<SinkError>,
}

impl Course {
    pub(crate) fn new(plan: Plan) -> Self {
        let Plan { parcels, outcomes, receipts } = plan;
        Self { parcels, receipts, halvings: HALVINGS, outcomes, failed: None }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.parcels.is_empty()
    }

    pub(crate) fn next(&mut self) -> Option<Parcel> {
        self.parcels.pop_front()
    }

    pub(crate) fn taken(&mut self, parcel: &Parcel) {
        for place in parcel.places() {
            self.outcomes[place] = Outcome::Accepted(self.receipts[place].take());
        }
    }

    /// Nothing more is put: it would fail as well.
    pub(crate) fn failed(&mut self, parcel: &Parcel, error: SinkError) {
        self.note(parcel.places(), &Outcome::Failed(error.clone()));
        self.failed = Some(error);
        self.parcels.clear();
    }

    /// What is named is rejected, and the rest put again, once. Where nothing is named it is looked for in halves. What
    /// remains after that is for the next call.
    pub(crate) fn refused(&mut self, mut parcel: Parcel, refusal: &Refusal) {
        let rejected = Outcome::Rejected(refusal.reason.clone());
        if let Some(piece) = refusal.member.and_then(|member| parcel.take(member)) {
            self.note(piece.places, &rejected);
            if parcel.again {
                self.parcels.clear();
            } else if !parcel.pieces.is_empty() {
                self.parcels.push_front(Parcel { again: true, ..parcel });
            }
            return;
        }
        if parcel.pieces.len() < 2 {
            self.note(parcel.places(), &rejected);
            return;
        }
        let Some(left) = self.halvings.checked_sub(1) else {
            self.parcels.clear();
            return;
        };
        self.halvings = left;
        let [first, second] = parcel.halves();
        self.parcels.push_front(second);
        self.parcels.push_front(first);
    }

    fn note(&mut self, places: impl IntoIterator<Item = usize>, outcome: &Outcome) {
        for place in places {
            self.outcomes[place] = outcome.clone();
        }
    }
}
