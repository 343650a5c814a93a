//! The whole router on scripted time: sources that say what they are told, sinks that answer as they are told, stores
//! in memory that fail when they are told. What random faults and crashes bring is in the fault simulation.

mod alarm;
mod build;
mod failing;
mod feed;
mod full;
mod intake;
mod letters;
mod level;
mod logs;
mod look;
mod outages;
mod post;
mod replacing;
mod replays;
mod restarts;
mod resting;
mod sinks;
mod snapshot;
mod sources;
mod steering;
mod stopping;
mod stores;
mod world;
