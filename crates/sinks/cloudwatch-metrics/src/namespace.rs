use crate::origin::Origin;

/// The namespaces of the metrics of each origin.
#[derive(Debug, Clone)]
pub(crate) struct Namespaces([(Origin, String); 3]);

impl Namespaces {
    pub(crate) fn new(namespace: &str) -> Self {
        Self(Origin::ALL.map(|origin| (origin, format!("{namespace}{}", origin.suffix()))))
    }

    pub(crate) fn of(&self, origin: Origin) -> &str {
        self.0.iter().find(|(known, _)| *known == origin).map_or("", |(_, namespace)| namespace)
    }

    pub(crate) fn longest_suffix(&self) -> usize {
        self.0.iter().map(|(origin, _)| origin.suffix().len()).max().unwrap_or(0)
    }
}
