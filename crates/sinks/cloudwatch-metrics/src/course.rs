use std::collections::VecDeque;

use tidegate_aws::{Part, Refusals, Verdict};
use tidegate_sink::{Outcome, Receipt, SinkError};

use crate::answer::Refusal;
use crate::parcel::Parcel;
use crate::plan::Plan;

/// How a call goes: what it has yet to put, and how each delivery stands.
pub(crate) struct Course<'a> {
    parcels: VecDeque<Parcel>,
    receipts: Vec<Option<Receipt>>,
    refusals: Refusals<'a>,
    /// In the order of the batch.
    outcomes: Vec<Outcome>,
    /// What ended it, where something did.
    failed: Option<SinkError>,
}

impl<'a> Course<'a> {
    pub(crate) fn new(plan: Plan, refusals: Refusals<'a>) -> Self {
        let Plan { parcels, outcomes, receipts } = plan;
        Self { parcels, receipts, refusals, outcomes, failed: None }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.parcels.is_empty()
    }

    pub(crate) fn next(&mut self) -> Option<Parcel> {
        self.parcels.pop_front()
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
        let named = refusal.member.filter(|_| parcel.size() > 1).and_then(|member| parcel.take(member));
        if let Some(piece) = &named {
            self.refusals.named(piece.places.iter().copied(), &refusal.reason);
        }
        if named.is_some() && (!parcel.again || parcel.size() == 1) {
            self.parcels.push_front(Parcel { again: true, ..parcel });
        } else {
            // What is halved no more stays untouched, and is seen in the verdict.
            let _ = self.refusals.refused(parcel, &refusal.reason, &mut self.parcels);
        }
    }

    /// How each delivery stands in the end, and what ended it.
    pub(crate) fn into_outcomes(self) -> (Vec<Outcome>, Option<SinkError>) {
        let Self { parcels, refusals, mut outcomes, failed, .. } = self;
        if failed.is_some() && refusals.is_unheard(&mut outcomes) {
            return (outcomes, failed);
        }
        match refusals.verdict(parcels.is_empty()) {
            Verdict::Rejected(rejected) => {
                for (place, reason) in rejected {
                    outcomes[place] = Outcome::Rejected(reason);
                }
                (outcomes, failed)
            }
            Verdict::Vain(error) => (vec![Outcome::Failed(error.clone()); outcomes.len()], Some(error)),
        }
    }
}
