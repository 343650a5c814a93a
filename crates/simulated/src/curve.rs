/// A figure over the seconds of the story: straight lines between these points, level before the first and after the
/// last. The points are in order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Curve(pub(crate) &'static [(u32, f64)]);

impl Curve {
    pub(crate) fn at(self, second: u32) -> f64 {
        let after = self.0.partition_point(|(time, _)| *time <= second);
        match (after.checked_sub(1).and_then(|before| self.0.get(before)), self.0.get(after)) {
            (Some(&(from, low)), Some(&(to, high))) => {
                low + (high - low) * f64::from(second - from) / f64::from(to - from)
            }
            (Some((_, value)), None) | (None, Some((_, value))) => *value,
            (None, None) => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_lead_from_point_to_point_and_go_on_level() {
        let curve = Curve(&[(10, 1.0), (20, 2.0), (40, 0.0)]);
        let table = [(0, 1.0), (10, 1.0), (15, 1.5), (20, 2.0), (30, 1.0), (40, 0.0), (99, 0.0)];
        for (second, value) in table {
            assert!((curve.at(second) - value).abs() < 1e-12, "{second}");
        }
    }
}
