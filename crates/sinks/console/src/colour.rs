use std::ffi::OsString;

use anstyle::{AnsiColor, Style};
use tidegate_event::Severity;

/// Whether text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Colour {
    /// On a terminal, unless the environment says `NO_COLOR` (with any value but the empty one) or `TERM=dumb`.
    #[default]
    Auto,
    /// Always, whatever the environment says.
    Always,
    /// Never.
    Never,
}

impl Colour {
    /// Whether to colour what goes to a terminal, or to something else.
    pub fn is_on(self, terminal: bool) -> bool {
        self.decide(terminal, |name| std::env::var_os(name))
    }

    fn decide(self, terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
        let unwanted = || variable("NO_COLOR").is_some_and(|value| !value.is_empty());
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => terminal && !unwanted() && !is_dumb(variable("TERM")),
        }
    }
}

/// Whether a terminal of this name (of the variable `TERM`) takes no escape sequences.
pub(crate) fn is_dumb(term: Option<OsString>) -> bool {
    term.is_some_and(|term| term == "dumb")
}

/// The styles of a text; all of them plain where it is not coloured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Palette {
    on: bool,
}

impl Palette {
    pub(crate) fn new(on: bool) -> Self {
        Self { on }
    }

    pub(crate) fn severity(self, severity: Severity) -> Style {
        self.style(match severity {
            Severity::Info => AnsiColor::Cyan.on_default(),
            Severity::Warning => AnsiColor::Yellow.on_default(),
            Severity::Error => AnsiColor::Red.on_default(),
            Severity::Critical => AnsiColor::Red.on_default().bold(),
        })
    }

    /// Of what is over.
    pub(crate) fn good(self) -> Style {
        self.style(AnsiColor::Green.on_default())
    }

    /// Of the one line that says it all.
    pub(crate) fn strong(self) -> Style {
        self.style(Style::new().bold())
    }

    /// Of labels and what is of less account.
    pub(crate) fn faint(self) -> Style {
        self.style(Style::new().dimmed())
    }

    fn style(self, style: Style) -> Style {
        if self.on { style } else { Style::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_obeyed_unless_a_person_said_otherwise() {
        let environment = |no_color: Option<&str>, term: Option<&str>| {
            let (no_color, term) = (no_color.map(OsString::from), term.map(OsString::from));
            move |name: &str| match name {
                "NO_COLOR" => no_color.clone(),
                "TERM" => term.clone(),
                _ => None,
            }
        };
        let table = [
            (Colour::Auto, true, None, Some("xterm"), true),
            (Colour::Auto, true, None, None, true),
            (Colour::Auto, true, Some(""), Some("xterm"), true),
            (Colour::Auto, true, Some("1"), Some("xterm"), false),
            (Colour::Auto, true, None, Some("dumb"), false),
            (Colour::Auto, false, None, Some("xterm"), false),
            (Colour::Always, false, Some("1"), Some("dumb"), true),
            (Colour::Never, true, None, Some("xterm"), false),
        ];
        for (colour, terminal, no_color, term, on) in table {
            let decided = colour.decide(terminal, environment(no_color, term));
            assert_eq!(decided, on, "{colour:?}, a terminal: {terminal}, {no_color:?}, {term:?}");
        }
    }
}
