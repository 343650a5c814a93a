//! The log on disk where disks are what they are: on a simulated disk that loses power and fails, and on a real one.

mod common;
mod damage;
mod faults;
mod kill;
mod model;
mod power;
mod real;
