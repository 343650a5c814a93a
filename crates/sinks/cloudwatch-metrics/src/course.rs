use std::collections::VecDeque;

use tidegate_aws::{Part, Refusals};
use tidegate_sink::{Outcome, Receipt, SinkError};

use crate::answer::Refusal;
use crate::parcel::Parcel;
use crate::plan::Plan;

/// How a call goes: what it has yet to put, and how each delivery stands.
pub(crate) struct Course {
    parcels: VecDeque<Parcel>,
    receipts: Vec<Option<Receipt>>,
    refusals: Refusals,
    /// In the order of the batch.
    outcomes: Vec<Outcome>,
    /// What ended it, where something did.
    failed: Option<SinkError>,
}

impl Course {
    pub(crate) fn new(plan: Plan) -> Self {
        let Plan { parcels, outcomes, receipts } = plan;
        Self { parcels, receipts, refusals: Refusals::default(), outcomes, failed: None }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.parcels.is_empty()
    }

    /// What is put next, unless it is known to be in vain.
    pub(crate) fn next(&mut self) -> Option<Parcel> {
        if self.refusals.are_vain() { None } else { self.parcels.pop_front() }
    }

    pub(crate) fn taken(&mut self, parcel: &Parcel) {
        self.refusals.taken();
        for place in parcel.places() {
            self.outcomes[place] = Outcome::Accepted(self.receipts[place].take());
        }
    }

    /// Nothing more is put: it would fail as well.
    pub(crate) fn failed(&mut self, parcel: &Parcel, error: SinkError) {
        for place in parcel.places() {
            self.outcomes[place] = Outcome::Failed(error.clone());
        }
        self.end(error);
    }

    /// It ends, with nothing more put.
    pub(crate) fn end(&mut self, error: SinkError) {
        self.failed = Some(error);
        self.parcels.clear();
    }

    /// What is named is left out, and the rest put again, once. Where nothing is named, or the rest is refused too, it is
    /// looked for in halves. What remains after that is for the next call.
    pub(crate) fn refused(&mut self, mut parcel: Parcel, refusal: &Refusal) {
        let named = refusal.member.filter(|_| !parcel.is_one()).and_then(|member| parcel.take(member));
        if let Some(piece) = &named {
            self.refusals.named(piece.places.iter().copied(), &refusal.reason);
        }
        if named.is_some() && !parcel.again {
            self.parcels.push_front(Parcel { again: true, ..parcel });
        } else if named.is_some() && parcel.is_one() {
            self.parcels.push_front(parcel);
        } else if let Some(alone) = self.refusals.refused(parcel, &mut self.parcels) {
            self.refusals.alone(alone.places(), &refusal.reason);
        }
    }

    /// How each delivery stands in the end, and what ended it.
    pub(crate) fn into_outcomes(self) -> (Vec<Outcome>, Option<SinkError>) {
        let Self { refusals, mut outcomes, mut failed, .. } = self;
        for (place, outcome) in refusals.into_outcomes() {
            if let (Outcome::Failed(error), None) = (&outcome, &failed) {
                failed = Some(error.clone());
            }
            outcomes[place] = outcome;
        }
        (outcomes, failed)
    }
}
