//! The simulated KurrentDB cluster: what it writes is compared with what the server writes, and what it does with what
//! the server's documents tell.

mod answers;
mod life;
mod poll;
mod shape;
mod sockets;
mod view;

use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
