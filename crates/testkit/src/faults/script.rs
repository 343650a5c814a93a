use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tidegate_sink::Delivery;

use super::{Fault, Faults};

/// Faults in a fixed order, then none. Clones are the same script, so that a test can add to it later.
///
/// ```
/// use tidegate_sink::SinkErrorKind;
/// use tidegate_testkit::faults::{Fault, Script};
///
/// let script = Script::new([Fault::None, Fault::lost(SinkErrorKind::Unconfirmed)]);
/// script.push(Fault::Reject);
/// assert_eq!(script.left(), 3);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Script {
    faults: Arc<Mutex<VecDeque<Fault>>>,
}

impl Script {
    /// A script of `faults`, one for each call.
    pub fn new(faults: impl IntoIterator<Item = Fault>) -> Self {
        Self { faults: Arc::new(Mutex::new(faults.into_iter().collect())) }
    }

    /// Adds a fault at its end.
    pub fn push(&self, fault: Fault) {
        self.lock().push_back(fault);
    }

    /// How many did not happen yet.
    pub fn left(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Fault>> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Faults for Script {
    fn next(&mut self, _: &[Delivery]) -> Fault {
        self.lock().pop_front().unwrap_or_default()
    }
}
