use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::glob;
use super::series::{self, Order};
use crate::Series;

/// How deep a folder is searched.
const DEEPEST: usize = 8;
/// How many files are looked at.
const MOST: usize = 10_000;
/// How names end that are logs where only a folder is given.
const ENDINGS: [&str; 6] = ["log", "json", "jsonl", "ndjson", "txt", "out"];

/// Where files are looked for, and which.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    base: PathBuf,
    /// What follows it, from the first part with a pattern on.
    parts: Vec<Part>,
    /// The series of KurrentDB's; `None`: files of any name.
    series: Option<Vec<Series>>,
}

#[derive(Debug, Clone)]
enum Part {
    Literal(OsString),
    Pattern(String),
    /// `**`: any folders, or none.
    Folders,
}

/// A file that is to be followed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    /// The files of one row are read one after the other.
    pub(crate) row: String,
    pub(crate) order: Order,
    pub(crate) path: PathBuf,
}

/// Something that could not be looked at.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) path: PathBuf,
    pub(crate) error: io::Error,
}

/// What a search has come upon.
#[derive(Debug, Default)]
pub(crate) struct Search {
    pub(crate) found: Vec<Found>,
    pub(crate) troubles: Vec<Trouble>,
    /// Whether there were more files than are looked at.
    pub(crate) too_many: bool,
}

impl Places {
    pub(crate) fn new(path: &Path, series: Option<Vec<Series>>) -> Self {
        let mut base = PathBuf::new();
        let mut parts: Vec<Part> = Vec::new();
        for component in path.components() {
            let text = component.as_os_str().to_string_lossy();
            match component {
                Component::Normal(_) if text == "**" => parts.push(Part::Folders),
                Component::Normal(_) if glob::is_pattern(&text) => parts.push(Part::Pattern(text.into_owned())),
                _ if parts.is_empty() => base.push(component),
                _ => parts.push(Part::Literal(component.as_os_str().to_owned())),
            }
        }
        Self { base, parts, series }
    }

    pub(crate) fn search(&self) -> Search {
        let mut search = Search::default();
        self.descend(&self.base, &self.parts, DEEPEST, &mut search);
        search.found.sort();
        search.found.dedup();
        search
    }

    /// Goes from `path` on as `parts` say.
    fn descend(&self, path: &Path, parts: &[Part], depth: usize, search: &mut Search) {
        match parts {
            [] => self.reached(path, search),
            [Part::Literal(name), rest @ ..] => self.descend(&path.join(name), rest, depth, search),
            [Part::Pattern(pattern), rest @ ..] => {
                for (name, child) in children(path, search) {
                    if glob::matches(pattern, &name) {
                        self.descend(&child, rest, depth, search);
                    }
                }
            }
            [Part::Folders, rest @ ..] => {
                self.descend(path, rest, depth, search);
                if depth == 0 {
                    return;
                }
                for (name, child) in children(path, search) {
                    if !name.starts_with('.') && is_own_folder(&child) {
                        self.descend(&child, parts, depth - 1, search);
                    }
                }
            }
        }
    }

    /// What the whole path led to: a file that somebody named, or a folder.
    fn reached(&self, path: &Path, search: &mut Search) {
        match path.metadata() {
            Ok(metadata) if metadata.is_dir() => self.below(path, DEEPEST, search),
            Ok(metadata) if metadata.is_file() => {
                if search.has_room()
                    && let Some(place) = self.place(path, true)
                {
                    search.add(path, place);
                }
            }
            Ok(_) => {}
            Err(error) => search.trouble(path, error),
        }
    }

    fn below(&self, folder: &Path, depth: usize, search: &mut Search) {
        for (name, child) in children(folder, search) {
            if name.starts_with('.') {
                continue;
            }
            if is_own_folder(&child) {
                if depth > 0 {
                    self.below(&child, depth - 1, search);
                }
            } else if let Some(place) = self.place(&child, false)
                && child.is_file()
                && search.has_room()
            {
                search.add(&child, place);
            }
        }
    }

    /// The row of the file and its place there, where it is one that is wanted. One that is named is, whatever its name,
    /// unless that is of a series which is not.
    fn place(&self, path: &Path, is_named: bool) -> Option<(String, Order)> {
        // The cursor is text.
        let (text, name) = (path.to_str()?, path.file_name()?.to_str()?);
        let Some(wanted) = &self.series else {
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            return (is_named || ENDINGS.contains(&ending)).then(|| (text.to_owned(), Order::default()));
        };
        match series::parse(name) {
            Some((series, order)) if wanted.contains(&series) => {
                let folder = text.strip_suffix(name)?;
                Some((format!("{folder}{}*", series::prefix(series)), order))
            }
            Some(_) => None,
            None => is_named.then(|| (text.to_owned(), Order::default())),
        }
    }
}

impl Search {
    /// Whether one more file is looked at; keeps in mind that there was one where it is not.
    fn has_room(&mut self) -> bool {
        self.too_many |= self.found.len() == MOST;
        self.found.len() < MOST
    }

    fn add(&mut self, path: &Path, (row, order): (String, Order)) {
        self.found.push(Found { row, order, path: path.to_owned() });
    }

    /// What is not there is no trouble: it may come.
    fn trouble(&mut self, path: &Path, error: io::Error) {
        if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) {
            self.troubles.push(Trouble { path: path.to_owned(), error });
        }
    }
}

fn children(folder: &Path, search: &mut Search) -> Vec<(String, PathBuf)> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    match folder.read_dir() {
        Ok(entries) => {
            let child = |entry: std::fs::DirEntry| (entry.file_name().to_string_lossy().into_owned(), entry.path());
            entries.filter_map(Result::ok).map(child).take(MOST).collect()
        }
        Err(error) => {
            search.trouble(folder, error);
            Vec::new()
        }
    }
}

/// A folder that is no link: a link may lead in a circle.
fn is_own_folder(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, "x").expect("a file");
        }
        folder
    }

    fn found(root: &Path, below: &str, series: Option<Vec<Series>>) -> Vec<String> {
        let search = Places::new(&root.join(below), series).search();
        assert!(search.troubles.is_empty(), "{search:?}");
        let short = |found: Found| found.path.strip_prefix(root).expect("below").to_string_lossy().into_owned();
        search.found.into_iter().map(short).collect()
    }

    const NODE: [&str; 6] = [
        "n1-cluster-node/log20260724.json",
        "n1-cluster-node/log20260725.json",
        "n1-cluster-node/log20260725_001.json",
        "n1-cluster-node/log-err20260725.json",
        "n1-cluster-node/log-stats20260725.json",
        "n1-cluster-node/notes.json",
    ];

    #[test]
    fn a_folder_of_kurrentdb_has_its_series_in_their_order() {
        let folder = folder(&NODE);
        let log = &NODE[..3];
        assert_eq!(found(folder.path(), "", Some(vec![Series::Log])), log);
        assert_eq!(found(folder.path(), "*-cluster-node", Some(vec![Series::Log])), log);
        assert_eq!(found(folder.path(), "n1-cluster-node/log*.json", Some(vec![Series::Log])), log);
        let two = found(folder.path(), "", Some(vec![Series::Log, Series::Statistics]));
        assert_eq!(two.len(), 4);
        let named = found(folder.path(), "n1-cluster-node/notes.json", Some(vec![Series::Log]));
        assert_eq!(named, ["n1-cluster-node/notes.json"]);
    }

    #[test]
    fn patterns_go_through_folders() {
        let folder = folder(&["a/app.log", "a/b/app.log", "a/b/c/app.log.1", "a/.hidden/app.log", "app.gz", "a/core"]);
        assert_eq!(found(folder.path(), "**/app.log", None), ["a/app.log", "a/b/app.log"]);
        assert_eq!(found(folder.path(), "a/**/*", None), ["a/app.log", "a/b/app.log", "a/b/c/app.log.1", "a/core"]);
        assert_eq!(found(folder.path(), "a/*/app.log", None), ["a/b/app.log"]);
        assert_eq!(found(folder.path(), "", None), ["a/app.log", "a/b/app.log"], "by their endings");
        assert!(found(folder.path(), "nowhere", None).is_empty());
        assert!(found(folder.path(), "app.gz/below", None).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn links_to_files_are_followed_and_circles_are_not() {
        let folder = folder(&["real/app.log"]);
        std::os::unix::fs::symlink(folder.path(), folder.path().join("real/circle")).expect("a link");
        std::os::unix::fs::symlink("app.log", folder.path().join("real/current.log")).expect("a link");
        let both = found(folder.path(), "", None);
        assert_eq!(both, ["real/app.log", "real/current.log"]);
    }
}
