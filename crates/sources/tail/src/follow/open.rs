use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use tidegate_event::Signal;
use tidegate_source::{SourceError, SourceErrorKind};

use super::file::Followed;
use super::follower::{Follower, MOST};
use crate::find::{Found, Order};

impl Follower {
    /// Opens the next file of `row` that waits; whether there was one.
    pub(super) fn open_next(&mut self, row: &str, now: Duration) -> bool {
        while let Some(at) = self.waiting.iter().position(|found| found.row == row) {
            let found = self.waiting.remove(at);
            if let Some(file) = self.open(found, now) {
                self.insert(file);
                return true;
            }
        }
        false
    }

    /// Opens `found` where it was read to before, or at its beginning.
    pub(super) fn open(&mut self, found: Found, now: Duration) -> Option<Followed> {
        let path = found.path.clone();
        if self.files.len() >= MOST {
            let why = format!("is not followed: {MOST} files are, which is the most; name fewer");
            self.say(&path, &why);
            return None;
        }
        self.born += 1;
        match File::open(&path).and_then(|file| Followed::new(found, file, self.born, now)) {
            // Two names of one file: it is read once.
            Ok(file) if self.files.iter().any(|other| other.inode.is(file.inode)) => None,
            Ok(mut file) => {
                self.heard(&path);
                // It was mounted again, and its device has another number.
                let is_it = |other: &Followed| {
                    let is_there = other.gone_since.is_some() && other.found.path == path;
                    is_there && other.inode.number == file.inode.number
                };
                if let Some(at) = self.files.iter().position(is_it)
                    && file.resume(&self.files[at].place()).unwrap_or(false)
                {
                    self.files.remove(at);
                    return Some(file);
                }
                let place = self.remembered.iter().position(|place| file.resume(place).unwrap_or(false));
                if let Some(place) = place {
                    self.remembered.remove(place);
                }
                // What was at this path before is another file, and will not come back.
                self.remembered.retain(|place| path.to_str() != Some(&*place.path));
                Some(file)
            }
            Err(error) => {
                // What went between the look and now is no trouble.
                if error.kind() != io::ErrorKind::NotFound {
                    self.deny(&path, error);
                }
                None
            }
        }
    }

    /// Puts `file` where it is read in its turn.
    pub(super) fn insert(&mut self, file: Followed) {
        let key = |file: &Followed| (file.found.row.clone(), file.found.order.clone(), file.born);
        let this = key(&file);
        let at = self.files.partition_point(|other| key(other) < this);
        self.files.insert(at, file);
    }

    /// At the very first start: only the last file of each row is read on, from its end.
    pub(super) fn begin_at_end(&mut self, found: Vec<Found>, now: Duration) {
        let mut rows = found.into_iter().peekable();
        while let Some(found) = rows.next() {
            if rows.peek().is_some_and(|next| next.row == found.row) {
                self.done.insert(found.row, found.order);
                continue;
            }
            if self.files.len() >= MOST {
                self.remember_end(found, now);
                continue;
            }
            let path = found.path.clone();
            if let Some(mut file) = self.open(found, now) {
                match file.skip_to_end() {
                    Ok(()) => self.insert(file),
                    Err(error) => self.say(&path, &format!("cannot be read: {error}")),
                }
            }
        }
    }

    /// Keeps in mind where a file ends that is not opened, so that it begins there once it is.
    fn remember_end(&mut self, found: Found, now: Duration) {
        if self.remembered.len() >= MOST {
            return;
        }
        let opened = File::open(&found.path).and_then(|file| Followed::new(found, file, 0, now));
        let place = opened.and_then(|mut file| file.skip_to_end().map(|()| file.place()));
        // One that cannot be read is said to be when it has its turn. The first to have it is forgotten last.
        if let Ok(place) = place {
            self.remembered.insert(0, place);
        }
    }

    /// After a restart: a file that got another name meanwhile is read to its end, though it is none that is followed.
    pub(super) fn find_renamed(&mut self, now: Duration) {
        let is_whole = |order: &Order| *order == Order::default();
        for place in self.remembered.clone().into_iter().filter(|place| is_whole(&place.order)) {
            let path = Path::new(&place.path);
            let is_it = |path: &Path| path.metadata().is_ok_and(|metadata| place.is(&metadata));
            if is_it(path) {
                continue;
            }
            let Some(siblings) = path.parent().and_then(|folder| folder.read_dir().ok()) else { continue };
            let sibling = siblings.filter_map(Result::ok).map(|entry| entry.path()).find(|path| is_it(path));
            let Some(sibling) = sibling else { continue };
            let found = Found { row: place.row.clone(), order: place.order.clone(), path: sibling };
            let Some(mut file) = self.open(found, now) else { continue };
            // Opened where it was read to: then it is remembered no more.
            if !self.remembered.contains(&place) {
                file.gone_since = Some(now);
                self.insert(file);
            }
        }
    }

    /// Says once what is wrong with `path`.
    pub(super) fn say(&mut self, path: &Path, why: &str) {
        let path = path.display().to_string();
        if self.said.len() >= MOST || !self.said.insert(path.clone()) {
            return;
        }
        tracing::warn!(source = %self.settings.name, file = %path, "{why}");
        let resource = self.settings.resource.clone().with_part("logs");
        self.unsaid.push(Signal::Gap { resource, why: format!("{path} {why}") });
    }

    /// Says it again the next time.
    pub(super) fn heard(&mut self, path: &Path) {
        if self.said.remove(&path.display().to_string()) {
            tracing::info!(source = %self.settings.name, file = %path.display(), "is read now");
        }
    }

    /// Says once that `path` cannot be opened.
    pub(super) fn deny(&mut self, path: &Path, error: io::Error) {
        self.say(path, &format!("cannot be opened: {error}"));
        if error.kind() == io::ErrorKind::PermissionDenied {
            let context = format!("opening {}: the user that this runs as may not read it", path.display());
            self.denied = Some(SourceError::new(SourceErrorKind::Unauthorized, context).with_source(error));
        }
    }
}
