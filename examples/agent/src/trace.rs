//! What the program tells of itself.

use std::io::{self, Write};

use tidegate::sinks::console::{Screen, escape};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// The variable that says how much is told: `warn` where it is not set.
pub(crate) const VARIABLE: &str = "TIDEGATE_LOG";

/// Prints what is told on `screen`, as words. They are not coloured: what they quote could be, too.
///
/// # Errors
/// When the variable cannot be understood.
pub(crate) fn start(screen: &Screen) -> Result<(), String> {
    let filter = match std::env::var(VARIABLE) {
        Ok(text) => EnvFilter::try_new(&text).map_err(|error| {
            format!("the variable {VARIABLE} is {text:?}: {error}; write error, warn, info, debug or trace")
        })?,
        Err(_) => EnvFilter::new("warn"),
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(Words { screen: screen.clone() })
        .init();
    Ok(())
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
}
