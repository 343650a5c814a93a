//! Notifications over HTTP: who may say them, what is wrong with them, and what 202 promises.

mod admission;
mod durability;
mod mistakes;
mod taken;
mod world;
