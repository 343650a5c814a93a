//! What can be said on the command line.
#![expect(clippy::doc_markdown, reason = "these comments are the help that people read, to the letter")]

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::{Parser, Subcommand, ValueEnum};
use tidegate::sinks::console::Colour;

use crate::amount::{parse_duration, parse_interval, parse_load, parse_part, parse_share};
use crate::replay::parse_since;

/// Watches machines of database clusters and tells people when something is wrong
#[derive(Debug, Parser)]
#[command(name = "tidegate", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Watch, and tell of what is wrong, until it is stopped: this machine and the console, or as a file says
    ///
    /// Issues go to standard output, this program's own words to standard error. On a terminal the last line shows the
    /// current readings beside their limits, unless JSON is printed. Ctrl-C or SIGTERM ends it in order; a second one
    /// ends it at once.
    ///
    /// Durations are written 500ms, 30s, 5m, 1h or 2d; shares 0.8 or 80%. The environment variable TIDEGATE_LOG says
    /// how much the program tells of itself: error, warn (the default), info, debug or trace; for one part of it
    /// another, such as warn,tidegate_router=debug. Exit codes: 0 stopped as asked, 1 failed, 2 called wrongly.
    ///
    /// With --config it does what that file says instead, and none of the flags about what is watched, what is printed
    /// and when it is an issue is allowed: the file says all of it.
    Run(Box<RunArgs>),
    /// Look a configuration file through and tell all that is wrong with it, each with line and column
    ///
    /// Nothing is sent, unless --probe is given. Exit codes: 0 it is right, 1 a service refuses us, 2 it is wrong.
    Check(CheckArgs),
    /// Ask the service of each integration whether it would take us, and send it a test message
    ///
    /// The messages say that they are tests. Where an integration takes issues only, one is opened and closed at once.
    /// Exit codes: 0 all took it, 1 one did not, 2 the file or the name is wrong.
    Test(TestArgs),
    /// Play a KurrentDB cluster of three nodes with scripted faults, which open and close issues within a minute
    ///
    /// A disk fills and is cleaned, memory and load rise and fall, a partition heals, a volume is not provisioned. All of
    /// it is invented; its nodes listen on this machine and are asked by the real source, and the detectors, the router and
    /// the integrations are the real ones too. With --config the integrations
    /// and the detectors' figures are those of the file, so that the messages come where yours would: they name the
    /// cluster "simulated", which every integration is told of, whatever its cluster_ids. Without a file the console is
    /// told. Exit codes: 0 all that opened closed and was told, 1 not so, 2 called or configured wrongly.
    Simulate(SimulateArgs),
    /// Show what services would not take, have it delivered again, or forget it
    ///
    /// Works beside a tidegate that runs by the same file, and without one.
    Dead(DeadArgs),
    /// Tell an integration once more what happened since a time
    ///
    /// Of issues and notifications it is told the present states, never an earlier one; of logs and metrics what is
    /// still kept. Works beside a tidegate that runs by the same file; without one it happens at the next start.
    Replay(ReplayArgs),
    /// Tell what became of an issue: what opened it, its updates, and how each integration was told
    ///
    /// And which integrations an event would reach as news, with the first rule that stops it at each other one.
    Explain(ExplainArgs),
    /// Look for damage in the logs on disk, and with --yes go past it
    ///
    /// Nothing is lost but what cannot be read. tidegate must not run meanwhile.
    Repair(RepairArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct DeadArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,
    #[command(subcommand)]
    pub(crate) command: DeadCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeadCommand {
    /// Show all of them
    List {
        /// Of this integration only
        #[arg(long, value_name = "NAME")]
        integration: Option<String>,
    },
    /// Show all that is known of one
    Show {
        /// Its id, or the beginning of it
        id: String,
    },
    /// Deliver some again; those that are refused once more stay
    Retry(LetterArgs),
    /// Forget some
    Drop(LetterArgs),
}

/// Which dead letters are meant.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct LetterArgs {
    /// Their ids, or the beginnings of them
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// All of this integration
    #[arg(long, value_name = "NAME")]
    pub(crate) integration: Option<String>,
    /// All there are
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,
    /// Whom to tell
    #[arg(long, value_name = "NAME")]
    pub(crate) integration: String,
    /// Since when: a time such as 2026-11-24T03:00:00Z, or how long ago, such as 2h
    #[arg(long, value_name = "TIME", value_parser = parse_since)]
    pub(crate) from: DateTime<Utc>,
    /// Only show what would be told
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,
    /// The issue: its id or a part of it (such as disk-usage, or a node), or an episode as the console shows it
    #[arg(value_name = "ISSUE", required_unless_present = "event")]
    pub(crate) issue: Option<String>,
    /// Explain the event that is in this file as JSON; -: standard input
    #[arg(long, value_name = "FILE", conflicts_with = "issue")]
    pub(crate) event: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RepairArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,
    /// Take out what is damaged
    #[arg(long)]
    pub(crate) yes: bool,
}

impl Command {
    /// Its name on the command line.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Run(_) => "run",
            Self::Check(_) => "check",
            Self::Test(_) => "test",
            Self::Simulate(_) => "simulate",
            Self::Dead(_) => "dead",
            Self::Replay(_) => "replay",
            Self::Explain(_) => "explain",
            Self::Repair(_) => "repair",
        }
    }
}

/// The file of the commands that need one.
#[derive(Debug, clap::Args)]
pub(crate) struct FileArgs {
    /// The configuration file
    #[arg(short, long, global = true, value_name = "FILE", default_value = "tidegate.toml")]
    pub(crate) config: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,
    /// Ask the service of each integration too whether it would take us; nothing is sent that people see
    #[arg(long)]
    pub(crate) probe: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct TestArgs {
    #[command(flatten)]
    pub(crate) file: FileArgs,
    /// The integrations to test [default: all]
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SimulateArgs {
    /// The configuration file whose integrations are told, and whose detectors are used [default: the console, and the
    /// standard detectors]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// How many times faster than real time the story is played
    #[arg(long, value_name = "TIMES", default_value_t = DEFAULT_SPEED)]
    pub(crate) speed: f64,
}

/// 15 minutes in 37.5 seconds.
const DEFAULT_SPEED: f64 = 24.0;

#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// Do what this configuration file says
    #[arg(short, long, value_name = "FILE", conflicts_with_all = ["WatchArgs", "PrintArgs", "LimitArgs"])]
    pub(crate) config: Option<PathBuf>,
    /// Keep events and state in this folder, so that a restart knows which issues are open [default: in memory]
    #[arg(long, value_name = "FOLDER", conflicts_with = "config")]
    pub(crate) state_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) watch: WatchArgs,
    #[command(flatten)]
    pub(crate) print: PrintArgs,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What is watched")]
pub(crate) struct WatchArgs {
    /// A mount point to watch, tmpfs and network filesystems too; may be given several times [default: all local
    /// filesystems with data on them]
    #[arg(long = "volume", value_name = "PATH")]
    pub(crate) volumes: Vec<String>,
    /// Measure memory as the whole machine's, whatever limit the control group of this program has; for one whose
    /// limit is meant for it alone
    #[arg(long)]
    pub(crate) machine_memory: bool,
    /// How often is measured [default: 10s, or shorter where a limit with a short time needs it]
    #[arg(long, value_name = "TIME", value_parser = parse_interval)]
    pub(crate) interval: Option<Duration>,
    /// The name of this machine as a node [default: the host name]
    #[arg(long, value_name = "NAME")]
    pub(crate) node: Option<String>,
    /// The cluster that the node is part of
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What is printed")]
pub(crate) struct PrintArgs {
    /// Print JSON instead of text: one object on each line
    #[arg(long)]
    pub(crate) json: bool,
    /// Print each measured value as well
    #[arg(long)]
    pub(crate) metrics: bool,
    /// Whether text is coloured; auto: on a terminal, unless NO_COLOR is set
    #[arg(long, visible_alias = "colour", value_name = "WHEN", default_value = "auto")]
    pub(crate) color: When,
    /// The same as --color never
    #[arg(long, visible_alias = "no-colour", conflicts_with = "color")]
    pub(crate) no_color: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    Auto,
    Always,
    Never,
}

impl PrintArgs {
    pub(crate) fn colour(&self) -> Colour {
        match self.color {
            _ if self.no_color => Colour::Never,
            When::Auto => Colour::Auto,
            When::Always => Colour::Always,
            When::Never => Colour::Never,
        }
    }
}

/// The figures of the three detectors of this machine.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "When it is an issue")]
pub(crate) struct LimitArgs {
    /// Disk: open above this share of a volume
    #[arg(long, value_name = "SHARE", default_value = "0.8", value_parser = parse_part)]
    pub(crate) disk_limit: f64,
    /// Disk: open only when it was above for this long
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = parse_duration)]
    pub(crate) disk_for: Duration,
    /// Disk: and in at least so many measurements in a row
    #[arg(long, value_name = "COUNT", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) disk_samples: u32,
    /// Disk: critical from this share on [default: 0.9, or --disk-limit where that is more]
    #[arg(long, value_name = "SHARE", value_parser = parse_share)]
    pub(crate) disk_critical: Option<f64>,
    /// Disk: close below this share [default: --disk-limit]
    #[arg(long, value_name = "SHARE", value_parser = parse_part)]
    pub(crate) disk_close: Option<f64>,
    /// Disk: close only when it was below for this long
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = parse_duration)]
    pub(crate) disk_close_for: Duration,

    /// Load: open above this load of one minute a physical core
    #[arg(long, value_name = "LOAD", default_value = "2.0", value_parser = parse_load)]
    pub(crate) core_load_limit: f64,
    /// Load: open only when it was above for this long
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = parse_duration)]
    pub(crate) core_load_for: Duration,
    /// Load: close below this load [default: --core-load-limit]
    #[arg(long, value_name = "LOAD", value_parser = parse_load)]
    pub(crate) core_load_close: Option<f64>,
    /// Load: close only when it was below for this long
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = parse_duration)]
    pub(crate) core_load_close_for: Duration,

    /// Memory: open above this share
    #[arg(long, value_name = "SHARE", default_value = "0.9", value_parser = parse_part)]
    pub(crate) memory_limit: f64,
    /// Memory: open only when it was above for this long
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = parse_duration)]
    pub(crate) memory_for: Duration,
    /// Memory: critical from this share on [default: 0.95, or --memory-limit where that is more]
    #[arg(long, value_name = "SHARE", value_parser = parse_share)]
    pub(crate) memory_critical: Option<f64>,
    /// Memory: close below this share [default: --memory-limit]
    #[arg(long, value_name = "SHARE", value_parser = parse_part)]
    pub(crate) memory_close: Option<f64>,
    /// Memory: close only when it was below for this long
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = parse_duration)]
    pub(crate) memory_close_for: Duration,

    /// After how long without a measurement nothing is known any more [default: 1m, or three times --interval where
    /// that is longer]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(crate) stale_after: Option<Duration>,
}
