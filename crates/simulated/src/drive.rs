//! How the story goes on while it is told.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::channel::mpsc;
use tidegate_base::Clock;
use tidegate_event::{ControlPlane, Notification};
use tidegate_source::Intake;

use crate::cluster::Inner;
use crate::stage::Stage;
use crate::story::{REFUSED_AT, STORY};

/// How often it goes on.
const EACH: Duration = Duration::from_millis(10);
/// By how much of our time at most. A program that is held up for longer finds the story where it left it: nobody has
/// asked the nodes meanwhile, and a cluster that nobody asked for minutes would not be well.
const LONGEST: Duration = Duration::from_millis(100);

/// Our time as far as the story has come: what the source stamps its questions with. It goes on with the story only.
#[derive(Clone)]
pub(crate) struct StoryClock(pub(crate) Arc<Inner>);

impl Clock for StoryClock {
    fn now(&self) -> DateTime<Utc> {
        self.0.story_now()
    }
}

/// Lets the story go on with the clock until its end. What it has to say itself goes to `told`.
pub(crate) async fn drive(inner: Arc<Inner>, mut stage: Stage, told: mpsc::UnboundedSender<Intake>) {
    let refused_at = Duration::from_secs(REFUSED_AT.into());
    let mut last = inner.clock.now();
    while stage.past() < STORY {
        tokio::time::sleep(EACH).await;
        let now = inner.clock.now();
        let passed = (now - last).to_std().unwrap_or_default().min(LONGEST);
        last = now;
        let before = stage.past();
        stage.advance(inner.tempo.tells(passed));
        inner.go_on(stage.past());
        if (before..stage.past()).contains(&refused_at) {
            // Whoever listens may have gone.
            let _ = told.unbounded_send(Intake::new(vec![refusal(&inner).into()]));
        }
    }
}

/// That a larger volume is not to be had. Each telling of the story is an occasion of its own.
fn refusal(inner: &Inner) -> Notification {
    let begun = inner.begun().unwrap_or_default();
    let id = format!("simulated-volumes-{}", begun.timestamp_millis());
    let event = ControlPlane::VolumesProvisionFailed;
    let message = format!(
        "{}: the volume of {} stays at 500 GiB, as none of 1 TiB is to be had in its zone.",
        event.message(),
        inner.names[1]
    );
    Notification::new(id, event.kind(), message, inner.story_now())
        .with_severity(event.severity())
        .with_resource(inner.cluster.clone())
}
