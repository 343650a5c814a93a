//! What the program tells of itself.

use std::env::VarError;
use std::io::{self, Write};

use tidegate::sinks::console::{Screen, escape};
use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The variable that says how much is told: `warn` where it is not set.
pub(crate) const VARIABLE: &str = "TIDEGATE_LOG";

const LEVELS: [(&str, Level); 5] = [
    ("error", Level::ERROR),
    ("warn", Level::WARN),
    ("info", Level::INFO),
    ("debug", Level::DEBUG),
    ("trace", Level::TRACE),
];

/// Prints what is told on `screen`, as words. They are not coloured: what they quote could be, too.
///
/// # Errors
/// When the variable cannot be understood.
pub(crate) fn start(screen: &Screen) -> Result<(), String> {
    let text = match std::env::var(VARIABLE) {
        Ok(text) => text,
        Err(VarError::NotPresent) => String::new(),
        Err(VarError::NotUnicode(text)) => text.to_string_lossy().into_owned(),
    };
    let targets = targets(&text).map_err(|why| {
        format!(
            "the variable {VARIABLE} is {text:?}: {why}; write error, warn, info, debug or trace, and for some parts \
             another one, such as warn,tidegate_router=debug"
        )
    })?;
    let words = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Words { screen: screen.clone() });
    tracing_subscriber::registry().with(targets).with(words).init();
    Ok(())
}

/// The parts of the AWS SDK, which tell whole requests from `debug` on, with signatures and tokens. tidegate's own part tells
/// what can be told of them.
const SDK: [&str; 5] = ["aws_config", "aws_runtime", "aws_sdk", "aws_sigv4", "aws_smithy"];

/// What is told by whom: a level for all, and for some parts another one.
fn targets(text: &str) -> Result<Targets, String> {
    let mut targets = Targets::new().with_default(LevelFilter::WARN);
    let sdk = |target: &str| SDK.iter().any(|part| target.starts_with(part));
    for directive in text.split(',').map(str::trim).filter(|directive| !directive.is_empty()) {
        let (target, word) = match directive.split_once('=') {
            Some((target, word)) => (Some(target.trim()), word.trim()),
            None => (None, directive),
        };
        let level = LEVELS.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
        let (_, level) = level.ok_or_else(|| format!("{word:?} is no level"))?;
        targets = match target {
            Some("") => return Err(format!("{directive:?} names no part")),
            Some(target) if sdk(target) && level > Level::INFO => {
                return Err(format!("{directive:?} would show keys; the AWS SDK tells `info` at the most"));
            }
            Some(target) => targets.with_target(target, level),
            None => targets.with_default(level),
        };
    }
    if targets.default_level().is_some_and(|level| level > LevelFilter::INFO) {
        targets = SDK.into_iter().fold(targets, |targets, part| targets.with_target(part, Level::INFO));
    }
    Ok(targets)
}

/// What is told at once goes to the screen as one line that steers no terminal: it may quote anybody.
struct Words {
    screen: Screen,
}

impl<'a> MakeWriter<'a> for Words {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> &'a Self {
        self
    }
}

impl Write for &Words {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.screen.say(one_line(&String::from_utf8_lossy(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// `text` escaped, but for the line break at its end.
fn one_line(text: &str) -> String {
    let (line, end) = text.strip_suffix('\n').map_or((text, ""), |line| (line, "\n"));
    format!("{}{end}", escape(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_one_line_and_steers_nothing() {
        let told = one_line("WARN a\u{1b}[2J\nforged\n");
        assert_eq!(told, "WARN a\\u{1b}[2J\\nforged\n");
        assert_eq!(one_line("no end"), "no end");
    }

    #[test]
    fn no_word_but_a_level_is_taken_so_that_errors_are_never_silenced() {
        for text in ["", " ", ",", "warn", "WARN", "tidegate_router=debug", "info, hyper=error"] {
            let targets = targets(text).expect(text);
            assert!(targets.would_enable("tidegate", &Level::ERROR), "{text}");
            assert_eq!(targets.would_enable("tidegate", &Level::INFO), text.starts_with("info"), "{text}");
        }
        let all = targets("trace").expect("right");
        assert!(all.would_enable("tidegate_aws", &Level::TRACE) && !all.would_enable("aws_sigv4::sign", &Level::DEBUG));
        let some = targets("error,tidegate_router=debug").expect("right");
        assert!(some.would_enable("tidegate_router::core", &Level::DEBUG) && !some.would_enable("a", &Level::WARN));
        for text in [
            "warning",
            "wran",
            "aws_smithy_runtime=debug",
            "off",
            "tidegate=",
            "=warn",
            "a=b=c",
            "tidegate_router",
            "info;debug",
        ] {
            targets(text).expect_err(text);
        }
    }
}
