use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use tidegate_sink::{Outcome, Reason, SinkError, SinkErrorKind};

/// So many refused one by one, and nothing taken: it is not what they hold.
const ALONE: usize = 4;

/// How many requests of one delivery are halved. Fourteen find one event among ten thousand, so that each delivery gets
/// further.
const HALVINGS: usize = 64;

/// What a service refused of one delivery, and whether for what it holds or whatever it holds.
///
/// A service that does not say which event it minds is asked again with halves of the request, until it minds one alone.
/// That one is rejected, unless four were refused so and nothing of the delivery was taken: then it would refuse any
/// other too, and none of them is to blame. So it is where it minded something in each of 64 requests. The delivery fails
/// as [`Misconfigured`](SinkErrorKind::Misconfigured) then, and nothing is lost.
///
/// ```
/// use std::collections::VecDeque;
///
/// use tidegate_aws::{Part, Refusals};
/// use tidegate_sink::{Outcome, Reason};
///
/// struct Request(Vec<usize>);
///
/// impl Part for Request {
///     fn is_one(&self) -> bool {
///         self.0.len() == 1
///     }
///
///     fn halves(mut self) -> [Self; 2] {
///         let second = self.0.split_off(self.0.len() / 2);
///         [self, Self(second)]
///     }
/// }
///
/// let refusals = Refusals::default();
/// let mut requests = VecDeque::from([Request((0..1_000).collect())]);
/// while !refusals.are_vain()
///     && let Some(request) = requests.pop_front()
/// {
///     if !request.0.contains(&77) {
///         refusals.taken();
///     } else if let Some(alone) = refusals.refused(request, &mut requests) {
///         refusals.alone(alone.0, &Reason::new("it holds what the service minds"));
///     }
/// }
/// let rejected = refusals.into_outcomes();
/// assert!(matches!(rejected[..], [(77, Outcome::Rejected(_))]));
/// ```
#[derive(Debug)]
pub struct Refusals {
    taken: AtomicBool,
    alone: AtomicUsize,
    halvings: AtomicUsize,
    rejected: Mutex<Vec<(usize, Reason)>>,
}

/// A request that can be sent in parts.
pub trait Part: Sized {
    /// Whether it holds one event alone.
    fn is_one(&self) -> bool;

    /// Both halves of one that holds more.
    fn halves(self) -> [Self; 2];
}

impl Default for Refusals {
    fn default() -> Self {
        let (taken, alone, halvings) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(HALVINGS));
        Self { taken, alone, halvings, rejected: Mutex::default() }
    }
}

impl Refusals {
    /// The service took something.
    pub fn taken(&self) {
        self.taken.store(true, Ordering::Relaxed);
    }

    /// Whether it refuses whatever it is sent, as far as this delivery tells. Nothing more is to be sent.
    pub fn are_vain(&self) -> bool {
        let is_enough = self.alone.load(Ordering::Relaxed) >= ALONE || self.halvings.load(Ordering::Relaxed) == 0;
        is_enough && !self.taken.load(Ordering::Relaxed)
    }

    /// `part` was refused without a word on which event is to blame. What is to be sent instead is put into `rest`; one that
    /// is alone is handed back, for [`alone`](Self::alone). What is not put anywhere is for the next delivery.
    ///
    /// Until something is taken, the first half of what was refused first is looked into down to one event, then the other
    /// halves as they are, the smallest first, and only then parts of those: whatever there is that is taken is soon found.
    pub fn refused<P: Part>(&self, part: P, rest: &mut VecDeque<P>) -> Option<P> {
        if part.is_one() {
            return Some(part);
        }
        let halve = self.halvings.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if halve.is_err() {
            return None;
        }
        let [first, second] = part.halves();
        if self.taken.load(Ordering::Relaxed) || self.alone.load(Ordering::Relaxed) == 0 {
            rest.push_front(second);
            rest.push_front(first);
        } else {
            rest.extend([first, second]);
        }
        None
    }

    /// The event of those at `places` of the delivery was refused by itself.
    pub fn alone(&self, places: impl IntoIterator<Item = usize>, reason: &Reason) {
        self.alone.fetch_add(1, Ordering::Relaxed);
        self.named(places, reason);
    }

    /// The event of those at `places` of the delivery is what the service minds of a request with others.
    pub fn named(&self, places: impl IntoIterator<Item = usize>, reason: &Reason) {
        let mut rejected = self.rejected.lock().unwrap_or_else(PoisonError::into_inner);
        rejected.extend(places.into_iter().map(|place| (place, reason.clone())));
    }

    /// What became of those that were refused by themselves or by name, by their places.
    pub fn into_outcomes(self) -> Vec<(usize, Outcome)> {
        let vain = self.are_vain();
        let rejected = self.rejected.into_inner().unwrap_or_else(PoisonError::into_inner);
        let outcome =
            |reason: Reason| if vain { Outcome::Failed(refuses_all(&reason)) } else { Outcome::Rejected(reason) };
        rejected.into_iter().map(|(place, reason)| (place, outcome(reason))).collect()
    }
}

fn refuses_all(reason: &Reason) -> SinkError {
    let context = format!(
        "whatever is sent is refused, so that it is not what the events hold; nothing was given up: {}",
        reason.message
    );
    SinkError::new(SinkErrorKind::Misconfigured, context)
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Part for Vec<usize> {
        fn is_one(&self) -> bool {
            self.len() == 1
        }

        fn halves(mut self) -> [Self; 2] {
            let second = self.split_off(self.len() / 2);
            [self, second]
        }
    }

    /// One delivery of `events` to a service that minds those that are `bad`: what is rejected, and in how many calls; `None`
    /// where it failed.
    fn deliver(events: Vec<usize>, bad: impl Fn(usize) -> bool) -> (Option<Vec<usize>>, usize) {
        let (refusals, mut rest, mut calls) = (Refusals::default(), VecDeque::from([events]), 0);
        while !refusals.are_vain()
            && let Some(request) = rest.pop_front()
        {
            calls += 1;
            if !request.iter().any(|event| bad(*event)) {
                refusals.taken();
            } else if let Some(alone) = refusals.refused(request, &mut rest) {
                refusals.alone(alone, &Reason::new("no"));
            }
        }
        let outcomes = refusals.into_outcomes().into_iter();
        let rejected = outcomes.map(|(place, outcome)| matches!(outcome, Outcome::Rejected(_)).then_some(place));
        (rejected.collect(), calls)
    }

    fn all() -> Vec<usize> {
        (0..10_000).collect()
    }

    #[test]
    fn one_among_ten_thousand_is_found_wherever_it_is() {
        for bad in [0, 1, 4_999, 5_000, 7_777, 9_999] {
            let (rejected, calls) = deliver(all(), |event| event == bad);
            assert_eq!(rejected, Some(vec![bad]));
            assert!(calls < 32, "{calls} calls for {bad}");
        }
    }

    #[test]
    fn what_refuses_everything_is_known_soon_and_nothing_is_rejected() {
        let (rejected, calls) = deliver(all(), |_| true);
        assert_eq!(rejected, None);
        assert!(calls < 36, "{calls} calls");
    }

    #[test]
    fn a_few_that_are_bad_together_are_not_taken_for_all() {
        for bad in [0..6, 9_994..10_000, 4_997..5_003, 0..2_000, 8_000..10_000] {
            let (rejected, calls) = deliver(all(), |event| bad.contains(&event));
            let rejected = rejected.expect("something is taken");
            assert!(!rejected.is_empty() && rejected.iter().all(|place| bad.contains(place)), "{rejected:?}");
            assert!(calls < 2 * HALVINGS + 2, "{calls} calls");
        }
    }

    #[test]
    fn those_that_are_spread_are_found_in_some_deliveries() {
        let (mut left, mut deliveries) = (all(), 0);
        while left.iter().any(|event| event % 1_000 == 123) {
            let (rejected, _) = deliver(left.clone(), |event| event % 1_000 == 123);
            let rejected = rejected.expect("something is taken");
            assert!(!rejected.is_empty() && rejected.iter().all(|place| place % 1_000 == 123), "{rejected:?}");
            left.retain(|event| !rejected.contains(event));
            deliveries += 1;
        }
        assert!(deliveries <= 4, "{deliveries}");
    }

    #[test]
    fn fewer_than_four_are_rejected_for_what_they_hold() {
        assert_eq!(deliver(vec![1], |_| true).0, Some(vec![1]));
        assert_eq!(deliver(vec![1, 2, 3], |_| true).0, Some(vec![1, 2, 3]));
        assert_eq!(deliver(vec![1, 2, 3, 4], |_| true).0, None);
    }
}
