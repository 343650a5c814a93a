//! The common ground of tidegate, three things and no more: [`Clock`], [`Secret`] and [`Random`].
//!
//! Time and chance come from outside. A lane, a detector or the router never reads the machine's clock or
//! its entropy: it asks what it was handed. So any schedule can be scripted, and a failing one repeated.
//!
//! ```
//! use tidegate_base::{Clock, Random, Secret, SystemClock};
//!
//! let clock = SystemClock::new();
//! let earlier = clock.now();
//! assert!(clock.now() >= earlier, "never runs backwards");
//!
//! let mut a = Random::seeded(7);
//! let mut b = Random::seeded(7);
//! assert_eq!(a.below(1_000), b.below(1_000), "the same seed, the same numbers");
//!
//! let token = Secret::literal("xoxb-1234");
//! assert_eq!(format!("{token:?}"), "Secret(literal, ***)");
//! assert_eq!(&*token.reveal()?, "xoxb-1234");
//! # Ok::<(), tidegate_base::SecretError>(())
//! ```

mod clock;
mod random;
mod secret;

pub use clock::{Clock, SystemClock};
pub use random::Random;
pub use secret::{Revealed, Secret, SecretError, SecretErrorKind};
