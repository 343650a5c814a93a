use std::collections::{HashMap, VecDeque};

use tidegate_event::{IssueKey, Notification};

/// How many acknowledged notifications are remembered: about 1 MiB.
const MOST: usize = 10_000;

type Digest = [u8; 32];

/// The notifications that were acknowledged last. The router remembers them too, and longer, and yet does a second time
/// what they say of a cluster: one that comes late must not undo what was said since.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// By the digest of their id, so that long ids take no more room.
    known: HashMap<Digest, Known>,
    /// The same by age, with some that were said again since.
    ages: VecDeque<(u64, Digest)>,
    said: u64,
}

#[derive(Debug)]
struct Known {
    mark: Mark,
    said: u64,
}

/// What is remembered of a notification: under what it was said, and what it says of what. The words may differ.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    id: Digest,
    revision: u32,
    about: Digest,
}

impl Mark {
    pub(super) fn of(notification: &Notification) -> Self {
        let about = IssueKey::new(notification.kind.clone(), notification.resource.clone());
        Self { id: digest(&notification.id), revision: notification.revision, about: digest(&about.id()) }
    }
}

/// Whether a notification is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recalled {
    /// It is to be published.
    New,
    /// It was acknowledged, or a later revision was.
    Taken,
    /// Something else was acknowledged under its id and revision.
    Otherwise,
}

impl Memory {
    pub(super) fn recall(&self, mark: Mark) -> Recalled {
        match self.known.get(&mark.id).map(|known| known.mark) {
            Some(known) if mark.revision < known.revision => Recalled::Taken,
            Some(known) if mark.revision == known.revision && mark.about == known.about => Recalled::Taken,
            Some(known) if mark.revision == known.revision => Recalled::Otherwise,
            _ => Recalled::New,
        }
    }

    pub(super) fn remember(&mut self, mark: Mark) {
        if self.recall(mark) != Recalled::New {
            return; // it came twice at once
        }
        self.said += 1;
        self.known.insert(mark.id, Known { mark, said: self.said });
        self.ages.push_back((self.said, mark.id));
        while self.ages.len() > MOST {
            let Some((said, id)) = self.ages.pop_front() else { break };
            if self.known.get(&id).is_some_and(|known| known.said == said) {
                self.known.remove(&id);
            }
        }
    }
}

fn digest(text: &str) -> Digest {
    hmac_sha256::Hash::hash(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use tidegate_event::Resource;

    use super::*;

    fn notification(id: &str, revision: u32) -> Notification {
        Notification::new(id, "backup", "Backup taken.", DateTime::UNIX_EPOCH).with_revision(revision)
    }

    fn said(id: &str, revision: u32) -> Mark {
        Mark::of(&notification(id, revision))
    }

    #[test]
    fn an_id_is_known_up_to_the_revision_that_was_acknowledged() {
        let mut memory = Memory::default();
        memory.remember(said("a", 4));
        let recalled = [3, 4, 5].map(|revision| memory.recall(said("a", revision)));
        assert_eq!(recalled, [Recalled::Taken, Recalled::Taken, Recalled::New]);
        assert_eq!(memory.recall(said("b", 0)), Recalled::New);
        memory.remember(said("a", 3));
        assert_eq!(memory.recall(said("a", 4)), Recalled::Taken, "an earlier one changes nothing");
    }

    #[test]
    fn one_id_for_two_things_is_seen() {
        let mut memory = Memory::default();
        memory.remember(said("a", 0));
        let elsewhere = notification("a", 0).with_resource(Resource::new().with_cluster("orders"));
        assert_eq!(memory.recall(Mark::of(&elsewhere)), Recalled::Otherwise);
        let other_words = Notification { message: "Done.".to_owned(), ..notification("a", 0) };
        assert_eq!(memory.recall(Mark::of(&other_words)), Recalled::Taken);
    }

    #[test]
    fn the_oldest_are_forgotten_and_memory_is_bounded() {
        let mut memory = Memory::default();
        for number in 0..MOST + 10 {
            memory.remember(said(&number.to_string(), 0));
            memory.remember(said("often", u32::try_from(number).expect("few")));
        }
        assert!(memory.known.len() <= MOST && memory.ages.len() == MOST);
        let last = (MOST + 9).to_string();
        assert_eq!([memory.recall(said("0", 0)), memory.recall(said(&last, 0))], [Recalled::New, Recalled::Taken]);
        assert_eq!(memory.recall(said("often", 0)), Recalled::Taken);
    }
}
