//! x
mod answer;
mod builder;
mod config;
mod error;
mod pack;
mod payload;
mod probe;
mod sink;
mod stream;
mod tally;

pub use builder::CloudWatchLogsBuilder;
pub use config::CloudWatchLogsConfig;
pub use error::{CloudWatchLogsError, CloudWatchLogsErrorKind};
pub use payload::Oversize;
pub use sink::CloudWatchLogs;
