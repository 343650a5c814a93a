use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};

use serde::{Deserialize, Serialize};

/// How much of a file's beginning tells it from others.
pub(super) const HEAD: usize = 1024;

/// A file on this machine, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Inode {
    pub(super) device: u64,
    pub(super) number: u64,
}

impl Inode {
    #[cfg(unix)]
    pub(super) fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self { device: metadata.dev(), number: metadata.ino() }
    }

    /// Elsewhere files are told by path and head alone.
    #[cfg(not(unix))]
    pub(super) fn of(_metadata: &Metadata) -> Self {
        Self { device: 0, number: 0 }
    }

    /// Whether both are the same file. Where files have no number, nobody knows.
    pub(super) fn is(self, other: Self) -> bool {
        self.number != 0 && self == other
    }

    /// Whether what was under a name is there yet, as far as can be told. What is on another device is opened, and then
    /// told by how it begins.
    pub(super) fn is_still(self, now: Self) -> bool {
        self.number == 0 || self == now
    }

    /// Whether both are surely different files: a device may have another number after a restart of the machine.
    pub(super) fn is_another(self, other: Self) -> bool {
        self.number != 0 && self.device == other.device && self.number != other.number
    }
}

/// Whether a file that is open has no name any more.
#[cfg(unix)]
pub(super) fn is_nameless(metadata: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(metadata) == 0
}

/// Elsewhere nobody knows.
#[cfg(not(unix))]
pub(super) fn is_nameless(_metadata: &Metadata) -> bool {
    false
}

/// Reads what the file begins with, at most [`HEAD`] bytes.
pub(super) fn head(file: &File) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    read_at(file, 0, HEAD, &mut head)?;
    Ok(head)
}

/// Reads `most` bytes from `offset` on, or as many as there are.
pub(super) fn read_at(mut file: &File, offset: u64, most: usize, buffer: &mut Vec<u8>) -> io::Result<()> {
    buffer.clear();
    buffer.reserve(most);
    file.seek(SeekFrom::Start(offset))?;
    file.take(most as u64).read_to_end(buffer)?;
    Ok(())
}

/// A short text that is another one for another head.
pub(super) fn digest(head: &[u8]) -> String {
    let hash = hmac_sha256::Hash::hash(head);
    format!("{:016x}", u64::from_be_bytes(std::array::from_fn(|at| hash[at])))
}

#[cfg(test)]
mod tests {
    use super::digest;

    #[test]
    fn a_digest_is_the_text_that_cursors_have() {
        assert_eq!(digest(b""), "e3b0c44298fc1c14");
        assert_eq!(digest(b"39"), "0b918943df0962bc");
    }
}
