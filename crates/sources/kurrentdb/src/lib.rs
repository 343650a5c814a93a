//! A KurrentDB cluster as a tidegate source: gossip and metrics.

mod gossip;
pub mod metrics;
