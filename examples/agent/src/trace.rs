//! What the program tells of itself.

use std::io::{self, Write};

use tidegate::sinks::console::{Colour, Screen};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// The variable that says how much is told: `warn` where it is not set.
pub(crate) const VARIABLE: &str = "TIDEGATE_LOG";

/// Prints what is told on `screen`, as words.
///
/// # Errors
/// When the variable cannot be understood.
pub(crate) fn start(screen: &Screen, colour: Colour) -> Result<(), String> {
    let filter = match std::env::var(VARIABLE) {
        Ok(text) => EnvFilter::try_new(&text).map_err(|error| {
            format!("the variable {VARIABLE} is {text:?}: {error}; write error, warn, info, debug or trace")
        })?,
        Err(_) => EnvFilter::new("warn"),
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colour.is_on(screen.is_words_terminal()))
        .with_writer(Words { screen: screen.clone() })
        .init();
    Ok(())
}

/// Each line goes to the screen as one.
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
        self.screen.say(String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
