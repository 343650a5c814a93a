//! The tidegate agent: watches this machine and tells people when something is wrong.

mod amount;
mod args;
mod limits;
mod meter;
mod opening;
mod run;
mod stop;
mod trace;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};

/// 0: all went well, 1: it failed, 2: it was called or configured wrongly.
fn main() -> ExitCode {
    let Args { command: Command::Run(args) } = Args::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("tidegate: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(run::run(*args));
    // Not waiting for a volume that does not answer.
    runtime.shutdown_background();
    code
}
