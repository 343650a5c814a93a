//! What is mounted where, as `/proc/self/mountinfo` tells.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::roots::{Measured, Roots, malformed, read_bytes};

/// One mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    pub(crate) id: u64,
    /// The mount on which it is mounted.
    pub(crate) parent: u64,
    /// `major:minor`: the same for all mounts of one filesystem.
    pub(crate) device: String,
    pub(crate) point: PathBuf,
    /// The sort of filesystem, such as `ext4`.
    pub(crate) kind: String,
    /// What is mounted, such as `/dev/sda1`.
    pub(crate) source: String,
}

/// All mounts that a path leads to.
pub(crate) fn mounts(roots: &Roots) -> Measured<Vec<Mount>> {
    let path = roots.proc("self/mountinfo");
    let bytes = read_bytes(&path)?;
    let mounts: Vec<Mount> = bytes.split(|byte| *byte == b'\n').filter_map(parse).collect();
    if mounts.is_empty() {
        return Err(malformed(&path, &String::from_utf8_lossy(&bytes), "a list of mounts"));
    }
    Ok(visible(mounts))
}

/// `36 35 98:0 /root /point rw,noatime master:1 - ext4 /dev/sda1 rw`: any number of fields before the hyphen.
fn parse(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|byte| *byte == b' ');
    let number = |field: &[u8]| std::str::from_utf8(field).ok()?.parse().ok();
    let (id, parent) = (number(fields.next()?)?, number(fields.next()?)?);
    let device = text(fields.next()?);
    let point = path(unescape(fields.nth(1)?));
    fields.find(|field| *field == b"-")?;
    let kind = text(fields.next()?);
    // Nothing at all may be mounted: the field is then empty, or missing.
    let source = text(fields.next().unwrap_or_default());
    point.is_absolute().then_some(Mount { id, parent, device, point, kind, source })
}

fn text(field: &[u8]) -> String {
    String::from_utf8_lossy(&unescape(field)).into_owned()
}

/// Blank, tab, line feed, backslash and hash come as their octal number: `\040`.
fn unescape(mut field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    while let Some((&byte, rest)) = field.split_first() {
        let octal =
            rest.get(..3).filter(|digits| byte == b'\\' && digits.iter().all(|digit| (b'0'..=b'7').contains(digit)));
        let escaped = octal.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        out.push(escaped.unwrap_or(byte));
        field = if escaped.is_some() { &rest[3..] } else { rest };
    }
    out
}

/// Paths are bytes, not text.
#[cfg(unix)]
fn path(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
fn path(bytes: Vec<u8>) -> PathBuf {
    OsString::from(String::from_utf8_lossy(&bytes).into_owned()).into()
}

/// Leaves out what another mount hides: one over the same place, or over a folder above it.
fn visible(mounts: Vec<Mount>) -> Vec<Mount> {
    let parents: HashMap<u64, u64> = mounts.iter().map(|mount| (mount.id, mount.parent)).collect();
    // The mount itself and those on which it stands. The topmost names itself or one that is out of sight.
    let chain = |id: u64| {
        let mut ids = vec![id];
        while let Some(parent) = parents.get(&ids[ids.len() - 1]) {
            if ids.contains(parent) {
                break;
            }
            ids.push(*parent);
        }
        ids
    };
    let mut points: HashMap<&Path, Vec<&Mount>> = HashMap::new();
    for mount in &mounts {
        points.entry(&mount.point).or_default().push(mount);
    }
    let is_visible = |mount: &Mount| {
        let stands_on = chain(mount.id);
        let mut above = mount.point.ancestors().filter_map(|point| points.get(point)).flatten();
        // What stands on one of ours without being one of ours is on the way to us.
        !above.any(|other| !stands_on.contains(&other.id) && stands_on.contains(&other.parent))
    };
    let seen: Vec<bool> = mounts.iter().map(is_visible).collect();
    mounts.into_iter().zip(seen).filter_map(|(mount, seen)| seen.then_some(mount)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(lines: &[&str]) -> Vec<String> {
        let mounts = lines.iter().map(|line| parse(line.as_bytes()).expect("a mount")).collect();
        visible(mounts).iter().map(|mount| format!("{} {}", mount.point.display(), mount.source)).collect()
    }

    #[test]
    fn a_line_is_read_whatever_optional_fields_it_has() {
        let expected = Mount {
            id: 36,
            parent: 35,
            device: "98:0".to_owned(),
            point: "/mnt/my data\\#\u{e4}".into(),
            kind: "ext3".to_owned(),
            source: "/dev/my root".to_owned(),
        };
        for optional in ["", "master:1 ", "shared:2 master:1 propagate_from:3 "] {
            let line =
                format!("36 35 98:0 /mnt1 /mnt/my\\040data\\134\\043ä rw,noatime {optional}- ext3 /dev/my\\040root rw");
            assert_eq!(parse(line.as_bytes()), Some(expected.clone()), "{line}");
        }
        assert_eq!(parse(b"36 35 0:9 / /mnt rw - tmpfs  rw").map(|mount| mount.source), Some(String::new()));
    }

    #[test]
    fn what_is_no_mount_is_passed_over() {
        for line in ["", "36", "a 35 98:0 / /mnt rw - ext4 /dev/sda rw", "36 35 98:0 / /mnt rw ext4 /dev/sda rw"] {
            assert_eq!(parse(line.as_bytes()), None, "{line:?}");
        }
        assert_eq!(unescape(br"a\04"), br"a\04", "cut short");
        assert_eq!(unescape(br"a\999\777\+40"), br"a\999\777\+40", "no byte");
    }

    #[test]
    fn a_path_need_not_be_text() {
        let mount = parse(b"36 35 98:0 / /mnt/\xff rw - ext4 /dev/sda rw").expect("a mount");
        assert_eq!(mount.point.to_string_lossy(), "/mnt/\u{fffd}");
    }

    #[test]
    fn a_mount_over_another_or_over_a_folder_above_it_hides_it() {
        let root = "27 1 254:0 / / rw - ext4 root rw";
        let data = "30 27 254:1 / /data rw - ext4 data rw";
        let log = "31 30 254:2 / /data/log rw - ext4 log rw";
        assert_eq!(points(&[root, data, log]), ["/ root", "/data data", "/data/log log"]);
        let over_data = "32 30 254:3 / /data rw - ext4 over rw";
        assert_eq!(points(&[root, data, log, over_data]), ["/ root", "/data over"]);
        let over_log = "33 31 254:3 / /data/log rw - ext4 over rw";
        assert_eq!(points(&[root, data, log, over_log]), ["/ root", "/data data", "/data/log over"]);
        let beside = "34 27 254:3 / /dat rw - ext4 beside rw";
        assert_eq!(points(&[root, data, beside]), ["/ root", "/data data", "/dat beside"]);
        let under = "1 1 0:2 / / rw - rootfs rootfs rw";
        assert_eq!(points(&[under, root, data]), ["/ root", "/data data"]);
    }

    #[test]
    fn mounts_that_stand_on_each_other_in_a_ring_end() {
        let ring = ["1 2 254:0 / / rw - ext4 a rw", "2 1 254:1 / /b rw - ext4 b rw"];
        assert_eq!(points(&ring), ["/ a", "/b b"]);
    }
}
