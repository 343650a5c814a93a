use tidegate_store::disk::DiskStep;

use super::machine::Place;

/// What stores may not do, done by a wrap around them: the simulation must see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lie {
    /// The journal says that an append is durable, and has not synced it.
    UnsyncedJournal,
    /// So does the bulk log.
    UnsyncedBulk,
    /// So does the state of what is saved.
    UnsyncedState,
    /// New segments of the logs are synced, their names are not.
    UnsyncedNames,
    /// The marks of an append are a write of their own, before its events.
    MarksApart,
}

impl Lie {
    /// Whether a step is not done, and said to be.
    pub(super) fn skips(self, place: Place, step: DiskStep) -> bool {
        match self {
            Self::UnsyncedJournal => place == Place::Journal && step == DiskStep::Sync,
            Self::UnsyncedBulk => place == Place::Bulk && step == DiskStep::Sync,
            Self::UnsyncedState => place == Place::State && step == DiskStep::Sync,
            Self::UnsyncedNames => place != Place::State && step == DiskStep::SyncNames,
            Self::MarksApart => false,
        }
    }
}
