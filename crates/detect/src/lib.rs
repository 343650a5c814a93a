//! Detectors.
mod detector;

pub use detector::{Condition, Detector, Finding, Symptom};
