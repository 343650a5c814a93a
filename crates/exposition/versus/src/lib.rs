//! Nothing but `benches/versus.rs`.
