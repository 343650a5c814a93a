use std::time::Duration;

/// Seeded randomness for jitter and identities: the same seed gives the same numbers.
///
/// Not for keys or signatures.
#[derive(Debug, Clone)]
pub struct Random {
    generator: fastrand::Rng,
}

impl Random {
    /// A generator whose numbers follow from `seed` alone.
    pub fn seeded(seed: u64) -> Self {
        Self { generator: fastrand::Rng::with_seed(seed) }
    }

    /// A generator with a seed of the machine's own choosing.
    pub fn from_entropy() -> Self {
        Self { generator: fastrand::Rng::new() }
    }

    /// Another generator that follows from this one, for a part that draws at its own pace.
    pub fn fork(&mut self) -> Self {
        Self { generator: self.generator.fork() }
    }

    /// A whole number below `bound`; 0 where `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.generator.u64(..bound) }
    }

    /// True once in `n` times; never where `n` is 0.
    pub fn one_in(&mut self, n: u64) -> bool {
        n != 0 && self.below(n) == 0
    }

    /// A duration from zero up to `ceiling`, which it never passes.
    pub fn duration(&mut self, ceiling: Duration) -> Duration {
        ceiling.mul_f64(self.generator.f64())
    }

    /// Random bytes, such as the tail of a time-ordered UUID.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.generator.fill(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_another_seed_others() {
        let draw = |seed| {
            let mut random = Random::seeded(seed);
            (random.below(u64::MAX), random.bytes::<10>(), random.fork().below(u64::MAX))
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn bounds_hold() {
        let mut random = Random::seeded(3);
        assert_eq!(random.below(0), 0);
        assert!(!random.one_in(0));
        for _ in 0..1_000 {
            assert!(random.below(10) < 10);
            assert!(random.duration(Duration::from_secs(2)) <= Duration::from_secs(2));
        }
    }
}
