//! The engine counts runs; here is what it means, by looking back over everything.

use proptest::prelude::*;

use super::*;

const STALE_AFTER: i64 = 100;
const LIMIT: u64 = 64;

#[derive(Debug, Clone, Copy)]
struct Round {
    second: i64,
    mib: u64,
    catching_up: bool,
}

/// Whether some stretch of rounds that ends now, without a gap, is `all` so for `seconds`.
fn is_consistent(rounds: &[Round], seconds: i64, least: usize, all: impl Fn(&Round) -> bool) -> bool {
    (0..rounds.len()).any(|start| {
        let stretch = &rounds[start..];
        stretch.iter().all(&all)
            && stretch.len() >= least
            && stretch[stretch.len() - 1].second - stretch[0].second >= seconds
            && stretch.windows(2).all(|pair| pair[1].second - pair[0].second <= STALE_AFTER)
    })
}

/// Whether all of them are over the limit, without a gap.
fn is_one(run: &[Round]) -> bool {
    run.iter().all(|round| round.mib > LIMIT)
        && run.windows(2).all(|pair| pair[1].second - pair[0].second <= STALE_AFTER)
}

/// Rounds at most some minutes apart, which stay on one side of the limit for long.
fn rounds(catching_up: Just<bool>) -> impl Strategy<Value = Vec<Round>> {
    let mib = prop_oneof![6 => 65..90_u64, 1 => Just(LIMIT), 4 => 0..64_u64];
    let later = prop_oneof![30 => 6..60_i64, 1 => 95..105_i64];
    let stay = (mib, any::<bool>(), prop::collection::vec((later, 0..4_u64, catching_up), 1..40));
    let stay = stay.prop_map(|(mib, steady, rounds)| {
        let each = rounds.into_iter().map(|(later, off, catching_up)| Round {
            second: later,
            mib: if steady || mib <= LIMIT { mib } else { mib + off },
            catching_up,
        });
        each.collect::<Vec<_>>()
    });
    prop::collection::vec(stay, 0..6).prop_map(|stays| {
        let mut second = 0;
        let mut rounds = stays.concat();
        for round in &mut rounds {
            second += round.second;
            round.second = second;
        }
        rounds
    })
}

fn step(round: Round) -> Step {
    if round.catching_up { Catching(round.second, round.mib) } else { Lag(round.second, round.mib) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_follower_opens_and_closes_exactly_when_a_stretch_says_so(rounds in rounds(Just(false))) {
        let (mut open, mut from, mut expected) = (false, 0, Vec::new());
        for now in 0..rounds.len() {
            let seen = &rounds[from..=now];
            // What is too much counts on from before it closed; what is little enough, from when it opened.
            let changes = if open {
                is_consistent(seen, 60, 2, |round| round.mib < LIMIT)
            } else {
                is_consistent(&rounds[..=now], 600, 1, |round| round.mib > LIMIT)
            };
            if changes {
                open = !open;
                from = now + 1;
                expected.push(format!("{} {}", rounds[now].second, if open { "met" } else { "cleared" }));
            }
        }
        let steps: Vec<Step> = rounds.iter().map(|round| step(*round)).collect();
        prop_assert_eq!(verdicts(&steps), expected);
    }

    #[test]
    fn what_catches_up_opens_exactly_when_it_was_nearest_ten_minutes_ago(rounds in rounds(Just(true))) {
        let expected = (0..rounds.len()).find(|now| {
            let run = (0..=*now).find_map(|start| {
                let run = &rounds[start..=*now];
                is_one(run).then_some(run)
            });
            let nearest = run.and_then(|run| run.iter().min_by_key(|round| round.mib));
            nearest.is_some_and(|nearest| rounds[*now].second - nearest.second >= 600)
        });
        let steps: Vec<Step> = rounds.iter().map(|round| step(*round)).collect();
        let expected = expected.map(|now| format!("{} met", rounds[now].second));
        prop_assert_eq!(verdicts(&steps).into_iter().next(), expected);
    }
}
