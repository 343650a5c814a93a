//! What can be said on the command line.
#![expect(clippy::doc_markdown, reason = "these comments are the help that people read, to the letter")]

use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use tidegate::sinks::console::Colour;

use crate::amount::{parse_duration, parse_interval, parse_load, parse_part, parse_share};

/// Watches machines of database clusters and tells people when something is wrong
#[derive(Debug, Parser)]
#[command(name = "tidegate", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Watch this machine (load, memory, disks) and print its issues, until it is stopped
    ///
    /// Issues go to standard output, this program's own words to standard error. On a terminal the last line shows the
    /// current readings beside their limits, unless JSON is printed. Ctrl-C or SIGTERM ends it in order; a second one
    /// ends it at once.
    ///
    /// Durations are written 500ms, 30s, 5m, 1h or 2d; shares 0.8 or 80%. The environment variable TIDEGATE_LOG says
    /// how much the program tells of itself: error, warn (the default), info, debug or trace. Exit codes: 0 stopped as
    /// asked, 1 failed, 2 called wrongly.
    Run(Box<RunArgs>),
}

#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
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
