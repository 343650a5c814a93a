use std::ops::Range;

use super::*;

impl Part for Vec<usize> {
    fn places(&self) -> Vec<usize> {
        self.clone()
    }

    fn size(&self) -> usize {
        self.len()
    }

    fn halves(mut self) -> [Self; 2] {
        let second = self.split_off(self.len() / 2);
        [self, second]
    }
}

/// One delivery of streams of events, which take turns, to a service that minds those that are `bad`: what is rejected, and
/// in how many calls; `None` where it failed.
fn deliver(
    suspicion: &Suspicion,
    streams: impl IntoIterator<Item = Vec<usize>>,
    bad: impl Fn(usize) -> bool,
) -> (Option<Vec<usize>>, usize) {
    let (refusals, mut calls, mut finished) = (suspicion.delivery(), 0, true);
    let mut streams: Vec<VecDeque<Vec<usize>>> = streams.into_iter().map(|events| VecDeque::from([events])).collect();
    while streams.iter().any(|rest| !rest.is_empty()) {
        for rest in &mut streams {
            let Some(request) = rest.pop_front() else { continue };
            calls += 1;
            if !request.iter().any(|event| bad(*event)) {
                refusals.taken();
            } else if !refusals.refused(request, &Reason::new("no"), rest) {
                rest.clear();
                finished = false;
            }
        }
    }
    match refusals.verdict(finished) {
        Verdict::Rejected(rejected) => (Some(rejected.into_iter().map(|(place, _)| place).collect()), calls),
        Verdict::Vain(error) => {
            assert_eq!(error.kind(), SinkErrorKind::Misconfigured);
            (None, calls)
        }
    }
}

fn once(events: Range<usize>, bad: impl Fn(usize) -> bool) -> (Option<Vec<usize>>, usize) {
    deliver(&Suspicion::default(), [events.collect()], bad)
}

#[test]
fn one_among_ten_thousand_is_found_wherever_it_is() {
    for bad in [0, 1, 4_999, 5_000, 7_777, 9_999] {
        let (rejected, calls) = once(0..10_000, |event| event == bad);
        assert_eq!(rejected, Some(vec![bad]));
        assert!(calls < 32, "{calls} calls for {bad}");
    }
}

#[test]
fn what_refuses_everything_is_known_and_nothing_is_rejected() {
    for streams in [1, 4, 30] {
        let each = 9_000 / streams;
        let streams = (0..streams).map(|stream| (stream * each..(stream + 1) * each).collect());
        let (rejected, calls) = deliver(&Suspicion::default(), streams, |_| true);
        assert_eq!(rejected, None);
        assert!(calls < 2 * HALVINGS, "{calls} calls");
    }
}

#[test]
fn what_is_taken_is_found_though_most_is_not() {
    for bad in [0..6, 9_994..10_000, 0..2_000, 8_000..10_000, 0..5_001, 0..9_000, 500..10_000, 0..9_500] {
        let (rejected, _) = once(0..10_000, |event| bad.contains(&event));
        let rejected = rejected.expect("something is taken");
        assert!(!rejected.is_empty() && rejected.iter().all(|place| bad.contains(place)), "{bad:?}: {rejected:?}");
    }
    // A hundred events, more than half of them bad in front.
    assert!(once(0..100, |event| event < 51).0.is_some());
    // Four streams at once, each with two bad ones in front.
    let streams = (0..4).map(|stream| (stream * 250..stream * 250 + 250).collect());
    let (rejected, _) = deliver(&Suspicion::default(), streams, |event| event % 250 < 2);
    assert_eq!(rejected.map(|rejected| rejected.len()), Some(8));
}

#[test]
fn those_that_are_spread_are_found_in_some_deliveries() {
    let (suspicion, mut left, mut deliveries) = (Suspicion::default(), (0..10_000).collect::<Vec<_>>(), 0);
    while left.iter().any(|event| event % 1_000 == 123) {
        let (rejected, _) = deliver(&suspicion, [left.clone()], |event| event % 1_000 == 123);
        let rejected = rejected.expect("something is taken");
        assert!(!rejected.is_empty() && rejected.iter().all(|place| place % 1_000 == 123), "{rejected:?}");
        left.retain(|event| !rejected.contains(event));
        deliveries += 1;
    }
    assert!(deliveries <= 4, "{deliveries}");
}

#[test]
fn the_fourth_in_a_row_is_not_to_blame_whether_they_come_together_or_alone() {
    for events in 1..20 {
        let rejected = once(0..events, |_| true).0;
        assert_eq!(rejected.is_some(), events < ALONE, "{events}");
    }
    let suspicion = Suspicion::default();
    let alone = |bad| deliver(&suspicion, [vec![1]], |_| bad).0.is_some();
    assert_eq!([true; 6].map(alone), [true, true, true, false, false, false]);
    // Something is taken: it was not the service.
    assert!(alone(false));
    assert_eq!([true; 4].map(alone), [true, true, true, false]);
}

#[test]
fn what_is_named_counts_and_pieces_of_one_event_count_once() {
    let suspicion = Suspicion::default();
    let refusals = suspicion.delivery();
    for _piece in 0..10 {
        refusals.named([7], &Reason::new("no"));
    }
    refusals.too_large([1, 2, 3, 4, 5], &Reason::new("too large"));
    assert!(matches!(refusals.verdict(true), Verdict::Rejected(rejected) if rejected.len() == 15));
    let refusals = suspicion.delivery();
    refusals.named([7, 8, 9], &Reason::new("no"));
    assert!(matches!(refusals.verdict(true), Verdict::Vain(_)));
}

#[test]
fn a_search_that_was_broken_off_without_anything_taken_failed() {
    let suspicion = Suspicion::default();
    let refusals = suspicion.delivery();
    assert!(refusals.refused(vec![1, 2], &Reason::new("no"), &mut VecDeque::new()));
    assert!(matches!(refusals.verdict(false), Verdict::Vain(_)));
    // Nothing was refused: time was up before.
    assert!(matches!(suspicion.delivery().verdict(false), Verdict::Rejected(rejected) if rejected.is_empty()));
}
