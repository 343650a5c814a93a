//! Which of all mounts are volumes to watch.

use std::collections::HashSet;
use std::path::Path;

use tidegate_event::Name;

use crate::filesystems::Filesystems;
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
    fn mounted(mount: &Mount) -> Self {
        Self { name: mount.point.to_string_lossy().into(), mount: Ok(mount.clone()) }
    }
}

/// The volumes of these names, mounted or not.
pub(crate) fn named(mounts: &[Mount], names: &[Name]) -> Vec<Watched> {
    let find = |name: &Name| match mounts.iter().find(|mount| mount.point == Path::new(&**name)) {
        Some(mount) => Watched { name: name.clone(), mount: Ok(mount.clone()) },
        None => Watched { name: name.clone(), mount: Err(why_not(mounts, name)) },
    };
    names.iter().map(find).collect()
}

fn why_not(mounts: &[Mount], name: &str) -> String {
    let holds = |mount: &&Mount| Path::new(name).starts_with(&mount.point);
    match mounts.iter().filter(holds).max_by_key(|mount| mount.point.as_os_str().len()) {
        Some(mount) => format!(
            "no filesystem is mounted at {name}; what is there lies in the one mounted at {}",
            mount.point.display()
        ),
        None => format!("no filesystem is mounted at {name}"),
    }
}

/// The local filesystems with data on them, each once, at its shortest mount point that is a folder.
pub(crate) fn local(mounts: &[Mount], filesystems: &dyn Filesystems) -> Vec<Watched> {
    let mut candidates: Vec<&Mount> = mounts.iter().filter(|mount| is_local(mount)).collect();
    candidates.sort_by_key(|mount| (mount.point.as_os_str().len(), &mount.point));
    let mut devices = HashSet::new();
    candidates.retain(|mount| {
        !devices.contains(&mount.device) && filesystems.is_folder(&mount.point) && devices.insert(&mount.device)
    });
    candidates.sort_by_key(|mount| &mount.point);
    candidates.into_iter().map(Watched::mounted).collect()
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
