//! Names of levels.

use tidegate_event::LogLevel;

/// The level by any of its usual names, in whatever case.
pub(crate) fn parse(name: &str) -> Option<LogLevel> {
    const NAMES: [(LogLevel, &[&str]); 6] = [
        (LogLevel::Information, &["Information", "info", "INF", "notice"]),
        (LogLevel::Debug, &["Debug", "DBG"]),
        (LogLevel::Verbose, &["Verbose", "VRB", "trace"]),
        (LogLevel::Warning, &["Warning", "warn", "WRN"]),
        (LogLevel::Error, &["Error", "ERR"]),
        (LogLevel::Fatal, &["Fatal", "FTL", "critical", "crit", "panic", "emergency"]),
    ];
    let names = |(_, names): &&(LogLevel, &[&str])| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    NAMES.iter().find(names).map(|(level, _)| *level)
}
