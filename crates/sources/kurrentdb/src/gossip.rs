//! Who each node sees as what.

mod ask;
mod assembly;
mod canonical;
mod kin;
mod state;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use ask::Asked;
pub(crate) use assembly::{Answer, Assembled, Assembly};
#[cfg(any(test, fuzzing))]
pub(crate) use wire::Gossip;
