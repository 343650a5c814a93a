use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::{FutureExt, StreamExt};
use tidegate_base::Random;
use tidegate_event::Cursor;
use tidegate_source::{Source, SourceError, SourceErrorKind};
use tokio::sync::{mpsc, oneshot};

use crate::core::Input;

/// The longest wait before a source is opened again.
const LONGEST: std::time::Duration = std::time::Duration::from_mins(1);

/// Keeps one source open and hands what it says to the core, until it has said all or nobody listens.
pub(crate) struct Pump {
    pub(crate) number: usize,
    pub(crate) source: Arc<dyn Source>,
    pub(crate) core: mpsc::Sender<Input>,
    pub(crate) random: Random,
}

/// The core is gone.
struct Gone;

impl Pump {
    pub(crate) async fn run(mut self, mut cursor: Option<Cursor>) {
        let mut failures: u32 = 0;
        loop {
            let flow = AssertUnwindSafe(self.flow(cursor, &mut failures)).catch_unwind().await;
            let error = match flow.unwrap_or_else(|_| Ok(Some(panicked()))) {
                Ok(Some(error)) => error,
                Ok(None) => {
                    // Nobody is left to tell when the core is gone.
                    let _ = self.core.send(Input::Ended { source: self.number }).await;
                    return;
                }
                Err(Gone) => return,
            };
            let (resume, resumed) = oneshot::channel();
            if self.core.send(Input::Down { source: self.number, error, resume }).await.is_err() {
                return;
            }
            // Answered after everything before it was taken: nothing is read twice that was.
            let Ok(from) = resumed.await else { return };
            cursor = from;
            failures = failures.saturating_add(1);
            let ceiling = std::time::Duration::from_secs(1 << failures.min(7).saturating_sub(1)).min(LONGEST);
            tokio::time::sleep(ceiling / 2 + self.random.duration(ceiling / 2)).await;
        }
    }

    /// From one opening to the error that ends it; `None`: it has said all.
    async fn flow(&self, cursor: Option<Cursor>, failures: &mut u32) -> Result<Option<SourceError>, Gone> {
        let mut stream = match self.source.open(cursor).await {
            Ok(stream) => stream,
            Err(error) => return Ok(Some(error)),
        };
        self.core.send(Input::Up { source: self.number }).await.map_err(|_| Gone)?;
        while let Some(item) = stream.next().await {
            match item {
                Ok(intake) => {
                    *failures = 0;
                    self.core.send(Input::Intake { source: Some(self.number), intake }).await.map_err(|_| Gone)?;
                }
                Err(error) => return Ok(Some(error)),
            }
        }
        Ok(None)
    }
}

/// A source that panics is away like one that fails: it is told, and opened again.
fn panicked() -> SourceError {
    SourceError::new(SourceErrorKind::Unreachable, "the source panicked")
}
