//! What is delivered again.

use std::collections::HashMap;

use tidegate_sink::{DeliveryId, DeliveryNamespace};
use tidegate_store::Position;

use super::DeadLetter;

/// Which deliveries are those of something that was delivered before, or of a dead letter.
#[derive(Debug, Default)]
pub(super) struct Again {
    /// The letters by the ids under which they are delivered again; none once that is settled, so that it is not offered
    /// twice.
    letters: HashMap<DeliveryId, Option<DeliveryId>, foldhash::fast::FixedState>,
}

impl Again {
    /// Whether what goes as delivery `id`, for that letter, was not offered before.
    pub(super) fn take_on(&mut self, id: DeliveryId, letter: Option<DeliveryId>) -> bool {
        if self.letters.contains_key(&id) {
            return false;
        }
        self.letters.insert(id, letter);
        true
    }

    /// The letter that was delivered as `id`, and of which that is settled now.
    pub(super) fn settled(&mut self, id: DeliveryId) -> Option<DeliveryId> {
        self.letters.get_mut(&id)?.take()
    }
}

/// The id under which `letter` is delivered again, where its item has none by what it says.
pub(super) fn other_id(ids: DeliveryNamespace, letter: &DeadLetter, salt: u64) -> DeliveryId {
    ids.of(format!("again/{}/{salt}", letter.id))
}

/// The id under which what stands at `position` is delivered once more.
pub(super) fn replayed_id(ids: DeliveryNamespace, position: Position, salt: u64) -> DeliveryId {
    ids.of(format!("replay/{}/{salt}", position.number()))
}
