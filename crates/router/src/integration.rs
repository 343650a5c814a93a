use std::fmt;
use std::sync::Arc;

use tidegate_event::{EventKind, Name};
use tidegate_sink::Sink;

use crate::{Policy, RouterError, RouterErrorKind, Subscription};

/// A sink, what it is told, and how: the unit that an operator names, adds, replaces and removes.
#[derive(Clone)]
pub struct Integration {
    name: Name,
    sink: Arc<dyn Sink>,
    subscription: Subscription,
    policy: Policy,
}

impl Integration {
    /// Tells `sink` what `subscription` takes. The state of its lanes is kept under `name`: an integration that keeps
    /// its name keeps its place and receipts.
    pub fn new(name: impl Into<Name>, sink: impl Sink + 'static, subscription: Subscription) -> Self {
        Self { name: name.into(), sink: Arc::new(sink), subscription, policy: Policy::new() }
    }

    /// The same with another policy.
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// The same with another subscription.
    pub fn with_subscription(mut self, subscription: Subscription) -> Self {
        self.subscription = subscription;
        self
    }

    /// Its name.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// What it takes.
    pub fn subscription(&self) -> &Subscription {
        &self.subscription
    }

    /// How its lanes behave.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Where it sends to.
    pub fn sink(&self) -> &Arc<dyn Sink> {
        &self.sink
    }

    fn takes_any(&self, kinds: [EventKind; 2]) -> bool {
        let taken = self.subscription.kinds().intersection(self.sink.profile().kinds());
        kinds.into_iter().any(|kind| taken.contains(kind))
    }

    pub(crate) fn has_issue_lane(&self) -> bool {
        self.takes_any([EventKind::Issue, EventKind::Notification])
    }

    pub(crate) fn has_batch_lane(&self) -> bool {
        self.takes_any([EventKind::Log, EventKind::Metric])
    }

    pub(crate) fn validate(&self) -> Result<(), RouterError> {
        validate_name("integration", &self.name)
    }
}

impl fmt::Debug for Integration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Integration")
            .field("name", &self.name)
            .field("destination", self.sink.profile().destination())
            .field("subscription", &self.subscription)
            .field("policy", &self.policy)
            .finish()
    }
}

/// State is kept under the name, and paths and queries are made of it.
pub(crate) fn validate_name(what: &str, name: &str) -> Result<(), RouterError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() || name.len() > 128 || !name.chars().all(plain) || name.starts_with('.') {
        let context = format!(
            "the {what} name `{}` must be 1 to 128 of the characters A-Z a-z 0-9 . _ - and not begin with a dot",
            name.escape_debug()
        );
        return Err(RouterError::new(RouterErrorKind::InvalidName, context));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
