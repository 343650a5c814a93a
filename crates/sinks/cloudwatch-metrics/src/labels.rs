use tidegate_event::Labels;

/// Which labels become dimensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Chosen {
    All,
    Only(Vec<String>),
}

impl Chosen {
    /// Those of `labels`, by name.
    pub(crate) fn of<'a>(&'a self, labels: &'a Labels) -> impl Iterator<Item = (&'a str, &'a str)> {
        let chosen = move |name: &str| match self {
            Self::All => true,
            Self::Only(names) => names.iter().any(|chosen| chosen == name),
        };
        labels.iter().map(|(name, value)| (&**name, &**value)).filter(move |(name, _)| chosen(name))
    }
}
