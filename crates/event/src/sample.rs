use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{EventError, EventErrorKind, Name, Resource, time};

/// Names and values that tell one series of a metric from another, sorted by name, each name once. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "std::collections::BTreeMap<Name, Name>", into = "std::collections::BTreeMap<Name, Name>")]
pub struct Labels {
    pairs: Option<Arc<[(Name, Name)]>>,
}

impl Labels {
    /// No labels.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_none()
    }

    /// All pairs of name and value, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Name)> {
        self.pairs.iter().flat_map(|pairs| pairs.iter()).map(|(name, value)| (name, value))
    }

    /// The value of the label `name`.
    pub fn value(&self, name: &str) -> Option<&Name> {
        self.iter().find(|(candidate, _)| &***candidate == name).map(|(_, value)| value)
    }

    fn text_bytes(&self) -> usize {
        self.iter().map(|(name, value)| 2 * size_of::<Name>() + name.len() + value.len()).sum()
    }
}

impl<N: Into<Name>, V: Into<Name>> FromIterator<(N, V)> for Labels {
    /// Of a name that comes twice the last value counts.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let pairs: std::collections::BTreeMap<Name, Name> =
            pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        pairs.into()
    }
}

impl From<std::collections::BTreeMap<Name, Name>> for Labels {
    fn from(pairs: std::collections::BTreeMap<Name, Name>) -> Self {
        Self { pairs: (!pairs.is_empty()).then(|| pairs.into_iter().collect()) }
    }
}

impl From<Labels> for std::collections::BTreeMap<Name, Name> {
    fn from(labels: Labels) -> Self {
        labels.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

/// What a sample's value means beside the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum SampleKind {
    /// A level, which rises and falls: the same value said twice says no more.
    Gauge,
    /// A sum that only grows, until what counts begins anew.
    Counter,
}

/// One measured value of a metric. Its value is finite: neither JSON nor CloudWatch has any other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Wire")]
pub struct Sample {
    /// What was measured, such as `system.load.1m`.
    pub name: Name,
    /// Where.
    #[serde(default)]
    pub resource: Resource,
    /// What tells this series from others of the name.
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    value: f64,
    /// The unit, in the terms of the Unified Code for Units of Measure: `1`, `By`, `s`.
    pub unit: Name,
    /// What its value means, where that is known. Default: not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<SampleKind>,
    /// When: for a polled sample the time by our clock, not the server's.
    #[serde(with = "time")]
    pub at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Wire {
    name: Name,
    #[serde(default)]
    resource: Resource,
    #[serde(default)]
    labels: Labels,
    value: f64,
    unit: Name,
    /// Samples that were stored before there were kinds have none.
    #[serde(default)]
    kind: Option<SampleKind>,
    #[serde(with = "time")]
    at: DateTime<Utc>,
}

impl Sample {
    /// A sample without labels and of no known kind.
    ///
    /// # Errors
    /// When `value` is not finite.
    pub fn new(
        name: impl Into<Name>,
        resource: Resource,
        value: f64,
        unit: impl Into<Name>,
        at: DateTime<Utc>,
    ) -> Result<Self, EventError> {
        let name = name.into();
        if !value.is_finite() {
            return Err(EventError::new(EventErrorKind::NotFinite, format!("sample `{name}` at {resource}: {value}")));
        }
        Ok(Self { name, resource, labels: Labels::new(), value, unit: unit.into(), kind: None, at: time::truncate(at) })
    }

    /// The same with `labels`.
    pub fn with_labels(mut self, labels: Labels) -> Self {
        self.labels = labels;
        self
    }

    /// The same of `kind`.
    pub fn with_kind(mut self, kind: SampleKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// What was measured. Finite.
    pub fn value(&self) -> f64 {
        self.value
    }

    pub(crate) fn text_bytes(&self) -> usize {
        self.name.len() + self.resource.text_bytes() + self.labels.text_bytes() + self.unit.len()
    }
}

impl TryFrom<Wire> for Sample {
    type Error = EventError;

    fn try_from(wire: Wire) -> Result<Self, EventError> {
        let Wire { name, resource, labels, value, unit, kind, at } = wire;
        Ok(Self { labels, kind, ..Self::new(name, resource, value, unit, at)? })
    }
}
