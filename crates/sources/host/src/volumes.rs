use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tidegate_event::{Name, Resource};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::filesystems::{Filesystems, Space};
use crate::mounts::Mount;
use crate::roots::Measured;
use crate::select::Watched;

/// How long a volume may take to tell its space.
const PATIENCE: Duration = Duration::from_secs(5);

/// A volume that a [`Host`](crate::Host) watches.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Volume {
    /// Which; its `part` is the mount point.
    pub resource: Resource,
    /// The sort of filesystem that is mounted there, such as `ext4`; or in words for people why there is none.
    pub filesystem: Result<Name, String>,
}

type Answer = JoinHandle<std::io::Result<Space>>;

/// Asks volumes for their space. One that does not answer holds one thread, and nobody else.
pub(crate) struct Asker {
    filesystems: Arc<dyn Filesystems>,
    patience: Duration,
    stuck: Mutex<HashMap<PathBuf, Answer>>,
}

impl Asker {
    pub(crate) fn new(filesystems: Arc<dyn Filesystems>, interval: Duration) -> Self {
        Self { filesystems, patience: PATIENCE.min(interval), stuck: Mutex::default() }
    }

    /// The space of each of `volumes`, in their order.
    pub(crate) async fn ask(&self, volumes: &[Watched]) -> Vec<Measured<Space>> {
        let deadline = Instant::now() + self.patience;
        // All are asked before the first is waited for.
        let asked: Vec<_> = volumes.iter().map(|volume| self.begin(volume)).collect();
        let mut answers = Vec::with_capacity(asked.len());
        for begun in asked {
            answers.push(match begun {
                Ok((mount, answer)) => self.wait(mount, answer, deadline).await,
                Err(why) => Err(why),
            });
        }
        answers
    }

    fn begin<'a>(&self, volume: &'a Watched) -> Measured<(&'a Mount, Answer)> {
        let mount = volume.mount.as_ref().map_err(Clone::clone)?;
        if self.is_stuck(&mount.point) {
            return Err(format!("{} still does not answer", mount.point.display()));
        }
        let (filesystems, point) = (Arc::clone(&self.filesystems), mount.point.clone());
        Ok((mount, tokio::task::spawn_blocking(move || filesystems.space(&point))))
    }

    async fn wait(&self, mount: &Mount, mut answer: Answer, deadline: Instant) -> Measured<Space> {
        let point = mount.point.display();
        let Ok(answered) = timeout_at(deadline, &mut answer).await else {
            self.stuck.lock().unwrap_or_else(PoisonError::into_inner).insert(mount.point.clone(), answer);
            return Err(format!("{point} does not answer: it was asked {:?} ago", self.patience));
        };
        match answered {
            Ok(Ok(space)) if space.size() == 0 => Err(format!("the {} at {point} has no size", mount.kind)),
            Ok(Ok(space)) => Ok(space),
            Ok(Err(error)) => Err(format!("cannot tell the space of {point}: {error}")),
            Err(error) => Err(format!("cannot tell the space of {point}: {error}")),
        }
    }

    /// Whether the answer of an earlier round is still to come. One that came late is too old to be of use.
    fn is_stuck(&self, point: &Path) -> bool {
        let mut stuck = self.stuck.lock().unwrap_or_else(PoisonError::into_inner);
        match stuck.get(point) {
            Some(answer) if answer.is_finished() => {
                stuck.remove(point);
                false
            }
            Some(_) => true,
            None => false,
        }
    }
}
