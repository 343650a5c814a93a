use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::{FutureExt, StreamExt};
use tidegate_base::Random;
use tidegate_event::Cursor;
use tidegate_source::{Source, SourceError, SourceErrorKind};
use tokio::sync::{oneshot, watch};
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

/// Keeps one source open and hands what it says to the core, until it has said all or nobody listens. While all that it
/// watches is retired it is closed.
pub(crate) struct Pump {
    pub(crate) number: usize,
    pub(crate) source: Arc<dyn Source>,
    pub(crate) core: Inlet,
    pub(crate) random: Random,
    /// Whether all that it watches is retired.
    pub(crate) resting: watch::Receiver<bool>,
}

/// What ended it, from one opening on.
enum End {
    Failed(SourceError),
    /// It has said all.
    Said,
    /// All that it watches is retired.
    Rests,
}

impl Pump {
    pub(crate) async fn run(mut self, mut cursor: Option<Cursor>) {
        let mut failures: u32 = 0;
        // The core keeps the other end.
        while self.resting.wait_for(|resting| !*resting).await.is_ok() {
            let flow = AssertUnwindSafe(self.flow(cursor, &mut failures)).catch_unwind().await;
            let (source, (resume, resumed)) = (self.number, oneshot::channel());
            let (input, rests) = match flow.unwrap_or_else(|_| Ok(End::Failed(panicked()))) {
                Ok(End::Failed(error)) => (Input::Down { source, error, resume }, false),
                Ok(End::Rests) => (Input::Rests { source, resume }, true),
                Ok(End::Said) => {
                    // Nobody is left to tell when the core is gone.
                    let _ = self.core.send(Input::Ended { source }).await;
                    return;
                }
                Err(Gone) => return,
            };
            if self.core.send(input).await.is_err() {
                return;
            }
            // Answered after everything before it was taken: nothing is read twice that was.
            let Ok(from) = resumed.await else { return };
            cursor = from;
            if rests {
                failures = 0;
                continue;
            }
            failures = failures.saturating_add(1);
            let ceiling = std::time::Duration::from_secs(1 << failures.min(7).saturating_sub(1)).min(LONGEST);
            tokio::time::sleep(ceiling / 2 + self.random.duration(ceiling / 2)).await;
        }
    }

    /// From one opening to what ends it.
    async fn flow(&mut self, cursor: Option<Cursor>, failures: &mut u32) -> Result<End, Gone> {
        let mut stream = match timeout(OPENING, self.source.open(cursor)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Ok(End::Failed(error)),
            Err(_) => return Ok(End::Failed(late())),
        };
        let opened_at = Instant::now();
        self.core.send(Input::Up { source: self.number }).await?;
        loop {
            let item = tokio::select! {
                biased;
                resting = self.resting.wait_for(|resting| *resting) => return resting.map(|_| End::Rests).map_err(|_| Gone),
                item = stream.next() => item,
            };
            match item {
                Some(Ok(intake)) => self.core.hand_in(Some(self.number), intake).await?,
                Some(Err(error)) => {
                    if opened_at.elapsed() >= STEADY {
                        *failures = 0;
                    }
                    return Ok(End::Failed(error));
                }
                None => return Ok(End::Said),
            }
        }
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
