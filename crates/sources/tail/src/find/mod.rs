//! Which files there are.

mod glob;
mod series;
mod walk;

pub(crate) use self::series::Order;
pub(crate) use self::walk::{Found, Places, Trouble};
