use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::fault::from_io;
use crate::{StoreError, StoreErrorKind};

/// The name of the file whose lock it is.
const NAME: &str = "lock";

/// Keeps a second process out of a folder, until it is dropped or the process ends, however that ends.
///
/// The lock is the operating system's, on the file `lock` in the folder; what stands in it is the number of the process
/// that has it, for people. The file stays, and means nothing without the lock.
#[derive(Debug)]
pub struct DirLock {
    file: File,
}

impl DirLock {
    /// Takes the folder, which has to be there.
    ///
    /// # Errors
    /// [`StoreErrorKind::InUse`] when another process has it, which is named; else when the file cannot be locked.
    pub fn acquire(dir: impl AsRef<Path>) -> Result<Self, StoreError> {
        let dir = dir.as_ref();
        let failed = |error| from_io(format!("locking {}", dir.display()), error);
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).clone();
        let mut file = options.open(dir.join(NAME)).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(dir, file)),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let written = file
            .set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| writeln!(file, "{}", std::process::id()));
        // The number is for people: a full disk is told by what needs the room.
        drop(written);
        Ok(Self { file })
    }
}

impl Drop for DirLock {
    fn drop(&mut self) {
        // Closing is not enough: a process that is just being begun has a copy of the open file until it is itself.
        let _ = self.file.unlock();
    }
}

fn in_use(dir: &Path, mut file: File) -> StoreError {
    let mut owner = String::new();
    // Where the system lets nobody read a locked file, nobody is named.
    let _ = file.read_to_string(&mut owner);
    let owner = match owner.trim().parse::<u32>() {
        Ok(process) if process == std::process::id() => "this very process".to_owned(),
        Ok(process) => format!("process {process}"),
        Err(_) => "another process".to_owned(),
    };
    StoreError::new(StoreErrorKind::InUse, format!("the folder {} belongs to {owner}", dir.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_second_owner_is_told_who_the_first_is() {
        let dir = tempfile::tempdir().unwrap();
        let first = DirLock::acquire(dir.path()).unwrap();
        let refused = DirLock::acquire(dir.path()).unwrap_err();
        assert_eq!(refused.kind(), StoreErrorKind::InUse);
        let said = format!("the folder {} belongs to this very process: in use", dir.path().display());
        assert_eq!(refused.to_string(), said);

        fs::write(dir.path().join(NAME), "1\n").unwrap();
        let refused = DirLock::acquire(dir.path()).unwrap_err().to_string();
        assert!(refused.ends_with("belongs to process 1: in use"), "{refused}");

        drop(first);
        DirLock::acquire(dir.path()).expect("nobody has it any more");
        let number = fs::read_to_string(dir.path().join(NAME)).unwrap();
        assert_eq!(number, format!("{}\n", std::process::id()));
    }

    #[test]
    fn a_copy_of_the_open_file_does_not_keep_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let first = DirLock::acquire(dir.path()).unwrap();
        let _copy = first.file.try_clone().unwrap();
        drop(first);
        DirLock::acquire(dir.path()).expect("nobody has it any more");
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = DirLock::acquire("/nowhere/at/all").unwrap_err();
        assert_eq!(error.to_string(), "locking /nowhere/at/all: input or output failed");
    }
}
