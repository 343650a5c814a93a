//! What a call is to put.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use tidegate_event::Event;
use tidegate_sink::{Delivery, Outcome, Reason, Receipt};

use crate::issue;
use crate::labels::Chosen;
use crate::namespace::Namespaces;
use crate::parcel::{Parcel, pack};
use crate::piece::Grouping;

/// The requests, and how each delivery stands, in the order of the batch.
pub(crate) struct Plan {
    pub(crate) parcels: VecDeque<Parcel>,
    pub(crate) outcomes: Vec<Outcome>,
    /// The receipts of those that are taken.
    pub(crate) receipts: Vec<Option<Receipt>>,
}

impl Plan {
    /// The plan for those of `batch` that are not `left_out`.
    pub(crate) fn new(
        batch: &[Delivery],
        left_out: impl Fn(&Delivery) -> bool,
        (namespaces, chosen): (&Namespaces, &Chosen),
        now: DateTime<Utc>,
    ) -> Self {
        let mut outcomes = vec![Outcome::Untouched; batch.len()];
        let mut receipts = vec![None; batch.len()];
        let (mut pieces, mut grouping) = (Vec::new(), Grouping::default());
        for (place, delivery) in batch.iter().enumerate().filter(|(_, delivery)| !left_out(delivery)) {
            match &*delivery.event {
                Event::Issue(issue) => {
                    let (piece, receipt) = issue::piece(issue, delivery, place, now);
                    pieces.push(piece);
                    receipts[place] = receipt;
                }
                Event::Metric(sample) => {
                    if let Err(reason) = grouping.add(sample, place, now) {
                        outcomes[place] = Outcome::Rejected(reason);
                    }
                }
                Event::Log(_) | Event::Notification(_) => {
                    outcomes[place] =
                        Outcome::Rejected(Reason::new("CloudWatch's metrics are samples and issues only"));
                }
            }
        }
        pieces.extend(grouping.pieces(chosen, |place, reason| outcomes[place] = Outcome::Rejected(reason)));
        Self { parcels: pack(pieces, |origin| namespaces.of(origin)), outcomes, receipts }
    }
}
