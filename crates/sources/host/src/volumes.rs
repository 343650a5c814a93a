use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use tidegate_event::{Name, Resource};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout_at};

use crate::filesystems::{Filesystems, Space};
use crate::mounts::Mount;
use crate::roots::Measured;
use crate::select::{self, Watched};

/// How long a volume may take to answer.
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

/// Asks filesystems. One that does not answer holds one thread, and nobody else.
pub(crate) struct Asker {
    filesystems: Arc<dyn Filesystems>,
    patience: Duration,
    /// The mount points of which the answer of an earlier question is still to come.
    stuck: Mutex<HashMap<PathBuf, AbortHandle>>,
}

impl Asker {
    pub(crate) fn new(filesystems: Arc<dyn Filesystems>, interval: Duration) -> Self {
        Self { filesystems, patience: PATIENCE.min(interval), stuck: Mutex::default() }
    }

    /// The local filesystems of `mounts` with data on them, each once, at its shortest mount point that is a folder.
    pub(crate) async fn local(&self, mounts: &[Mount]) -> Vec<Watched> {
        let deadline = Instant::now() + self.patience;
        let devices = select::candidates(mounts).into_iter().map(|candidates| self.volume(candidates, deadline));
        let mut volumes: Vec<Watched> = join_all(devices).await.into_iter().flatten().collect();
        volumes.sort_by(|one, other| one.name.cmp(&other.name));
        volumes
    }

    /// The first of `candidates` that is a folder, or of which it cannot be told.
    async fn volume(&self, candidates: Vec<&Mount>, deadline: Instant) -> Option<Watched> {
        for mount in candidates {
            match self.ask(&mount.point, deadline, |filesystems, point| filesystems.is_folder(point)).await {
                Ok(true) => return Some(Watched::at(mount, None)),
                Ok(false) => {}
                Err(why) => return Some(Watched::at(mount, Some(why))),
            }
        }
        None
    }

    /// The volumes of these names, mounted or not.
    pub(crate) async fn named(&self, mounts: &[Mount], names: &[Name]) -> Vec<Watched> {
        let deadline = Instant::now() + self.patience;
        let find = async |name: &Name| {
            let point = Path::new(&**name);
            if let Some(mount) = select::mounted_at(mounts, point) {
                return Watched { name: name.clone(), mount: Ok(mount.clone()) };
            }
            let target = self.ask(point, deadline, |filesystems, point| filesystems.target(point)).await;
            let mount = Err(select::why_not(mounts, name, target.ok().flatten().as_deref()));
            Watched { name: name.clone(), mount }
        };
        join_all(names.iter().map(find)).await
    }

    /// The space of each of `volumes`, in their order.
    pub(crate) async fn spaces(&self, volumes: &[Watched]) -> Vec<Measured<Space>> {
        let deadline = Instant::now() + self.patience;
        join_all(volumes.iter().map(|volume| self.space(volume, deadline))).await
    }

    async fn space(&self, volume: &Watched, deadline: Instant) -> Measured<Space> {
        let mount = volume.mount.as_ref().map_err(Clone::clone)?;
        let point = mount.point.display();
        match self.ask(&mount.point, deadline, |filesystems, point| filesystems.space(point)).await? {
            Ok(space) if space.size() == 0 => Err(format!("the {} at {point} has no size", mount.kind)),
            Ok(space) => Ok(space),
            Err(error) => Err(format!("cannot tell the space of {point}: {error}")),
        }
    }

    /// Puts one question about `point`, on a thread that may hang with it.
    async fn ask<T: Send + 'static>(
        &self,
        point: &Path,
        deadline: Instant,
        question: impl FnOnce(&dyn Filesystems, &Path) -> T + Send + 'static,
    ) -> Measured<T> {
        if self.is_stuck(point) {
            return Err(format!("{} still does not answer", point.display()));
        }
        let (filesystems, asked) = (Arc::clone(&self.filesystems), point.to_owned());
        let mut answer = tokio::task::spawn_blocking(move || question(&*filesystems, &asked));
        let Ok(answered) = timeout_at(deadline, &mut answer).await else {
            let mut stuck = self.stuck.lock().unwrap_or_else(PoisonError::into_inner);
            stuck.insert(point.to_owned(), answer.abort_handle());
            return Err(format!("{} does not answer: it was asked {:?} ago", point.display(), self.patience));
        };
        answered.map_err(|error| format!("cannot ask {}: {error}", point.display()))
    }

    /// Whether the answer to an earlier question is still to come. One that came late is too old to be of use.
    fn is_stuck(&self, point: &Path) -> bool {
        let mut stuck = self.stuck.lock().unwrap_or_else(PoisonError::into_inner);
        stuck.retain(|_, answer| !answer.is_finished());
        stuck.contains_key(point)
    }
}
