//! The same schedules over the stores on disk, on a simulated machine: it fails, is killed and loses its power at any
//! step of their files, and what was not synced may be gone in any part.
//!
//! A seed that fails is run alone by `TIDEGATE_SEED=n cargo test -p tidegate-router --test simulation disk::seeds::one_seed`.

mod driven;
mod everywhere;
mod known;
mod lies;
mod machine;
mod seeds;
mod stores;

use crate::world::World;

use self::lies::Lie;
use self::stores::DiskStores;

/// The world of `seed` over stores on disk, which tell `lie`.
fn world(seed: u64, lie: Option<Lie>) -> World {
    World::over(seed, |random| Box::new(DiskStores::new(random, lie)))
}
