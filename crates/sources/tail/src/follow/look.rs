use std::time::Duration;

use tidegate_source::SourceError;

use super::follower::Follower;
use super::identity::Inode;
use crate::find::{Found, Trouble};

impl Follower {
    /// Looks which files there are.
    pub(super) fn look(&mut self, now: Duration) -> Result<(), SourceError> {
        let is_first = self.looked_at.is_none();
        self.looked_at = Some(now);
        self.denied = None;
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
        self.compare(search.found, now, is_first);
        Ok(())
    }

    fn first_look(&mut self, found: &[Found], now: Duration) {
        if self.is_resumed {
            self.find_renamed(now);
        } else if self.settings.from == crate::StartFrom::End {
            self.begin_at_end(found.to_vec(), now);
        }
    }

    /// Tells the files that are new, and those that went.
    fn compare(&mut self, found: Vec<Found>, now: Duration, is_first: bool) {
        let known = std::mem::take(&mut self.known);
        let mut is_there = vec![false; self.files.len()];
        let mut others: Vec<(Found, Option<Inode>)> = Vec::new();
        for found in found {
            self.known.insert(found.path.clone());
            let open = self.files.iter().position(|file| file.found.path == found.path);
            let is_wanted = || {
                self.done.get(&found.row).is_none_or(|done| found.order > *done)
                    || (!is_first && !known.contains(&found.path))
                    || self.remembered.iter().any(|place| found.path.to_str() == Some(&*place.path))
            };
            if open.is_none() && !is_wanted() {
                continue;
            }
            let inode = found.path.metadata().ok().map(|metadata| Inode::of(&metadata));
            match open.zip(inode) {
                Some((open, inode)) if !self.files[open].inode.is_another(inode) => is_there[open] = true,
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
