//! Why the program ends with an error, and how that is said.

use std::error::Error;
use std::fmt::Write as _;
use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::ErrorKind;
use tidegate::config::ConfigErrors;
use tidegate::sinks::console::escape;

use crate::args::Args;

/// Why the program ends with an error.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It was called wrongly: what is wrong, and what would be right.
    Usage(String),
    /// A variable of its environment is wrong: the same.
    Variable(String),
    /// Its configuration is wrong.
    Config(ConfigErrors),
    /// It failed.
    Failed(String),
}

impl Failure {
    pub(crate) fn failed(error: &dyn Error) -> Self {
        Self::Failed(chain(error))
    }

    /// 1: it failed, 2: it was called or configured wrongly.
    pub(crate) fn code(&self) -> ExitCode {
        match self {
            Self::Usage(_) | Self::Variable(_) | Self::Config(_) => ExitCode::from(2),
            Self::Failed(_) => ExitCode::FAILURE,
        }
    }

    /// What to print, for the subcommand of this name.
    pub(crate) fn words(&self, subcommand: &str) -> String {
        match self {
            Self::Usage(why) => usage(subcommand, why),
            Self::Config(errors) => format!("{errors}\n"),
            Self::Variable(why) | Self::Failed(why) => format!("tidegate: {why}\n"),
        }
    }
}

/// In the words of the command line itself.
fn usage(subcommand: &str, why: &str) -> String {
    let mut command = Args::command();
    command.build();
    let mut command = command.find_subcommand(subcommand).cloned().unwrap_or(command);
    command.error(ErrorKind::ValueValidation, why).render().to_string()
}

/// An error with all that caused it, on one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        // Writing to a String cannot fail.
        let _ = write!(text, ": {cause}");
        next = cause.source();
    }
    escape(&text).into_owned()
}
