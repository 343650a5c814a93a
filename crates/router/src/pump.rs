use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::{FutureExt, StreamExt};
use tidegate_base::Random;
use tidegate_event::Cursor;
use tidegate_source::{Source, SourceError, SourceErrorKind};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use crate::core::Input;
use crate::inlet::{Gone, Inlet};

/// The longest wait before a source is opened again.
const LONGEST: std::time::Duration = std::time::Duration::from_mins(1);

/// How long a source may take to open.
const OPENING: std::time::Duration = std::time::Duration::from_mins(1);
/// How long a source must have been open before an error is the first one again. One that says a word and fails would
/// otherwise be opened without end, once a second.
const STEADY: std::time::Duration = std::time::Duration::from_mins(1);

/// Keeps one source open and hands what it says to the core, until it has said all or nobody listens.
pub(crate) struct Pump {
    pub(crate) number: usize,
    pub(crate) source: Arc<dyn Source>,
    pub(crate) core: Inlet,
    pub(crate) random: Random,
}

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
        let mut stream = match timeout(OPENING, self.source.open(cursor)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Ok(Some(error)),
            Err(_) => return Ok(Some(late())),
        };
        let opened_at = Instant::now();
        self.core.send(Input::Up { source: self.number }).await?;
        while let Some(item) = stream.next().await {
            match item {
                Ok(intake) => self.core.hand_in(Some(self.number), intake).await?,
                Err(error) => {
                    if opened_at.elapsed() >= STEADY {
                        *failures = 0;
                    }
                    return Ok(Some(error));
                }
            }
        }
        Ok(None)
    }
}

fn late() -> SourceError {
    let context = format!("the source did not open within {} s", OPENING.as_secs());
    SourceError::new(SourceErrorKind::Unreachable, context)
}

/// A source that panics is away like one that fails: it is told, and opened again.
fn panicked() -> SourceError {
    SourceError::new(SourceErrorKind::Unreachable, "the source panicked")
}
