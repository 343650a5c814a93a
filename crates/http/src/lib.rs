//! A service's HTTP conversation as a pure function.
mod answer;
mod call;
mod client;
mod dialect;
mod error;
mod sink;
mod transport;
mod verdict;

pub use answer::{excerpt, masked, retry_after};
pub use call::Call;
pub use client::{HttpTransport, HttpTransportBuilder};
pub use dialect::{Dialect, Harmless, ProbeStep, Step};
pub use error::{TransportError, TransportErrorKind};
pub use sink::HttpSink;
pub use transport::Transport;
pub use verdict::{Verdict, failure, judge};
