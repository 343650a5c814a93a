//! Detectors.
mod consensus;
mod detector;
mod error;
mod figure;
mod ledger;
mod pair;
mod ratio;
mod standard;
mod threshold;
mod ticks;

pub use consensus::{ClusterConsensus, ClusterConsensusBuilder};
pub use detector::{Condition, Detector, Finding, Symptom};
pub use error::{DetectError, DetectErrorKind};
pub use ledger::Ledger;
pub use ratio::Ratios;
pub use standard::standard;
pub use threshold::{Figures, Measure, Rule, Threshold, ThresholdBuilder, Wording};
