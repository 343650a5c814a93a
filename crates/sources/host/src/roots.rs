use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tidegate_source::{SourceError, SourceErrorKind};

/// A figure, or in words for people why there is none.
pub(crate) type Measured<T> = Result<T, String>;

/// Where the kernel tells about the machine.
#[derive(Debug, Clone)]
pub(crate) struct Roots {
    pub(crate) proc: PathBuf,
    pub(crate) sys: PathBuf,
}

impl Default for Roots {
    fn default() -> Self {
        Self { proc: "/proc".into(), sys: "/sys".into() }
    }
}

impl Roots {
    pub(crate) fn proc(&self, file: &str) -> PathBuf {
        self.proc.join(file)
    }

    pub(crate) fn sys(&self, file: &str) -> PathBuf {
        self.sys.join(file)
    }

    /// Fails when nothing at all can be measured here.
    pub(crate) fn check(&self) -> Result<(), SourceError> {
        let mut last = None;
        for file in ["loadavg", "meminfo", "self/mountinfo"] {
            match File::open(self.proc(file)) {
                Ok(_) => return Ok(()),
                Err(error) => last = Some(error),
            }
        }
        let context = format!("reading load, memory and mounts below {}", self.proc.display());
        let error = SourceError::new(SourceErrorKind::Unreachable, context);
        Err(match last {
            Some(last) => error.with_source(last),
            None => error,
        })
    }
}

/// What `path` says, as text.
pub(crate) fn read(path: &Path) -> Measured<String> {
    read_bytes(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// What `path` says.
pub(crate) fn read_bytes(path: &Path) -> Measured<Vec<u8>> {
    fs::read(path).map_err(|error| unreadable(path, &error))
}

/// What `path` says, or `None` where there is no such file.
pub(crate) fn read_if_there(path: &Path) -> Measured<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        // Not a folder: a file stands where the path goes through.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(unreadable(path, &error)),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> String {
    format!("cannot read {}: {error}", path.display())
}

/// That `path` says `found` and not what it should.
pub(crate) fn malformed(path: &Path, found: &str, right: &str) -> String {
    // One line, and not a whole file of whatever it is.
    let found: String = found.trim().chars().take(40).collect();
    format!("{} says {found:?}; {right} would be right", path.display())
}
