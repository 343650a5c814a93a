//! What runs while the source is open.

use std::sync::Arc;

use tidegate_event::Cursor;
use tidegate_source::{Intake, SourceError, SourceErrorKind};
use tokio::task::JoinSet;

use crate::cursor::Kept;
use crate::rounds::{Round, Rounds};
use crate::source::Inner;

/// Each thing that is asked for waits and asks in a task of its own, so that none holds up another, and an answer is
/// read in time even while nobody takes what is handed in. There are as many tasks as things to ask; each comes back
/// with its answer, and goes out again once that was taken. They end with the engine.
pub(crate) struct Engine {
    inner: Arc<Inner>,
    works: JoinSet<Done>,
    learned: Option<u32>,
}

/// What a task comes back with.
enum Done {
    Round(Box<Rounds>, Round),
}

impl Engine {
    pub(crate) fn start(inner: Arc<Inner>, from: Option<&Cursor>) -> Self {
        let kept = from.and_then(Kept::read).filter(|kept| kept.nodes == inner.fingerprint());
        let learned = kept.map(|kept| kept.voters);
        let mut engine = Self { inner, works: JoinSet::new(), learned };
        if let Some(plan) = engine.inner.gossip.clone() {
            let (shared, phase) = (Arc::clone(&engine.inner.shared), engine.inner.phase());
            engine.ask_again(Box::new(Rounds::new(plan, shared, learned, phase)));
        }
        engine
    }

    fn ask_again(&mut self, rounds: Box<Rounds>) {
        self.works.spawn(async move {
            let (rounds, round) = rounds.next().await;
            Done::Round(Box::new(rounds), round)
        });
    }

    /// The next that there is to tell.
    pub(crate) async fn next(&mut self) -> Option<Result<Intake, SourceError>> {
        match self.works.join_next().await? {
            Ok(Done::Round(rounds, round)) => {
                self.ask_again(rounds);
                Some(Ok(self.round(round)))
            }
            Err(fault) => {
                self.works.abort_all();
                let context = "a task that asks the nodes ended by a fault of this program";
                Some(Err(SourceError::new(SourceErrorKind::Malformed, context).with_source(fault)))
            }
        }
    }

    /// The cursor goes with it where that has changed: with each it would be a write to the disk.
    fn round(&mut self, round: Round) -> Intake {
        let intake = Intake::new(round.signals);
        match round.learned {
            Some(voters) if self.learned != round.learned => {
                self.learned = round.learned;
                intake.with_cursor(Kept { voters, nodes: self.inner.fingerprint() }.cursor())
            }
            _ => intake,
        }
    }
}
