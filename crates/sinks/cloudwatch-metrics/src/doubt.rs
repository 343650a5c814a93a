//! What may have been put, and would count twice if it were put again.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;
use tidegate_event::{Sample, SampleKind};
use tidegate_sink::DeliveryId;

/// How many are known at least; twice as many at most. A lane tries what failed before anything else, so that it needs those
/// of one batch for each call at the same time.
const KNOWN: usize = 65_536;

/// What becomes of a sample that may have been put already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnUnconfirmed {
    /// Gauges are put again, counters are not.
    #[default]
    Auto,
    /// It is put again: sums and numbers of samples may be too high, and nothing is missing.
    Repeat,
    /// It is not put again: it may be missing, and nothing counts twice.
    Drop,
}

impl OnUnconfirmed {
    /// Whether `sample` is put again.
    pub(crate) fn repeats(self, sample: &Sample) -> bool {
        match self {
            Self::Auto => !is_counter(sample),
            Self::Repeat => true,
            Self::Drop => false,
        }
    }
}

/// Where a sample does not say what it is, a name as Prometheus gives them does.
fn is_counter(sample: &Sample) -> bool {
    match sample.kind {
        Some(kind) => kind == SampleKind::Counter,
        None => ["_total", "_sum", "_bucket"].iter().any(|end| sample.name.ends_with(end)),
    }
}

/// The deliveries that may have been put. Those of a process that has ended are forgotten: they are put again.
#[derive(Debug, Default)]
pub(crate) struct Doubts(Mutex<[HashSet<DeliveryId, RandomState>; 2]>);

impl Doubts {
    /// From now on these are in doubt: a call may be dropped while it is under way.
    pub(crate) fn enter(&self, ids: &[DeliveryId]) {
        let mut known = self.lock();
        known[0].extend(ids);
        if known[0].len() > KNOWN {
            known[1] = std::mem::take(&mut known[0]);
        }
    }

    /// It is known what became of these.
    pub(crate) fn leave(&self, ids: &[DeliveryId]) {
        let mut known = self.lock();
        for id in ids {
            known.iter_mut().for_each(|known| _ = known.remove(id));
        }
    }

    pub(crate) fn has(&self, id: DeliveryId) -> bool {
        self.lock().iter().any(|known| known.contains(&id))
    }

    fn lock(&self) -> MutexGuard<'_, [HashSet<DeliveryId, RandomState>; 2]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tidegate_testkit::sample;

    use super::*;

    fn id(number: usize) -> DeliveryId {
        DeliveryId::new("test", &number.to_string())
    }

    #[test]
    fn counters_are_not_put_twice_and_gauges_are() {
        let repeats = |policy: OnUnconfirmed| {
            ["kurrentdb_io_bytes_total", "x_sum", "x_bucket", "system.memory.total", "proc_thread_count"]
                .map(|name| policy.repeats(&sample::metric(name, 1.0)))
        };
        assert_eq!(repeats(OnUnconfirmed::Auto), [false, false, false, true, true]);
        assert_eq!(repeats(OnUnconfirmed::Repeat), [true; 5]);
        assert_eq!(repeats(OnUnconfirmed::Drop), [false; 5]);
    }

    #[test]
    fn what_a_sample_says_of_itself_counts_before_its_name() {
        let repeats = |name, kind| OnUnconfirmed::Auto.repeats(&sample::metric(name, 1.0).with_kind(kind));
        assert!(!repeats("kurrentdb.gossip_latency_seconds_count", SampleKind::Counter));
        assert!(repeats("kurrentdb.incoming_grpc_calls_total", SampleKind::Gauge));
    }

    #[test]
    fn what_is_in_doubt_is_known_and_memory_is_bounded() {
        let doubts = Doubts::default();
        doubts.enter(&[id(1), id(2)]);
        doubts.leave(&[id(1)]);
        assert_eq!((doubts.has(id(1)), doubts.has(id(2))), (false, true));
        for number in 3..3 * KNOWN {
            doubts.enter(&[id(number)]);
        }
        assert!(!doubts.has(id(2)) && doubts.has(id(3 * KNOWN - 1)) && doubts.has(id(2 * KNOWN)));
        assert!(doubts.lock().iter().map(HashSet::len).sum::<usize>() <= 2 * KNOWN + 1);
    }
}
