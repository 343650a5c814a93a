use tidegate_event::{Name, Reading, Sample};

use crate::pair::{Pair, Quotient};

/// What a [`Threshold`](crate::Threshold) looks at: the samples of one name, or those of one name divided by those of
/// another. The samples of one resource are one series; labels are not looked at.
#[derive(Debug, Clone)]
pub struct Measure {
    /// What the figure is called among the evidence.
    name: Name,
    unit: Name,
    /// The names of numerator and denominator, and the unit of both.
    ratio: Option<(Name, Name, Name)>,
}

impl Measure {
    /// The samples `name`, in `unit`.
    pub fn value(name: impl Into<Name>, unit: impl Into<Name>) -> Self {
        Self { name: name.into(), unit: unit.into(), ratio: None }
    }

    /// The samples `numerator` over the samples `denominator`, both in `unit`; the ratio itself (unit `1`) is `name`
    /// among the evidence. A denominator is remembered until the detector's `stale_after`.
    pub fn ratio(
        name: impl Into<Name>,
        numerator: impl Into<Name>,
        denominator: impl Into<Name>,
        unit: impl Into<Name>,
    ) -> Self {
        let ratio = Some((numerator.into(), denominator.into(), unit.into()));
        Self { name: name.into(), unit: "1".into(), ratio }
    }

    /// The names, for the builder to check.
    pub(super) fn names(&self) -> impl Iterator<Item = &Name> {
        std::iter::once(&self.name).chain(self.ratio.iter().flat_map(|(above, below, _)| [above, below]))
    }

    /// What `sample` is here.
    #[inline]
    pub(super) fn part(&self, sample: &Sample) -> Option<Part> {
        match &self.ratio {
            None => (*sample.name == *self.name).then_some(Part::Whole),
            Some((numerator, _, _)) if *sample.name == **numerator => Some(Part::Numerator),
            Some((_, denominator, _)) if *sample.name == **denominator => Some(Part::Denominator),
            Some(_) => None,
        }
    }

    pub(super) fn evidence(&self, quotient: Quotient, limit: f64) -> Vec<Reading> {
        let mut evidence = vec![Reading::new(self.name.clone(), quotient.value, self.unit.clone()).with_limit(limit)];
        if let Some((numerator, denominator, unit)) = &self.ratio {
            evidence.push(Reading::new(numerator.clone(), quotient.numerator, unit.clone()));
            evidence.push(Reading::new(denominator.clone(), quotient.denominator, unit.clone()));
        }
        evidence
    }
}

/// What a sample is in a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    Numerator,
    Denominator,
}

impl Part {
    /// The figure that a sample completes. Times in milliseconds.
    #[inline]
    pub(super) fn complete(self, pair: &mut Pair, value: f64, at: i64, keep: i64) -> Option<Quotient> {
        match self {
            Self::Whole => Some(Quotient { value, numerator: value, denominator: 1.0 }),
            Self::Numerator => pair.numerator(value, at, keep),
            Self::Denominator => pair.denominator(value, at),
        }
    }
}
