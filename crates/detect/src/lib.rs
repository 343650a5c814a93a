//! Detectors.
mod detector;
mod ledger;
mod pair;
mod ratio;

pub use detector::{Condition, Detector, Finding, Symptom};
pub use ledger::Ledger;
pub use ratio::Ratios;
