//! The limit that a control group, as of a container, sets on memory.

use std::path::{Component, Path, PathBuf};

use crate::roots::{Measured, Roots, malformed, read, read_if_there};

/// The files of one version of control groups.
#[derive(Debug, Clone, Copy)]
struct Version {
    limit: &'static str,
    usage: &'static str,
    /// The line of `memory.stat` with the page cache that could be dropped.
    droppable: &'static str,
}

const V1: Version =
    Version { limit: "memory.limit_in_bytes", usage: "memory.usage_in_bytes", droppable: "total_inactive_file" };
const V2: Version = Version { limit: "memory.max", usage: "memory.current", droppable: "inactive_file" };

/// A control group with a limit, in bytes.
#[derive(Debug)]
pub(crate) struct Group {
    folder: PathBuf,
    version: Version,
    pub(crate) limit: u64,
}

impl Group {
    /// The bytes in use that could not be had back by dropping cache.
    pub(crate) fn used(&self) -> Measured<u64> {
        let path = self.folder.join(self.version.usage);
        let text = read(&path)?;
        let usage: u64 = text.trim().parse().map_err(|_| malformed(&path, &text, "a number of bytes"))?;
        let path = self.folder.join("memory.stat");
        let stat = read(&path)?;
        let line = stat.lines().find_map(|line| line.strip_prefix(self.version.droppable)?.strip_prefix(' '));
        let droppable: u64 = line
            .and_then(|bytes| bytes.trim().parse().ok())
            .ok_or_else(|| format!("{} does not tell {}", path.display(), self.version.droppable))?;
        Ok(usage.saturating_sub(droppable))
    }
}

/// Of the control group of this process and those above it the one with the smallest limit, where that is below
/// `total`; of two with the same, the inner one.
pub(crate) fn tightest(roots: &Roots, total: u64) -> Measured<Option<Group>> {
    let Some(text) = read_if_there(&roots.proc("self/cgroup"))? else { return Ok(None) };
    let Some((version, root, path)) = place(roots, &text) else { return Ok(None) };
    let mut tightest: Option<Group> = None;
    for folder in levels(&root, path) {
        let Some(limit) = limit(&folder.join(version.limit))? else { continue };
        if limit < tightest.as_ref().map_or(total, |group| group.limit) {
            tightest = Some(Group { folder, version, limit });
        }
    }
    Ok(tightest)
}

/// Where the control groups of memory are, and which of them `/proc/self/cgroup` names. With both versions at work,
/// memory is where its controller is.
fn place<'a>(roots: &Roots, text: &'a str) -> Option<(Version, PathBuf, &'a str)> {
    let mut unified = None;
    for line in text.lines() {
        let mut fields = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (fields.next(), fields.next(), fields.next()) else { continue };
        if controllers.split(',').any(|controller| controller == "memory") {
            return Some((V1, roots.sys("fs/cgroup/memory"), path));
        }
        if controllers.is_empty() {
            unified = Some((V2, roots.sys("fs/cgroup"), path));
        }
    }
    unified
}

/// The folder of the group at `path`, then those above it up to `root`. In a container the path may be the machine's,
/// while the mount shows the container's own group as root: what is not there is passed over later.
fn levels(root: &Path, path: &str) -> Vec<PathBuf> {
    let mut names: Vec<_> = Vec::new();
    for component in Path::new(path).components() {
        match component {
            Component::Normal(name) => names.push(name),
            // Outside of the namespace: nothing of it is in sight but the root.
            Component::ParentDir => return vec![root.to_owned()],
            _ => {}
        }
    }
    (0..=names.len()).rev().map(|depth| root.join(names[..depth].iter().collect::<PathBuf>())).collect()
}

/// The limit in bytes; `None` where there is none, or no such group.
fn limit(path: &Path) -> Measured<Option<u64>> {
    match read_if_there(path)? {
        Some(text) if text.trim() == "max" => Ok(None),
        Some(text) => match text.trim().parse() {
            Ok(limit) if limit > 0 => Ok(Some(limit)),
            _ => Err(malformed(path, &text, "a number of bytes or `max`")),
        },
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_looked_for_from_the_inside_out() {
        let levels = |path| levels(Path::new("/c"), path);
        assert_eq!(levels("/a/b"), [Path::new("/c/a/b"), Path::new("/c/a"), Path::new("/c")]);
        assert_eq!(levels("/"), [Path::new("/c")]);
        assert_eq!(levels("/../../other"), [Path::new("/c")], "nothing outside of the root is read");
    }
}
