//! What is asked for, in the order of asking.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::{Change, Space, StoreError, StoreErrorKind};

/// The most that one transaction takes, unless one save alone is larger.
const MOST_AT_ONCE: usize = 4 * 1024 * 1024;

pub(super) type Loaded = Vec<(String, Bytes)>;

#[derive(Debug)]
pub(super) struct Load {
    pub(super) space: Space,
    pub(super) prefix: String,
    pub(super) reply: oneshot::Sender<Result<Loaded, StoreError>>,
}

#[derive(Debug)]
pub(super) struct Save {
    pub(super) changes: Vec<Change>,
    pub(super) reply: oneshot::Sender<Result<(), StoreError>>,
}

impl Save {
    fn bytes(&self) -> usize {
        let bytes = |change: &Change| change.key.len() + change.value.as_ref().map_or(0, Bytes::len);
        self.changes.iter().map(bytes).sum()
    }
}

#[derive(Debug)]
pub(super) enum Request {
    Load(Load),
    Save(Save),
}

impl Request {
    /// Nobody waits for it any more.
    fn is_given_up(&self) -> bool {
        match self {
            Self::Load(load) => load.reply.is_closed(),
            Self::Save(save) => save.reply.is_closed(),
        }
    }
}

/// What is to be done at once.
#[derive(Debug)]
pub(super) enum Work {
    Load(Load),
    /// One transaction.
    Saves(Vec<Save>),
}

#[derive(Debug, Default)]
struct Asked {
    requests: VecDeque<Request>,
    /// Nothing more is asked for.
    closing: bool,
    /// Nobody answers any more.
    ended: bool,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    asked: Mutex<Asked>,
    changed: Condvar,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn ask(&self, request: Request) -> Result<(), StoreError> {
        let mut asked = self.lock();
        if asked.ended {
            return Err(ended());
        }
        // While the disk hangs, whoever gives up and asks again must not pile up.
        asked.requests.retain(|before| !before.is_given_up());
        asked.requests.push_back(request);
        self.changed.notify_one();
        Ok(())
    }

    /// What is to be done next; saves that stand side by side are one piece of work. What nobody waits for any more is
    /// not done.
    pub(super) fn take(&self) -> Option<Work> {
        let mut asked = self.lock();
        loop {
            match asked.requests.pop_front()? {
                request if request.is_given_up() => {}
                Request::Load(load) => return Some(Work::Load(load)),
                Request::Save(save) => return Some(Work::Saves(with_others(save, &mut asked.requests))),
            }
        }
    }

    /// Waits until there is something to do. Whether there will be.
    pub(super) fn wait(&self) -> bool {
        let mut asked = self.lock();
        while asked.requests.is_empty() && !asked.closing {
            asked = self.changed.wait(asked).unwrap_or_else(PoisonError::into_inner);
        }
        !asked.requests.is_empty()
    }

    pub(super) fn close(&self) {
        self.lock().closing = true;
        self.changed.notify_all();
    }

    /// Whoever waits is told that nobody will answer.
    pub(super) fn end(&self) {
        let mut asked = self.lock();
        asked.ended = true;
        let unanswered = std::mem::take(&mut asked.requests);
        drop(asked);
        drop(unanswered);
    }
}

fn with_others(first: Save, requests: &mut VecDeque<Request>) -> Vec<Save> {
    let mut bytes = first.bytes();
    let mut saves = vec![first];
    while let Some(Request::Save(save)) = requests.pop_front_if(|request| match request {
        Request::Save(save) => bytes + save.bytes() <= MOST_AT_ONCE,
        Request::Load(_) => false,
    }) {
        if !save.reply.is_closed() {
            bytes += save.bytes();
            saves.push(save);
        }
    }
    saves
}

pub(super) fn ended() -> StoreError {
    StoreError::new(StoreErrorKind::Io, "the state's own thread has ended")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn save(key: &str, bytes: usize) -> (Request, oneshot::Receiver<Result<(), StoreError>>) {
        let (reply, answer) = oneshot::channel();
        (Request::Save(Save { changes: vec![Change::put(Space::Key, key, vec![0; bytes])], reply }), answer)
    }

    fn keys(work: Option<Work>) -> Vec<String> {
        match work {
            Some(Work::Saves(saves)) => saves.iter().map(|save| save.changes[0].key.clone()).collect(),
            Some(Work::Load(load)) => vec![format!("load {}", load.prefix)],
            None => Vec::new(),
        }
    }

    #[test]
    fn saves_side_by_side_are_one_work_up_to_a_bound_and_a_load_stays_in_its_place() {
        let queue = Queue::default();
        let (reply, _loaded) = oneshot::channel();
        let (saves, answers): (Vec<_>, Vec<_>) = [("a", 1), ("b", 1), ("c", MOST_AT_ONCE), ("d", 1)]
            .map(|(key, bytes)| save(key, bytes))
            .into_iter()
            .unzip();
        for request in saves {
            queue.ask(request).unwrap();
        }
        queue.ask(Request::Load(Load { space: Space::Key, prefix: "x".to_owned(), reply })).unwrap();
        let (last, _last_answer) = save("e", 1);
        queue.ask(last).unwrap();
        for expected in [&["a", "b"][..], &["c"], &["d"], &["load x"], &["e"], &[]] {
            assert_eq!(keys(queue.take()), expected);
        }
        drop(answers);
    }

    #[test]
    fn who_gives_up_and_asks_again_does_not_pile_up() {
        let queue = Queue::default();
        for _ in 0..1_000 {
            queue.ask(save("note", 1).0).unwrap();
        }
        let waiting = queue.lock().requests.len();
        assert_eq!(waiting, 1);
    }

    #[test]
    fn what_nobody_waits_for_is_not_done() {
        let queue = Queue::default();
        for key in ["a", "b"] {
            let (request, answer) = save(key, 1);
            queue.ask(request).unwrap();
            drop(answer);
        }
        let (request, mut answer) = save("c", 1);
        queue.ask(request).unwrap();
        assert_eq!(keys(queue.take()), ["c"]);
        assert!(answer.try_recv().is_err(), "it was given up with its work");
        queue.end();
        assert_eq!(
            queue.ask(save("d", 1).0).unwrap_err().to_string(),
            "the state's own thread has ended: input or output failed"
        );
    }
}
