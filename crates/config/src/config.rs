use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::build::build;
use crate::document::{Document, Masks};
use crate::report::{Problem, told};
use crate::tree::{Node, Value};
use crate::{ConfigErrorKind, ConfigErrors, Plan, Registry, syntax};

/// The largest file that is read: more than anybody writes, and little to hold.
const LARGEST: u64 = 4 * 1024 * 1024;

/// A configuration file that is TOML. What it means, [`build`](Config::build) tells.
#[derive(Clone)]
pub struct Config {
    document: Document,
    root: Node,
}

impl Config {
    /// Reads the file at `path`, of at most 4 MiB.
    ///
    /// # Errors
    /// When it cannot be read, is a folder, too large, not UTF-8, or not TOML.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ConfigErrors> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let text = read(path).map_err(|why| {
            let document = Document::new(&name, String::new());
            let problem = Problem::of_file(ConfigErrorKind::Unreadable, format!("cannot read {name}: {why}"));
            told(&document, problem, &Masks { hidden: &[], covered: &[] })
        })?;
        Self::parse(&name, text)
    }

    /// Takes `text` for the file `name`, in whose folder relative paths start.
    ///
    /// # Errors
    /// When it is not TOML.
    pub fn parse(name: &str, text: impl Into<String>) -> Result<Self, ConfigErrors> {
        let document = Document::new(name, text.into());
        let table = syntax::parse(&document)?;
        let root = Node { span: 0..document.text.len(), value: Value::Table(table) };
        Ok(Self { document, root })
    }

    /// Makes everything that the file asks for, of the kinds that `registry` knows.
    ///
    /// # Errors
    /// All that is wrong with it: keys and kinds that nobody knows, values that are not what their keys take, what is
    /// missing, what does not fit together, and secrets that are not there.
    pub fn build(&self, registry: &Registry) -> Result<Plan, ConfigErrors> {
        build(&self.document, &self.root, registry)
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("file", &self.document.name).finish_non_exhaustive()
    }
}

/// The text of the file, or in words why there is none.
fn read(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => error.to_string(),
    };
    if std::fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Err("it is a folder; name the file in it".to_owned());
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err("it is over 4 MiB; is it the right file?".to_owned());
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
        format!("line {line} is not text (UTF-8); is it the right file?")
    })
}
