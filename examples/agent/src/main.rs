//! The tidegate agent: watches the nodes of database clusters and tells people when something is wrong.

mod amount;
mod args;
mod ask;
mod check;
mod control;
mod dead;
mod explain;
mod failure;
#[cfg(all(feature = "test-feed", unix))]
mod feed;
mod file;
mod gaps;
mod host;
mod limits;
mod meter;
mod opening;
mod pulse;
mod repair;
mod replay;
mod run;
mod session;
mod simulate;
mod state;
mod stop;
mod tally;
mod test;
mod trace;

use std::process::ExitCode;

use clap::Parser;
use tidegate::sinks::console::Screen;

use crate::args::{Args, Command};
use crate::ask::Request;
use crate::failure::Failure;

/// 0: all went well, 1: it failed, 2: it was called or configured wrongly.
fn main() -> ExitCode {
    let Args { command } = Args::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("tidegate: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(perform(command));
    // Not waiting for a volume that does not answer.
    runtime.shutdown_background();
    code
}

/// Does what was asked, and says on standard error how it went.
async fn perform(command: Command) -> ExitCode {
    let screen = match Screen::standard() {
        Ok(screen) => screen,
        Err(error) => {
            eprintln!("tidegate: standard output cannot be used: {error}");
            return ExitCode::FAILURE;
        }
    };
    let name = command.name();
    let ended = match trace::start(&screen) {
        Err(why) => Err(Failure::Variable(why)),
        Ok(()) => match command {
            Command::Run(args) => run::run(*args, &screen).await,
            Command::Check(args) => check::run(args, &screen).await,
            Command::Test(args) => test::run(args, &screen).await,
            Command::Simulate(args) => simulate::run(args, &screen).await,
            Command::Dead(args) => ask::run(&args.file, Request::Dead(args.command.into()), &screen).await,
            Command::Replay(args) => ask::run(&args.file, Request::Replay((&args).into()), &screen).await,
            Command::Explain(args) => explain::run(args, &screen).await,
            Command::Repair(args) => repair::run(&args, &screen),
        },
    };
    screen.set_status(None);
    let (words, code) = match ended {
        Ok(words) => (words, ExitCode::SUCCESS),
        Err(failure) => (failure.words(name), failure.code()),
    };
    session::say_last(&screen, words).await;
    code
}
