use crate::Meaning;

/// A service of AWS, as its failures are told and understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// For people: `CloudWatch Logs`.
    pub name: &'static str,
    /// What its codes mean where it is not what [`Meaning::of_code`] says. Looked at first.
    pub corrections: &'static [(&'static str, Meaning)],
}

/// One call of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// Whose it is.
    pub service: &'static Service,
    /// `PutLogEvents`.
    pub name: &'static str,
    /// What IAM must allow for it: `logs:PutLogEvents`.
    pub action: &'static str,
    /// Whether it may be repeated without a trace: where no answer came, what was asked counts as not done.
    pub harmless: bool,
}
