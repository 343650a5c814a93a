use std::fmt;
use std::fs::File;
use std::io::Read;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

/// The largest secret that is read from a file: 64 KiB, well over any token, key or certificate.
const LARGEST: u64 = 64 * 1024;

/// A handle to something nobody may see: a token, a key, a password.
///
/// It is read at use, so a changed file or variable is picked up without a restart. `Debug` and `Display` show where
/// it comes from and never what it is; what [`reveal`](Secret::reveal) hands out is wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    origin: Origin,
}

#[derive(Clone, PartialEq, Eq)]
enum Origin {
    Literal(Arc<Zeroizing<String>>),
    Env(Arc<str>),
    File(Arc<Path>),
}

impl Secret {
    /// A secret that is known already.
    pub fn literal(value: impl Into<String>) -> Self {
        Self { origin: Origin::Literal(Arc::new(Zeroizing::new(value.into()))) }
    }

    /// A secret in the environment variable `name`.
    pub fn from_env(name: impl Into<Arc<str>>) -> Self {
        Self { origin: Origin::Env(name.into()) }
    }

    /// A secret in the file at `path`. One line break at its end does not count.
    pub fn from_file(path: impl Into<PathBuf>) -> Self {
        Self { origin: Origin::File(path.into().into()) }
    }

    /// Reads the secret.
    ///
    /// # Errors
    /// When the variable is not set or not UTF-8, the file is no regular one (a pipe or a device could block for ever),
    /// cannot be read, is over 64 KiB or not UTF-8, or the secret is empty. The error names the variable or file, and
    /// never holds any of what was read.
    pub fn reveal(&self) -> Result<Revealed, SecretError> {
        let text = match &self.origin {
            Origin::Literal(value) => Zeroizing::clone(value),
            Origin::Env(name) => Zeroizing::new(std::env::var(&**name).map_err(|error| match error {
                std::env::VarError::NotPresent => self.error(SecretErrorKind::Missing, None),
                std::env::VarError::NotUnicode(_) => self.error(SecretErrorKind::NotText, None),
            })?),
            Origin::File(path) => self.read(path)?,
        };
        if text.is_empty() {
            return Err(self.error(SecretErrorKind::Empty, None));
        }
        Ok(Revealed(text))
    }

    fn read(&self, path: &Path) -> Result<Zeroizing<String>, SecretError> {
        let unreadable = |source: std::io::Error| {
            let kind = match source.kind() {
                std::io::ErrorKind::NotFound => SecretErrorKind::Missing,
                _ => SecretErrorKind::Unreadable,
            };
            self.error(kind, Some(Arc::new(source)))
        };
        // Looked at before it is opened, for opening a pipe waits for who writes to it.
        if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
            return Err(self.error(SecretErrorKind::NotAFile, None));
        }
        // As large as it may become: a buffer that grows would leave copies in memory that nobody wipes.
        let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(LARGEST + 1).unwrap_or_default()));
        let file = File::open(path).map_err(unreadable)?;
        file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > LARGEST {
            return Err(self.error(SecretErrorKind::TooLarge, None));
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| self.error(SecretErrorKind::NotText, None))?;
        let text = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
        Ok(Zeroizing::new(text.to_owned()))
    }

    fn error(&self, kind: SecretErrorKind, source: Option<Arc<std::io::Error>>) -> SecretError {
        SecretError { kind, origin: self.to_string(), source }
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Literal(_) => f.write_str("a literal"),
            Origin::Env(name) => write!(f, "the environment variable {name}"),
            Origin::File(path) => write!(f, "the file {}", path.display()),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Literal(_) => f.write_str("Secret(literal, ***)"),
            Origin::Env(name) => write!(f, "Secret(env {name}, ***)"),
            Origin::File(path) => write!(f, "Secret(file {}, ***)", path.display()),
        }
    }
}

/// A secret in the clear, wiped from memory when dropped. `Debug` masks it; it has no `Display`.
pub struct Revealed(Zeroizing<String>);

impl Deref for Revealed {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Revealed(***)")
    }
}

/// Why a [`Secret`] could not be read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("cannot read the secret from {origin}: {kind}")]
pub struct SecretError {
    kind: SecretErrorKind,
    origin: String,
    #[source]
    source: Option<Arc<std::io::Error>>,
}

impl SecretError {
    /// What went wrong.
    pub fn kind(&self) -> SecretErrorKind {
        self.kind
    }
}

/// The ways in which reading a [`Secret`] fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretErrorKind {
    /// The variable is not set, or there is no such file.
    #[error("it is not there")]
    Missing,
    /// There is a folder, a pipe or a device where a regular file should be.
    #[error("it is no regular file")]
    NotAFile,
    /// The file is there and cannot be read.
    #[error("it cannot be read")]
    Unreadable,
    /// It is over 64 KiB.
    #[error("it is over 64 KiB")]
    TooLarge,
    /// It is not UTF-8.
    #[error("it is not UTF-8")]
    NotText,
    /// It is empty.
    #[error("it is empty")]
    Empty,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_at_each_use_without_its_last_line_break() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("token");
        let secret = Secret::from_file(&path);
        assert_eq!(secret.reveal().expect_err("not there").kind(), SecretErrorKind::Missing);
        for (content, want) in [("one\n", "one"), ("two\r\n", "two"), ("th ree", "th ree"), ("four\n\n", "four\n")] {
            std::fs::write(&path, content).expect("written");
            assert_eq!(&*secret.reveal().expect("readable"), want);
        }
        std::fs::write(&path, "\n").expect("written");
        assert_eq!(secret.reveal().expect_err("empty").kind(), SecretErrorKind::Empty);
        std::fs::write(&path, [0xff, 0xfe]).expect("written");
        assert_eq!(secret.reveal().expect_err("not text").kind(), SecretErrorKind::NotText);
        std::fs::write(&path, vec![b'x'; 65 * 1024]).expect("written");
        assert_eq!(secret.reveal().expect_err("too large").kind(), SecretErrorKind::TooLarge);
    }

    #[test]
    #[cfg(unix)]
    fn what_is_no_regular_file_is_not_opened() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        for path in [folder.path(), &pipe, Path::new("/dev/zero")] {
            let error = Secret::from_file(path).reveal().expect_err("no file");
            assert_eq!(error.kind(), SecretErrorKind::NotAFile, "{error}");
        }
        if cfg!(target_os = "linux") {
            // Megabytes, of which its metadata tells nothing. Some machines let nobody read it.
            let error = Secret::from_file("/proc/kallsyms").reveal().expect_err("too large");
            assert!(matches!(error.kind(), SecretErrorKind::TooLarge | SecretErrorKind::Unreadable), "{error}");
        }
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let error = Secret::from_env("TIDEGATE_NO_SUCH_VARIABLE").reveal().expect_err("not set");
        assert_eq!(error.kind(), SecretErrorKind::Missing);
        assert_eq!(
            error.to_string(),
            "cannot read the secret from the environment variable TIDEGATE_NO_SUCH_VARIABLE: it is not there"
        );
    }

    #[test]
    fn nothing_that_prints_shows_it() {
        let secret = Secret::literal("hunter2");
        let shown = format!("{secret} {secret:?} {secret:#?} {:?}", secret.reveal().expect("literal"));
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
