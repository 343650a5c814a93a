use chrono::{DateTime, Utc};
use tidegate_event::LogLevel;

use crate::json::{Member, Scanner, Text, Token};
use crate::lines::is_wanted;
use crate::{level, time};

/// A line of the format in its parts, none of them copied.
#[derive(Debug, Default)]
pub(super) struct Envelope<'a> {
    pub(super) time: Option<DateTime<Utc>>,
    pub(super) level: Option<LogLevel>,
    pub(super) template: Option<Text<'a>>,
    /// The message where somebody has rendered it.
    pub(super) message: Option<Text<'a>>,
    /// The array `@r`.
    pub(super) rendered: Option<&'a str>,
    pub(super) exception: Option<Text<'a>>,
    pub(super) host: Option<Text<'a>>,
    pub(super) properties: Vec<Property<'a>>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Property<'a> {
    pub(super) name: Text<'a>,
    pub(super) value: Token<'a>,
}

/// How far a line could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it.
    Whole,
    /// Its level is too low: the rest was not looked at.
    Unwanted,
    /// It is not such a line. What was found before that is kept.
    Broken,
}

/// As many as KurrentDB's longest lines have: the list grows rarely.
const USUAL: usize = 12;

impl<'a> Envelope<'a> {
    /// Reads `line` into this, up to where a level below `least` says that nobody wants it.
    pub(super) fn read(&mut self, line: &'a str, least: Option<LogLevel>) -> Extent {
        let mut scanner = Scanner::new(line);
        if !scanner.take(b'{') {
            return Extent::Broken;
        }
        self.properties.reserve(USUAL);
        let mut first = true;
        loop {
            match scanner.member(first) {
                Member::Next(name, value) => self.take(name, value),
                Member::End if scanner.is_at_end() => return self.settle(),
                Member::End | Member::Broken => return Extent::Broken,
            }
            first = false;
            if !is_wanted(self.level, least) {
                return Extent::Unwanted;
            }
        }
    }

    #[inline]
    fn take(&mut self, name: Text<'a>, value: Token<'a>) {
        if !name.raw.starts_with('@') {
            self.properties.push(Property { name, value });
            return;
        }
        match (name.raw, value) {
            ("@t", Token::Text(text)) if self.time.is_none() => self.time = time::parse(&text.decode()),
            ("@mt", Token::Text(text)) => self.template = Some(text),
            ("@m", Token::Text(text)) => self.message = Some(text),
            ("@r", Token::Nested(raw)) => self.rendered = Some(raw),
            ("@l", Token::Text(text)) => match level::parse(&text.decode()) {
                Some(level) => self.level = Some(level),
                None => self.properties.push(Property { name, value }),
            },
            ("@x", Token::Text(text)) => self.exception = Some(text),
            ("@host", Token::Text(text)) => self.host = Some(text),
            ("@i", _) => {} // a number for the template: it can be told from the message
            _ => self.properties.push(Property { name, value }),
        }
    }

    /// A line without `@mt` may have its template as `messageTmpl`, as those have that Kurrent's cloud forwards, or its
    /// message as `message`. Without either, or a time, it is not such a line.
    fn settle(&mut self) -> Extent {
        if self.template.is_none() {
            self.template = self.remove("messageTmpl");
        }
        if self.template.is_none() && self.message.is_none() {
            self.message = self.remove("message");
        }
        let says_something = self.template.is_some() || self.message.is_some();
        if says_something && self.time.is_some() { Extent::Whole } else { Extent::Broken }
    }

    fn remove(&mut self, name: &str) -> Option<Text<'a>> {
        let found = self.properties.iter().position(|property| property.name.is(name))?;
        match self.properties.get(found)?.value {
            Token::Text(text) => {
                self.properties.remove(found);
                Some(text)
            }
            _ => None,
        }
    }
}
