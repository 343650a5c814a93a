use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// Why a delivery failed, and what the lane should do about it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{context}: {kind}")]
pub struct SinkError {
    kind: SinkErrorKind,
    retry_after: Option<Duration>,
    of_item: bool,
    context: String,
    #[source]
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// The sorts of failure. Each says whether the service may have applied what was sent, and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SinkErrorKind {
    /// Surely not applied: nothing of the body left this machine. Tried again with backoff.
    #[error("unreachable")]
    Unreachable,
    /// May have been applied: no complete answer came. Tried again with backoff.
    #[error("unconfirmed")]
    Unconfirmed,
    /// Not applied: too much at once. The whole integration waits as long as the service says.
    #[error("throttled")]
    Throttled,
    /// May have been applied: the service failed inside. Tried again with backoff.
    #[error("unavailable")]
    Unavailable,
    /// Not applied: the credentials are wrong. The integration pauses until they are right.
    #[error("unauthorized")]
    Unauthorized,
    /// Not applied: the address, the channel or the like is wrong. The integration pauses until it is right.
    #[error("misconfigured")]
    Misconfigured,
    /// Not applied: the receiver wants no more. The integration stops until its configuration changes.
    #[error("gone")]
    Gone,
}

impl SinkErrorKind {
    /// All seven.
    pub const ALL: [Self; 7] = [
        Self::Unreachable,
        Self::Unconfirmed,
        Self::Throttled,
        Self::Unavailable,
        Self::Unauthorized,
        Self::Misconfigured,
        Self::Gone,
    ];

    /// Whether the service may have applied what was sent.
    pub fn may_have_applied(self) -> bool {
        matches!(self, Self::Unconfirmed | Self::Unavailable)
    }

    /// Whether an item that failed so waits by itself before it is tried again. For the rest the whole integration does.
    pub fn backs_off(self) -> bool {
        matches!(self, Self::Unreachable | Self::Unconfirmed | Self::Unavailable)
    }
}

impl SinkError {
    /// A failure of `kind`; `context` says in words what happened and what to do, without a secret in it.
    pub fn new(kind: SinkErrorKind, context: impl Into<String>) -> Self {
        Self { kind, retry_after: None, of_item: false, context: context.into(), source: None }
    }

    /// The same where the service minds this item alone, and would take others: they do not wait for it. Whether the
    /// integration works shows when it takes one.
    pub fn of_item(mut self) -> Self {
        self.of_item = true;
        self
    }

    /// The same, where the service said how long to wait.
    pub fn with_retry_after(mut self, retry_after: Duration) -> Self {
        self.retry_after = Some(retry_after);
        self
    }

    /// The same with what caused it.
    pub fn with_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// The sort of failure.
    pub fn kind(&self) -> SinkErrorKind {
        self.kind
    }

    /// How long the service said to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Whether the service minds this item alone.
    pub fn is_of_item(&self) -> bool {
        self.of_item
    }

    /// What happened, in words.
    pub fn context(&self) -> &str {
        &self.context
    }

    /// All of it for people, on one line: what happened, what caused it, and the sort of failure in brackets.
    pub fn words(&self) -> String {
        let mut words = self.context.clone();
        let mut next = self.source();
        while let Some(cause) = next {
            // Writing to a String cannot fail.
            let _ = write!(words, ": {cause}");
            next = cause.source();
        }
        let _ = write!(words, " ({})", self.kind);
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn for_people_the_sort_of_failure_comes_after_its_causes() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let error = SinkError::new(SinkErrorKind::Unreachable, "no connection to slack.com");
        assert_eq!(error.words(), "no connection to slack.com (unreachable)");
        assert_eq!(error.with_source(refused).words(), "no connection to slack.com: connection refused (unreachable)");
    }
}
