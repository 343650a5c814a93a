use std::io;
use std::path::{Path, PathBuf};

/// How much of a filesystem is used, in its own blocks, as `statvfs` tells it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Space {
    /// Bytes in a block.
    pub block_bytes: u64,
    /// All blocks.
    pub blocks: u64,
    /// Those that are free, the reserve for root included.
    pub free: u64,
    /// Those that are free for everybody.
    pub available: u64,
}

impl Space {
    /// Bytes in use: the column `Used` of `df -B1`.
    pub fn used(&self) -> u64 {
        self.blocks.saturating_sub(self.free).saturating_mul(self.block_bytes)
    }

    /// Bytes that users can fill, the used ones included: `Used` + `Available` of `df -B1`. 0 for a filesystem that
    /// keeps nothing.
    pub fn size(&self) -> u64 {
        // Some filesystems tell a negative number when users are in the reserve; as it is unsigned, it is huge.
        let available = if self.available > self.blocks { 0 } else { self.available };
        self.used().saturating_add(available.saturating_mul(self.block_bytes))
    }
}

/// What is asked of filesystems. The machine's own by default; another one in tests.
///
/// It is called on threads that may block.
pub trait Filesystems: Send + Sync {
    /// The space of the filesystem that is mounted at `mount_point`.
    ///
    /// # Errors
    /// What the system says.
    fn space(&self, mount_point: &Path) -> io::Result<Space>;

    /// Whether `path` is a folder. A container has single files mounted, which are no volumes.
    fn is_folder(&self, path: &Path) -> bool;

    /// Where `path` leads, where it is a link or lies behind one.
    fn target(&self, path: &Path) -> Option<PathBuf>;
}

/// Those of this machine.
#[derive(Debug)]
pub(crate) struct Own;

impl Filesystems for Own {
    #[cfg(target_os = "linux")]
    fn space(&self, mount_point: &Path) -> io::Result<Space> {
        let told = rustix::fs::statvfs(mount_point)?;
        Ok(Space { block_bytes: told.f_frsize, blocks: told.f_blocks, free: told.f_bfree, available: told.f_bavail })
    }

    #[cfg(not(target_os = "linux"))]
    fn space(&self, _mount_point: &Path) -> io::Result<Space> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn is_folder(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn target(&self, path: &Path) -> Option<PathBuf> {
        path.canonicalize().ok().filter(|target| target != path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn used_and_size_are_the_columns_of_df() {
        // The ext4 of an `mkfs` with its 5 % for root: 1B-blocks 103080787968, Used 43079761920, Available 54730207232.
        let space = Space { block_bytes: 4096, blocks: 25_166_208, free: 14_648_688, available: 13_361_867 };
        assert_eq!(space.used(), 43_079_761_920);
        assert_eq!(space.size(), 43_079_761_920 + 54_730_207_232);
    }

    #[test]
    fn a_filesystem_whose_users_are_in_the_reserve_is_full_and_not_more() {
        for available in [0, u64::MAX - 99] {
            let space = Space { block_bytes: 4096, blocks: 1_000, free: 20, available };
            assert_eq!((space.used(), space.size()), (980 * 4096, 980 * 4096));
        }
    }

    #[test]
    fn figures_that_make_no_sense_do_not_overflow() {
        let space = Space { block_bytes: u64::MAX, blocks: u64::MAX, free: 0, available: u64::MAX };
        assert_eq!((space.used(), space.size()), (u64::MAX, u64::MAX));
        assert_eq!(Space { block_bytes: 512, blocks: 1, free: 2, available: 0 }.used(), 0);
    }
}
