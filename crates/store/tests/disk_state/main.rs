//! The state on disk: it keeps the contract, and what it has said is saved is there, whatever happens to the disk.
#![cfg(all(feature = "disk", feature = "contract"))]

mod common;
mod damage;
mod faults;
mod kill;
mod model;
mod power;
mod real;
