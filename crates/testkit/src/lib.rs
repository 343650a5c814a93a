//! What tests of tidegate need.

mod clock;
pub mod conformance;
mod crash;
pub mod faults;
pub mod mock;
pub mod model;
pub mod sample;

pub use clock::ManualClock;
pub use crash::{Crash, CrashingLog, CrashingState};
