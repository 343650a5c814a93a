use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tidegate_base::{Clock, SystemClock};
use tidegate_event::{Name, Resource};

use crate::filesystems::{Filesystems, Own};
use crate::host::Inner;
use crate::roots::{Roots, read};
use crate::volumes::Asker;
use crate::{Host, HostError, HostErrorKind};

/// From one measurement to the next: four fall into the two minutes after which a full disk is an issue, many times
/// over, and a figure that opens at once opens soon.
const INTERVAL: Duration = Duration::from_secs(10);

/// The settings of a [`Host`]. [`build`](HostBuilder::build) checks them all.
#[must_use]
pub struct HostBuilder {
    name: String,
    cluster: Option<Name>,
    node: Option<Name>,
    interval: Duration,
    volumes: Vec<String>,
    cgroup: bool,
    clock: Arc<dyn Clock>,
    roots: Roots,
    filesystems: Arc<dyn Filesystems>,
}

impl HostBuilder {
    pub(crate) fn new() -> Self {
        Self {
            name: "host".to_owned(),
            cluster: None,
            node: None,
            interval: INTERVAL,
            volumes: Vec::new(),
            cgroup: true,
            clock: Arc::new(SystemClock::new()),
            roots: Roots::default(),
            filesystems: Arc::new(Own),
        }
    }

    /// The name of the source, unique among those of a router. Default: `host`.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The cluster of which this machine is a node. Default: none.
    pub fn with_cluster(mut self, cluster: impl Into<Name>) -> Self {
        self.cluster = Some(cluster.into());
        self
    }

    /// The node that this machine is, by the name that other sources give it. Default: the host name.
    pub fn with_node(mut self, node: impl Into<Name>) -> Self {
        self.node = Some(node.into());
        self
    }

    /// How long it is from one measurement to the next. Default: 10 s.
    pub fn with_interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// The mount points to watch, of whatever filesystem, and no others. Where one is not mounted, it is a gap until
    /// it is: what lies there then is another volume's. Default, and where there are none: all local filesystems with
    /// data on them.
    pub fn with_volumes(mut self, volumes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.volumes = volumes.into_iter().map(Into::into).collect();
        self
    }

    /// Whether memory is bounded by the limit of the control group in which this process runs, as in a container.
    /// `false` where that limit is meant for this process alone. Default: `true`.
    pub fn with_cgroup(mut self, cgroup: bool) -> Self {
        self.cgroup = cgroup;
        self
    }

    /// Where the time of the samples comes from. Default: the machine's clock.
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Where the kernel tells about processes and figures; another folder in tests. Default: `/proc`.
    pub fn with_proc_root(mut self, root: impl Into<PathBuf>) -> Self {
        self.roots.proc = root.into();
        self
    }

    /// Where the kernel tells about devices and control groups; another folder in tests. Default: `/sys`.
    pub fn with_sys_root(mut self, root: impl Into<PathBuf>) -> Self {
        self.roots.sys = root.into();
        self
    }

    /// Who is asked about filesystems; somebody else in tests. Default: the machine.
    pub fn with_filesystems(mut self, filesystems: impl Filesystems + 'static) -> Self {
        self.filesystems = Arc::new(filesystems);
        self
    }

    /// The source. It reads the host name where the node has no other.
    ///
    /// # Errors
    /// When a name is empty, the interval is zero, a volume is not an absolute path without `..`, or the host name is
    /// wanted and cannot be read.
    pub fn build(self) -> Result<Host, HostError> {
        self.check()?;
        let volumes = mount_points(&self.volumes)?;
        let node = match &self.node {
            Some(node) => node.clone(),
            None => host_name(&self.roots)?,
        };
        Ok(Host::new(Inner {
            name: self.name,
            node: Resource { cluster: self.cluster, node: Some(node), part: None },
            interval: self.interval,
            volumes,
            cgroup: self.cgroup,
            clock: self.clock,
            roots: self.roots,
            asker: Asker::new(self.filesystems, self.interval),
            warned_of_cores: AtomicBool::new(false),
        }))
    }

    fn check(&self) -> Result<(), HostError> {
        let missing = |context: &str| Err(HostError::new(HostErrorKind::Missing, context));
        if self.name.is_empty() {
            return missing("name is empty; the source needs one, such as `host`");
        }
        if self.cluster.as_ref().is_some_and(|cluster| cluster.is_empty()) {
            return missing("cluster is empty; name one, or leave it out");
        }
        if self.node.as_ref().is_some_and(|node| node.is_empty()) {
            return missing("node is empty; name one, or leave it out for the host name");
        }
        if self.interval.is_zero() {
            return missing("interval is 0; it must be longer, such as 10 s");
        }
        Ok(())
    }
}

/// Each of `volumes` once, in the kernel's spelling: no slash at the end, none twice.
fn mount_points(volumes: &[String]) -> Result<Vec<Name>, HostError> {
    let mut points: Vec<Name> = Vec::new();
    for volume in volumes {
        let path = Path::new(volume);
        if !path.has_root() || path.components().any(|component| component == Component::ParentDir) {
            let context =
                format!("volume {volume:?} is not a path from `/` without `..`, such as `/var/lib/kurrentdb`");
            return Err(HostError::new(HostErrorKind::InvalidVolume, context));
        }
        let point: Name = path.components().collect::<PathBuf>().to_string_lossy().into();
        if !points.contains(&point) {
            points.push(point);
        }
    }
    Ok(points)
}

/// The host name, by which a node without another name is known.
fn host_name(roots: &Roots) -> Result<Name, HostError> {
    let name = read(&roots.proc("sys/kernel/hostname"));
    match name.as_ref().map(|name| name.trim()) {
        Ok(name) if !name.is_empty() => Ok(name.into()),
        // `open` is where another system is refused, in words that say so.
        _ if !cfg!(target_os = "linux") => Ok("localhost".into()),
        Ok(_) => Err(HostError::new(HostErrorKind::Unnamed, "node has no name, and the host name is empty; name it")),
        Err(why) => Err(HostError::new(
            HostErrorKind::Unnamed,
            format!("node has no name, and the host has none: {why}; name it"),
        )),
    }
}

impl fmt::Debug for HostBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostBuilder")
            .field("name", &self.name)
            .field("cluster", &self.cluster)
            .field("node", &self.node)
            .field("interval", &self.interval)
            .field("volumes", &self.volumes)
            .field("cgroup", &self.cgroup)
            .finish_non_exhaustive()
    }
}
