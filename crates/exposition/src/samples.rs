use std::str;

use memchr::memchr;

use crate::bytes::{is_in_metric_name, metric_name_end, skip_blanks, token_end};
use crate::comment::{Comment, Topic};
use crate::family::{Family, Kind, Part};
use crate::{Format, Labels, Limits, LineError, LineErrorKind, Sample, labels, number};

/// The samples of a body, one after the other. A line that is none is an error of its own, and the next one is read.
///
/// Comments count for the samples that follow them; a family may come again, with comments of its own.
#[derive(Debug, Clone)]
pub struct Samples<'a> {
    format: Format,
    limits: Limits,
    rest: &'a [u8],
    line: usize,
    skipped: usize,
    has_ended: bool,
    /// What the comments are about that were read last.
    family: Option<Family<'a>>,
    /// The sample before: the next one often has its name, and nearly always its time.
    name: &'a str,
    named: (Family<'a>, Part),
    stamp: (&'a str, i64),
}

type Fault = (LineErrorKind, usize);

impl<'a> Samples<'a> {
    /// Of `body`, which is read as the iterator goes on.
    pub fn new(body: &'a [u8], format: Format) -> Self {
        Self {
            format,
            limits: Limits::default(),
            rest: body,
            line: 0,
            skipped: 0,
            has_ended: false,
            family: None,
            name: "",
            named: (Family::new(""), Part::Value),
            stamp: ("", 0),
        }
    }

    /// The same within `limits`. Default: [`Limits::default`].
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The line that was read last, numbered from 1; 0 at the start.
    pub fn line(&self) -> usize {
        self.line
    }

    /// How many lines meant nothing so far: comments for people, and empty lines.
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// Whether `# EOF` was read. Where a server writes it, a body without it was cut off.
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    fn comment(&mut self, line: &'a [u8]) {
        match str::from_utf8(line).ok().and_then(Comment::parse) {
            Some(Comment::Of(topic, name, text)) => {
                let mut family = self.family.filter(|family| family.name == name).unwrap_or_else(|| Family::new(name));
                match topic {
                    Topic::Type => family.kind = Kind::of(text.trim_end()),
                    Topic::Unit => family.unit = Some(text.trim_end()).filter(|unit| !unit.is_empty()),
                    Topic::Help => family.help = Some(text),
                }
                self.family = Some(family);
                // What follows may have the same name and another family.
                self.name = "";
            }
            Some(Comment::End) => self.has_ended = true,
            None => self.skipped += 1,
        }
    }

    fn sample(&mut self, line: &'a [u8], start: usize) -> Result<Sample<'a>, Fault> {
        let text = str::from_utf8(line).map_err(|error| (LineErrorKind::NotUtf8, error.valid_up_to()))?;
        let name_end = self.name(text, start)?;
        let mut at = skip_blanks(line, name_end);
        let mut labels = Labels::default();
        if line.get(at) == Some(&b'{') {
            let end = labels::scan(line, at + 1, &self.limits)?;
            labels = Labels::new(text.get(at + 1..end).unwrap_or_default());
            at = skip_blanks(line, end + 1);
        } else if at == name_end && at < line.len() {
            return Err((LineErrorKind::AfterName, at));
        }
        let end = token_end(line, at);
        let value = text.get(at..end).and_then(number::value).ok_or((LineErrorKind::Value, at))?;
        let timestamp = self.timestamp(text, skip_blanks(line, end))?;
        let (family, part) = self.named;
        Ok(Sample { name: self.name, part, labels, value, timestamp, family })
    }

    /// Where the name ends that begins at `start`; it is the one of the sample before from now on.
    fn name(&mut self, text: &'a str, start: usize) -> Result<usize, Fault> {
        let bytes = text.as_bytes();
        let end = start + self.name.len();
        let repeats = !self.name.is_empty() && bytes.get(start..end) == Some(self.name.as_bytes());
        if repeats && bytes.get(end).is_none_or(|byte| !is_in_metric_name(*byte)) {
            return Ok(end);
        }
        let end = metric_name_end(bytes, start);
        let name = text.get(start..end).filter(|name| !name.is_empty()).ok_or((LineErrorKind::Name, start))?;
        let family = self.family.and_then(|family| Some((family, family.part(name)?)));
        self.name = name;
        self.named = family.unwrap_or_else(|| (Family::new(name), Part::Value));
        Ok(end)
    }

    /// The time that stands at `start`, if one does, after which nothing may follow but an exemplar in OpenMetrics.
    fn timestamp(&mut self, text: &'a str, start: usize) -> Result<Option<i64>, Fault> {
        let bytes = text.as_bytes();
        let is_end = |at| match bytes.get(at) {
            None => true,
            Some(byte) => *byte == b'#' && self.format == Format::OpenMetrics,
        };
        if is_end(start) {
            return Ok(None);
        }
        let end = token_end(bytes, start);
        let after = skip_blanks(bytes, end);
        if !is_end(after) {
            return Err((LineErrorKind::Trailing, after));
        }
        let token = text.get(start..end).unwrap_or_default();
        if token != self.stamp.0 {
            let millis = match self.format {
                Format::Text => number::millis(token),
                Format::OpenMetrics => number::millis_of_seconds(token),
            };
            self.stamp = (token, millis.ok_or((LineErrorKind::Timestamp, start))?);
        }
        Ok(Some(self.stamp.1))
    }
}

impl<'a> Iterator for Samples<'a> {
    type Item = Result<Sample<'a>, LineError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let length = memchr(b'\n', self.rest);
            let (line, rest) = self.rest.split_at(length.unwrap_or(self.rest.len()));
            self.rest = rest.get(1..).unwrap_or_default();
            self.line += 1;
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let start = skip_blanks(line, 0);
            let fault = match line.get(start) {
                None => {
                    self.skipped += 1;
                    continue;
                }
                Some(b'#') => {
                    let known = line.get(start..).filter(|line| line.len() <= self.limits.line_bytes);
                    self.comment(known.unwrap_or(b"#"));
                    continue;
                }
                Some(_) if line.len() > self.limits.line_bytes => (LineErrorKind::LineTooLong, 0),
                Some(_) if length.is_none() => (LineErrorKind::CutOff, line.len()),
                Some(_) => match self.sample(line, start) {
                    Ok(sample) => return Some(Ok(sample)),
                    Err(fault) => fault,
                },
            };
            return Some(Err(LineError::new(fault.0, self.line, line, fault.1)));
        }
        None
    }
}
