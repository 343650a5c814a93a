/// What is remembered of one resource to divide its numerator by its denominator. Times in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    denominator: Timed,
    /// A numerator that found no denominator to go with.
    waiting: Timed,
}

/// A figure and its time. None where the value is NaN, which no sample has: tens of thousands of these are visited each
/// second, and an `Option` would make them half as large again.
#[derive(Debug, Clone, Copy)]
struct Timed {
    value: f64,
    at: i64,
}

impl Timed {
    const NONE: Self = Self { value: f64::NAN, at: 0 };
}

impl Default for Pair {
    fn default() -> Self {
        Self { denominator: Timed::NONE, waiting: Timed::NONE }
    }
}

/// A numerator over the denominator that goes with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Quotient {
    pub(crate) value: f64,
    pub(crate) numerator: f64,
    pub(crate) denominator: f64,
}

impl Pair {
    /// Takes note of a numerator. It goes with the last denominator, where that is at most `keep` older or newer.
    pub(crate) fn numerator(&mut self, value: f64, at: i64, keep: i64) -> Option<Quotient> {
        let known = !self.denominator.value.is_nan() && self.denominator.at.abs_diff(at) <= keep.unsigned_abs();
        self.waiting = if known { Timed::NONE } else { Timed { value, at } };
        if known { divide(value, self.denominator.value) } else { None }
    }

    /// Takes note of a denominator. The numerator of the same measurement, where it came first, goes with it.
    pub(crate) fn denominator(&mut self, value: f64, at: i64) -> Option<Quotient> {
        self.denominator = Timed { value, at };
        if self.waiting.value.is_nan() || self.waiting.at != at {
            return None;
        }
        divide(std::mem::replace(&mut self.waiting, Timed::NONE).value, value)
    }
}

/// Nothing where the figures make no sense: so many of nothing, or less than nothing.
fn divide(numerator: f64, denominator: f64) -> Option<Quotient> {
    let value = numerator / denominator;
    (numerator >= 0.0 && denominator > 0.0 && value.is_finite()).then_some(Quotient { value, numerator, denominator })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEEP: i64 = 60_000;

    fn value(quotient: Option<Quotient>) -> Option<f64> {
        quotient.map(|quotient| quotient.value)
    }

    #[test]
    fn a_denominator_is_remembered_until_it_is_too_old() {
        let mut pair = Pair::default();
        assert_eq!(pair.denominator(4.0, 0), None);
        assert_eq!(value(pair.numerator(8.0, 0, KEEP)), Some(2.0));
        assert_eq!(value(pair.numerator(6.0, KEEP, KEEP)), Some(1.5));
        assert_eq!(value(pair.numerator(6.0, KEEP + 1, KEEP)), None);
    }

    #[test]
    fn a_numerator_that_came_first_waits_for_the_denominator_of_its_own_measurement() {
        let mut pair = Pair::default();
        assert_eq!(pair.numerator(8.0, 5, KEEP), None);
        assert_eq!(value(pair.denominator(4.0, 5)), Some(2.0));
        assert_eq!(pair.denominator(4.0, 5), None, "used once");
        let mut other = Pair::default();
        assert_eq!(other.numerator(8.0, 5, KEEP), None);
        assert_eq!(other.denominator(4.0, 6), None, "another measurement");
    }

    #[test]
    fn figures_that_make_no_sense_are_no_data() {
        for (numerator, denominator) in [(1.0, 0.0), (1.0, -4.0), (-1.0, 4.0), (f64::MAX, f64::MIN_POSITIVE)] {
            let mut pair = Pair::default();
            pair.denominator(denominator, 0);
            assert_eq!(pair.numerator(numerator, 0, KEEP), None, "{numerator} / {denominator}");
        }
    }
}
