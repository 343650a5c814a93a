//! `sink = "console"`: standard output.

use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use tidegate_sink_console::{Colour, Console, Screen};

use crate::{Refused, Registry, Section};

#[derive(Deserialize)]
struct ConsoleKeys {
    #[serde(default)]
    format: Format,
    #[serde(default, alias = "colour")]
    color: When,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Text,
    Json,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum When {
    #[default]
    Auto,
    Always,
    Never,
}

/// All consoles of a registry print on one screen, made when the first of them is.
pub(crate) fn register(registry: Registry) -> Registry {
    let shared: Mutex<Option<Screen>> = Mutex::new(None);
    registry.with_sink("console", move |section| {
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let screen = match &*shared {
            Some(screen) => screen.clone(),
            None => Screen::standard()
                .map_err(|error| section.refuse(format_args!("standard output cannot be used: {error}")))?,
        };
        *shared = Some(screen.clone());
        console(section, screen)
    })
}

impl Registry {
    /// Lets `sink = "console"` print on `screen`, which the program prints on as well.
    pub fn with_console(self, screen: Screen) -> Self {
        self.with_sink("console", move |section| console(section, screen.clone()))
    }
}

fn console(section: &Section<'_>, screen: Screen) -> Result<Console, Refused> {
    let keys: ConsoleKeys = section.parse()?;
    let colour = match keys.color {
        When::Auto => Colour::Auto,
        When::Always => Colour::Always,
        When::Never => Colour::Never,
    };
    let console = Console::new(screen).with_colour(colour);
    Ok(match keys.format {
        Format::Text => console,
        Format::Json => console.with_json(),
    })
}
