use std::collections::{HashSet, VecDeque};

use tidegate_event::EpisodeId;

/// How many episodes are remembered. Nothing is appended between an append that failed and its repetition, so that these
/// need be no more than one append closes.
const CLOSED: usize = 4096;

/// The episodes whose close was read last. An append that was repeated puts events of them into the journal once more,
/// however late.
#[derive(Debug, Default)]
pub(super) struct Closed {
    known: HashSet<EpisodeId, foldhash::fast::FixedState>,
    order: VecDeque<EpisodeId>,
}

impl Closed {
    pub(super) fn insert(&mut self, episode: EpisodeId) {
        if !self.known.insert(episode) {
            return;
        }
        self.order.push_back(episode);
        if self.order.len() > CLOSED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    pub(super) fn contains(&self, episode: EpisodeId) -> bool {
        self.known.contains(&episode)
    }
}

#[cfg(test)]
mod tests {
    use tidegate_testkit::sample;

    use super::*;

    #[test]
    fn the_last_4096_are_remembered() {
        let mut closed = Closed::default();
        for number in 0..5_000 {
            closed.insert(sample::episode(number));
            closed.insert(sample::episode(number));
        }
        assert!(closed.contains(sample::episode(904)) && !closed.contains(sample::episode(903)));
        assert_eq!((closed.known.len(), closed.order.len()), (CLOSED, CLOSED));
    }
}
