//! Which of all mounts are volumes to watch.

use std::collections::HashMap;
use std::path::Path;

use tidegate_event::Name;

use crate::mounts::Mount;
use crate::roots::Measured;

/// Filesystems that keep data on this machine.
const LOCAL: [&str; 22] = [
    "apfs", "bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "fuseblk", "hfsplus", "jffs2", "jfs",
    "msdos", "nilfs2", "ntfs", "ntfs3", "reiserfs", "ubifs", "ufs", "vfat", "xfs", "zfs",
];
/// Those in memory, and the kernel's own.
const MEMORY: [&str; 4] = ["devtmpfs", "ramfs", "rootfs", "tmpfs"];
/// Images, which are full from the day they are made.
const IMAGE: [&str; 6] = ["cramfs", "erofs", "iso9660", "romfs", "squashfs", "udf"];
/// Those of other machines.
const NETWORK: [&str; 15] = [
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "fuse.glusterfs",
    "fuse.sshfs",
    "glusterfs",
    "gpfs",
    "lustre",
    "nfs",
    "nfs4",
    "pvfs2",
    "smb3",
    "smbfs",
];

/// A volume to watch: where, by which name, and its mount or why it has none.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    pub(crate) name: Name,
    pub(crate) mount: Measured<Mount>,
}

impl Watched {
    /// The volume at `mount`, or why it cannot be told whether it is one.
    pub(crate) fn at(mount: &Mount, why: Option<String>) -> Self {
        Self { name: mount.point.to_string_lossy().into(), mount: why.map_or_else(|| Ok(mount.clone()), Err) }
    }
}

/// The mount at `point`.
pub(crate) fn mounted_at<'a>(mounts: &'a [Mount], point: &Path) -> Option<&'a Mount> {
    mounts.iter().find(|mount| mount.point == point)
}

/// Why nothing is mounted at `name`, which leads to `target` where it is a link.
pub(crate) fn why_not(mounts: &[Mount], name: &str, target: Option<&Path>) -> String {
    let Some(target) = target else { return not_mounted(mounts, Path::new(name)) };
    let link = format!("{name} is a link to {}", target.display());
    match mounted_at(mounts, target) {
        Some(_) => format!("{link}; name {}", target.display()),
        None => format!("{link}, and {}", not_mounted(mounts, target)),
    }
}

fn not_mounted(mounts: &[Mount], path: &Path) -> String {
    let nothing = format!("no filesystem is mounted at {}", path.display());
    let holding = mounts.iter().filter(|mount| path.starts_with(&mount.point));
    match holding.max_by_key(|mount| mount.point.as_os_str().len()) {
        Some(mount) => format!("{nothing}; what is there lies in the one mounted at {}", mount.point.display()),
        None => nothing,
    }
}

/// The mounts of local filesystems with data on them, of each device together: the shortest mount point, which is that
/// of the volume if it is a folder, comes first.
pub(crate) fn candidates(mounts: &[Mount]) -> Vec<Vec<&Mount>> {
    let mut candidates: Vec<&Mount> = mounts.iter().filter(|mount| is_local(mount)).collect();
    candidates.sort_by_key(|mount| (mount.point.as_os_str().len(), &mount.point));
    let mut devices: HashMap<&str, Vec<&Mount>> = HashMap::new();
    for mount in candidates {
        devices.entry(&mount.device).or_default().push(mount);
    }
    devices.into_values().collect()
}

fn is_local(mount: &Mount) -> bool {
    let kind = mount.kind.as_str();
    // A folder that was removed while something was mounted there: nobody can reach it.
    let is_gone = mount.point.as_os_str().to_string_lossy().ends_with("//deleted");
    if is_gone || [MEMORY.as_slice(), &IMAGE, &NETWORK].iter().any(|kinds| kinds.contains(&kind)) {
        return false;
    }
    // A kind that we do not know counts when it is on a device: `/dev/fuse` is none.
    let on_device = mount.source.starts_with("/dev/") && mount.source != "/dev/fuse";
    // A container's root may be made of other filesystems (overlay, virtiofs); it fills up all the same.
    mount.point == Path::new("/") || LOCAL.contains(&kind) || on_device
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_watched(point: &str, kind: &str, source: &str) -> bool {
        let (device, point, kind, source) = ("0:1".to_owned(), point.into(), kind.to_owned(), source.to_owned());
        is_local(&Mount { id: 1, parent: 0, device, point, kind, source })
    }

    #[test]
    fn local_filesystems_with_data_are_watched() {
        assert!(is_watched("/data", "ext4", "/dev/nvme1n1"));
        assert!(is_watched("/tank", "zfs", "tank"));
        assert!(is_watched("/flash", "ubifs", "ubi0:data"));
        assert!(is_watched("/usb", "fuseblk", "/dev/sdb1"));
        assert!(is_watched("/new", "yetanotherfs", "/dev/mapper/data"));
    }

    #[test]
    fn those_in_memory_of_other_machines_and_images_are_not() {
        assert!(!is_watched("/run", "tmpfs", "tmpfs"));
        assert!(!is_watched("/sys", "sysfs", "sysfs"));
        assert!(!is_watched("/home", "nfs4", "files:/home"));
        assert!(!is_watched("/snap/core", "squashfs", "/dev/loop0"));
        assert!(!is_watched("/run/user/1000/doc", "fuse.portal", "portal"));
        assert!(!is_watched("/mnt/remote", "fuse.something", "/dev/fuse"));
        assert!(!is_watched("/var/lib/docker/overlay2/3f/merged", "overlay", "overlay"));
        assert!(!is_watched("/mnt/gone//deleted", "ext4", "/dev/sda1"));
    }

    #[test]
    fn the_root_of_a_container_is_watched_whatever_it_is_made_of() {
        for kind in ["overlay", "virtiofs", "9p", "aufs", "fuse.fuse-overlayfs"] {
            assert!(is_watched("/", kind, "none"), "{kind}");
        }
        for kind in ["tmpfs", "rootfs", "squashfs", "nfs"] {
            assert!(!is_watched("/", kind, "none"), "{kind}");
        }
    }
}
