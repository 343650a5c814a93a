//! Files that grow, are rotated, cut, replaced and removed, each line of them once.

mod batch;
mod cursor;
mod file;
mod follower;
mod identity;
mod look;
mod open;
#[cfg(test)]
mod tests;

pub(crate) use self::batch::Batch;
pub(crate) use self::follower::{Follower, Now};
