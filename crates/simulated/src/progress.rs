use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tidegate_event::Name;

use crate::cluster::Inner;

/// A part of the story.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scene {
    /// When it begins, in the time of the story.
    pub at: Duration,
    /// What happens, in a few words and without a full stop: `The disk of 127.0.0.1:21132 fills`.
    pub title: Name,
}

/// How far the story has come.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Moment {
    /// What happens now.
    pub scene: Scene,
    /// How long it has been told, by our clock, without what held the program up. Never more than `total`.
    pub elapsed: Duration,
    /// How long all of it takes, by our clock.
    pub total: Duration,
    /// How much time has passed in the story.
    pub story: Duration,
}

/// Tells how far the story has come, for a status line. Cheap to clone.
#[derive(Clone)]
pub struct Progress {
    cluster: Arc<Inner>,
}

impl Progress {
    pub(crate) fn new(cluster: Arc<Inner>) -> Self {
        Self { cluster }
    }

    /// What happens now; `None` before the source was opened. Of a source that was opened again it is the last opening
    /// that counts.
    pub fn now(&self) -> Option<Moment> {
        self.cluster.begun()?;
        let (total, story) = (self.cluster.duration(), self.cluster.past());
        let elapsed = self.cluster.tempo.lasts(story).min(total);
        let scene = crate::story::scenes(&self.cluster.names).into_iter().rfind(|scene| scene.at <= story)?;
        Some(Moment { scene, elapsed, total, story })
    }
}

impl Moment {
    /// Whether all was told.
    pub fn is_over(&self) -> bool {
        self.elapsed >= self.total
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Progress").field(&self.now()).finish()
    }
}
