use std::fmt;
use std::sync::Arc;

use tidegate_base::{Clock, Secret, SystemClock};

/// Who may say notifications over HTTP: given to [`Status::with_notifications`](crate::Status::with_notifications).
///
/// Default: those on this machine alone, and a notification that does not say when it happened happened now, by the
/// machine's clock.
#[derive(Clone)]
pub struct Notifications {
    pub(crate) token: Option<Secret>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Notifications {
    /// From this machine alone: over loopback, and not through a proxy.
    pub fn new() -> Self {
        Self { token: None, clock: Arc::new(SystemClock::new()) }
    }

    /// From whoever has this token, on this machine too. It is read at each request, so that a changed one counts at
    /// once. Whoever cannot be asked for it over TLS shows it to the network: let a proxy stand before the address.
    pub fn with_token(mut self, token: Secret) -> Self {
        self.token = Some(token);
        self
    }

    /// By this clock: when a notification happened that does not say so, and what is too far ahead. Default: the
    /// machine's.
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }
}

impl Default for Notifications {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Notifications {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notifications").field("token", &self.token).finish_non_exhaustive()
    }
}
