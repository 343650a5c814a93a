//! The engine counts runs; here is what it means: windows over all samples.

use proptest::prelude::*;

use super::*;

const STALE_AFTER: i64 = 60;

/// The definition, by looking back over everything.
#[derive(Default)]
struct Model {
    /// Time and value of what counts, since the clock last jumped or the verdict last changed.
    window: Vec<(i64, f64)>,
    last: Option<i64>,
    open: bool,
}

impl Model {
    /// Whether the verdict changes.
    fn take(&mut self, seconds: i64, value: f64, open: Rule, close: Rule) -> bool {
        if let Some(last) = self.last {
            if seconds <= last && last - seconds <= STALE_AFTER {
                return false;
            }
            if seconds < last {
                self.window.clear();
            }
        }
        self.last = Some(seconds);
        self.window.push((seconds, value));
        let changes = if self.open {
            self.is_met(close, |value, limit| value < limit)
        } else {
            self.is_met(open, |value, limit| value > limit)
        };
        if changes {
            self.open = !self.open;
            self.window.clear();
        }
        changes
    }

    /// Some window that ends now has every sample beyond the limit, enough of them, is long enough and has no gap.
    fn is_met(&self, rule: Rule, beyond: impl Fn(f64, f64) -> bool) -> bool {
        (0..self.window.len()).any(|start| {
            let window = &self.window[start..];
            let span = window[window.len() - 1].0 - window[0].0;
            window.iter().all(|(_, value)| beyond(*value, rule.limit()))
                && window.len() >= rule.samples() as usize
                && span >= i64::try_from(rule.duration().as_secs()).expect("short")
                && window.windows(2).all(|pair| pair[1].0 - pair[0].0 <= STALE_AFTER)
        })
    }
}

fn rule(limit: f64) -> impl Strategy<Value = Rule> {
    (prop_oneof![Just(0), 1..120_u64], 1..5_u32).prop_map(move |(seconds, samples)| {
        Rule::consistently(limit, Duration::from_secs(seconds)).with_samples(samples)
    })
}

/// How much later the next sample is, and its value: over, at, between and under the limits.
fn samples() -> impl Strategy<Value = Vec<(i64, f64)>> {
    let later = prop_oneof![20 => 1..30_i64, 2 => 55..65_i64, 1 => -70..0_i64, 1 => Just(0)];
    let value = prop_oneof![8 => Just(3.0), 1 => Just(2.0), 1 => Just(1.5), 1 => Just(1.0), 8 => Just(0.5)];
    // Long stays on one side, or nothing that must be consistent would ever be.
    let stay = (value, prop::collection::vec(later, 1..15))
        .prop_map(|(value, laters)| laters.into_iter().map(|later| (later, value)).collect::<Vec<_>>());
    prop::collection::vec(stay, 0..12).prop_map(|stays| stays.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_opens_and_closes_exactly_when_a_window_says_so(
        open in rule(2.0), close in rule(1.0), samples in samples(),
    ) {
        let mut detector = Threshold::core_load().with_open(open).with_close(close).build().expect("valid");
        let (mut model, mut expected, mut steps) = (Model::default(), Vec::new(), Vec::new());
        let mut seconds = 1_000;
        for (later, value) in samples {
            seconds += later;
            steps.push(Ratio(seconds, value));
            if model.take(seconds, value, open, close) {
                expected.push(format!("{seconds} {}", if model.open { "warning" } else { "cleared" }));
            }
        }
        prop_assert_eq!(changes(&CORE_LOAD.play(&mut detector, &steps)), expected);
    }
}
