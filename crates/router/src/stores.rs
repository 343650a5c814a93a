use std::sync::Arc;
use std::time::Duration;

use tidegate_base::Clock;
use tidegate_event::Event;
use tidegate_store::{Append, Change, EventLog, Position, StateStore, StoreError};

/// About how much of a log is looked through at once.
const READ_BYTES: usize = 512 * 1024;

/// Where everything is kept, and what time it is.
#[derive(Clone)]
pub(crate) struct Stores {
    pub(crate) journal: Arc<dyn EventLog>,
    pub(crate) bulk: Arc<dyn EventLog>,
    pub(crate) state: Arc<dyn StateStore>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// The wait between two tries at a store that fails: 100 ms, doubling to 30 s.
pub(crate) fn pause(failures: u32) -> Duration {
    Duration::from_millis(100 << failures.min(9)).min(Duration::from_secs(30))
}

impl Stores {
    /// Saves until it succeeds. Nothing later of the same lane is saved before.
    pub(crate) async fn save(&self, changes: &[Change], failing: impl Fn(Option<&StoreError>)) {
        let mut failures = 0;
        while let Err(error) = self.state.save(changes).await {
            failing(Some(&error));
            tokio::time::sleep(pause(failures)).await;
            failures += 1;
        }
        if failures > 0 {
            failing(None);
        }
    }

    /// Where the journal ends now.
    pub(crate) async fn journal_end(&self) -> Result<Position, StoreError> {
        end_of(&*self.journal).await
    }

    /// Where the bulk log ends now.
    pub(crate) async fn bulk_end(&self) -> Result<Position, StoreError> {
        end_of(&*self.bulk).await
    }
}

/// Where `log` ends now.
pub(crate) async fn end_of(log: &dyn EventLog) -> Result<Position, StoreError> {
    log.append(Append::new()).await
}

/// Shows `look` each event that `log` holds between the two positions, until it has seen enough.
pub(crate) async fn look_through(
    log: &dyn EventLog,
    mut from: Position,
    to: Position,
    mut look: impl FnMut(Position, &Arc<Event>) -> bool,
) -> Result<(), StoreError> {
    while from < to {
        let chunk = log.read(from, READ_BYTES).await?;
        for (position, event) in chunk.events.iter().filter(|(position, _)| *position < to) {
            if !look(*position, event) {
                return Ok(());
            }
        }
        from = chunk.next;
    }
    Ok(())
}
