use std::collections::HashSet;
use std::time::Duration;

use tidegate_source::SourceError;

use super::follower::{Follower, MOST};
use super::identity::Inode;
use crate::find::{Found, Trouble};

/// How many names are kept in mind: twice as many as there can be at once.
const KNOWN: usize = 20_000;
/// How long nothing more is said where enough was.
const SILENT: Duration = Duration::from_hours(1);

impl Follower {
    /// Looks which files there are.
    pub(super) fn look(&mut self, now: Duration) -> Result<(), SourceError> {
        let is_first = self.looked_at.is_none();
        self.looked_at = Some(now);
        self.denied = None;
        // What is wrong no more may be what fills it: others have their turn.
        if self.said.len() >= MOST && now.saturating_sub(self.forgot_at) >= SILENT {
            self.said.clear();
            self.forgot_at = now;
        }
        let search = self.settings.places.search();
        for Trouble { path, error } in search.troubles {
            self.deny(&path, error);
        }
        if let Some(denied) = self.denied.take_if(|_| search.found.is_empty()) {
            return Err(denied);
        }
        let path = self.settings.path.clone();
        if search.found.is_empty() {
            self.say(&path, "leads to no log file yet; it is looked at until it does");
        } else if search.too_many {
            self.say(&path, "leads to more than 10000 files; no more than those are looked at");
        } else {
            self.heard(&path);
        }
        if is_first {
            self.first_look(&search.found, now);
        }
        self.compare(search.found, now);
        Ok(())
    }

    /// Tells of each whether it has come since its row was seen first, and keeps it in mind. A look may miss a folder that
    /// is there: what was seen once is not new when it is back.
    fn know(&mut self, found: &[Found]) -> Vec<bool> {
        let is_late = |found: &Found| self.known.get(&found.row).is_some_and(|paths| !paths.contains(&found.path));
        let late = found.iter().map(is_late).collect();
        if self.known.values().map(HashSet::len).sum::<usize>() > KNOWN {
            self.known.clear();
        }
        for Found { row, path, .. } in found {
            let paths = match self.known.get_mut(row) {
                Some(paths) => paths,
                None => self.known.entry(row.clone()).or_default(),
            };
            if !paths.contains(path) {
                paths.insert(path.clone());
            }
        }
        late
    }

    fn first_look(&mut self, found: &[Found], now: Duration) {
        if self.is_resumed {
            self.find_renamed(now);
        } else if self.settings.from == crate::StartFrom::End {
            self.begin_at_end(found.to_vec(), now);
        }
    }

    /// Tells the files that are new, and those that went.
    fn compare(&mut self, found: Vec<Found>, now: Duration) {
        let mut is_there = vec![false; self.files.len()];
        let mut others: Vec<(Found, Option<Inode>)> = Vec::new();
        let late = self.know(&found);
        for (found, is_late) in found.into_iter().zip(late) {
            let open = self.files.iter().position(|file| file.found.path == found.path);
            let is_wanted = || {
                self.done.get(&found.row).is_none_or(|done| found.order > *done)
                    || is_late
                    || self.waiting.contains(&found)
                    || self.remembered.iter().any(|place| found.path.to_str() == Some(&*place.path))
            };
            if open.is_none() && !is_wanted() {
                continue;
            }
            let inode = found.path.metadata().ok().map(|metadata| Inode::of(&metadata));
            match open.zip(inode) {
                Some((open, inode)) if self.files[open].inode.is_still(inode) => is_there[open] = true,
                _ => others.push((found, inode)),
            }
        }
        for (file, is_there) in self.files.iter_mut().zip(is_there) {
            file.gone_since = if is_there { None } else { file.gone_since.or(Some(now)) };
        }
        self.waiting.clear();
        for (found, inode) in others {
            let same = inode.and_then(|inode| self.files.iter_mut().find(|file| file.inode.is(inode)));
            match same {
                // It has another name, and keeps its turn before the one that has its own now.
                Some(file) if file.gone_since.is_some() => {
                    file.found.path = found.path;
                    file.gone_since = None;
                }
                // Another way to one that is read already.
                Some(_) => {}
                None => self.waiting.push(found),
            }
        }
    }
}
