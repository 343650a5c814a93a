use std::sync::Arc;

use tidegate_event::Event;
use tidegate_router::Integration;
use tidegate_testkit::Crash;

use crate::truth::Truth;

/// A service that joins the simulation from elsewhere, with all that goes wrong on the way to it: the sink of a crate
/// that the router does not know. The crate that has it takes the modules of this simulation by their path, and names
/// the guest in its own `main.rs`.
pub(crate) trait Guest {
    /// The integration, in a life that ends with `crash`.
    fn integration(&mut self, crash: &Crash) -> Integration;
    /// What people and chance do to the service at a step of the schedule, in words.
    fn step(&mut self) -> Option<String>;
    /// From now on all goes well.
    fn mend(&mut self);
    /// Checks the promises, once everything is mended and there was time. `journal`: all that ever became durable.
    fn check(&self, journal: &[Arc<Event>], truth: &Truth) -> Result<(), String>;
}
