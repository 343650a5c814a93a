use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use regex::bytes::Regex;
use tidegate_base::{Clock, SystemClock};
use tidegate_event::{LogLevel, Name, Resource};

use crate::find::Places;
use crate::lines::{JsonLines, Lines, Start, TextLines};
use crate::{Clef, Format, JsonNames, Series, StartFrom, Tail, TailError, TailErrorKind};

/// Often enough that a line is delivered well within a second, and so seldom that looking costs next to nothing.
const INTERVAL: Duration = Duration::from_millis(250);
const SHORTEST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_mins(1);

/// The settings of a [`Tail`]. [`build`](TailBuilder::build) checks them all.
#[must_use]
pub struct TailBuilder {
    name: String,
    cluster: Option<Name>,
    node: Option<Name>,
    path: PathBuf,
    format: Format,
    series: Option<Vec<Series>>,
    min_level: Option<LogLevel>,
    from: StartFrom,
    interval: Duration,
    clock: Arc<dyn Clock>,
}

/// The same, checked.
pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) resource: Resource,
    pub(crate) path: PathBuf,
    pub(crate) places: Places,
    pub(crate) from: StartFrom,
    pub(crate) interval: Duration,
    pub(crate) clock: Arc<dyn Clock>,
    format: Format,
    start: Start,
    min_level: Option<LogLevel>,
}

impl TailBuilder {
    pub(crate) fn new() -> Self {
        Self {
            name: "tail".to_owned(),
            cluster: None,
            node: None,
            path: PathBuf::new(),
            format: Format::default(),
            series: None,
            min_level: None,
            from: StartFrom::default(),
            interval: INTERVAL,
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// The name of the source, unique among those of a router. Default: `tail`.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The cluster whose node writes the files. Default: none.
    pub fn with_cluster(mut self, cluster: impl Into<Name>) -> Self {
        self.cluster = Some(cluster.into());
        self
    }

    /// The node that writes the files, by the name that other sources give it. Default: none, or what a line of
    /// KurrentDB says as `@host`.
    pub fn with_node(mut self, node: impl Into<Name>) -> Self {
        self.node = Some(node.into());
        self
    }

    /// The files: one, a folder, which is searched eight folders deep, or a pattern with `*`, `?`, `[a-z]`, and `**` for
    /// any folders. It need not be there yet. There is no default.
    pub fn with_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.path = path.into();
        self
    }

    /// How lines are read. Default: [`Format::KurrentDb`].
    pub fn with_format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// The series of KurrentDB's that are read, in that format alone. Default: [`Series::Log`].
    pub fn with_series(mut self, series: impl IntoIterator<Item = Series>) -> Self {
        self.series = Some(series.into_iter().collect());
        self
    }

    /// Passes over lines of a lower level. Those without one are read. Not for [`Format::Text`] without a group `level`.
    /// Default: all are read.
    pub fn with_min_level(mut self, level: LogLevel) -> Self {
        self.min_level = Some(level);
        self
    }

    /// Where it begins the first time. After that it goes on where it was. Default: [`StartFrom::End`].
    pub fn with_from(mut self, from: StartFrom) -> Self {
        self.from = from;
        self
    }

    /// How often the files are looked at: 10 ms to 60 s. Where nothing was written for ten seconds it is twice that, up to
    /// half a second. Default: 250 ms.
    pub fn with_interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Where the time of lines comes from that tell none. Default: the machine's clock.
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The source. It looks at no file yet.
    ///
    /// # Errors
    /// When a name is empty, there is no path, the series, the names of fields or the expression do not fit the format, a
    /// level is wanted of lines that have none, or the interval is too short or too long.
    pub fn build(self) -> Result<Tail, TailError> {
        self.check_names()?;
        check_path(&self.path)?;
        let series = self.checked_series()?;
        let start = self.checked_format()?;
        if !(SHORTEST..=LONGEST).contains(&self.interval) {
            let context = format!("interval is {:?}; it must be from 10 ms to 60 s", self.interval);
            return Err(TailError::new(TailErrorKind::Interval, context));
        }
        Ok(Tail::new(Settings {
            resource: Resource { cluster: self.cluster, node: self.node, part: None },
            places: Places::new(&self.path, series),
            name: self.name,
            path: self.path,
            from: self.from,
            interval: self.interval,
            clock: self.clock,
            format: self.format,
            start,
            min_level: self.min_level,
        }))
    }

    fn check_names(&self) -> Result<(), TailError> {
        let empty = |name: &Option<Name>| name.as_ref().is_some_and(|name| name.is_empty());
        let context = if self.name.is_empty() {
            "name is empty; the source needs one, such as `tail`"
        } else if empty(&self.cluster) {
            "cluster is empty; name one, or leave it out"
        } else if empty(&self.node) {
            "node is empty; name one, or leave it out"
        } else {
            return Ok(());
        };
        Err(TailError::new(TailErrorKind::Name, context))
    }

    fn checked_series(&self) -> Result<Option<Vec<Series>>, TailError> {
        let wrong = |context: &str| Err(TailError::new(TailErrorKind::Series, context));
        match (&self.format, &self.series) {
            (Format::KurrentDb, None) => Ok(Some(vec![Series::Log])),
            (Format::KurrentDb, Some(series)) if series.is_empty() => {
                wrong("series is empty; name one or more of `log`, `log-err` and `log-stats`")
            }
            (Format::KurrentDb, Some(series)) => Ok(Some(series.clone())),
            (_, None) => Ok(None),
            (_, Some(_)) => wrong("series are of the format `kurrentdb` alone; name the files by `path`"),
        }
    }

    /// The check of what belongs to the format.
    fn checked_format(&self) -> Result<Start, TailError> {
        let start = match &self.format {
            Format::KurrentDb => return Ok(Start::NoBlank),
            Format::Json(names) => return check_fields(names).map(|()| Start::NoBlank),
            Format::Text { start: None } => Start::NoBlank,
            Format::Text { start: Some(start) } => Start::Matches(Regex::new(start).map_err(|error| {
                let error = error.to_string();
                let why = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
                TailError::new(TailErrorKind::Start, format!("start is '{start}', not a regular expression: {why}"))
            })?),
        };
        if self.min_level.is_some() && !start.tells_level() {
            let context = "min_level needs lines that tell their level; text does by a group `level` in `start`";
            return Err(TailError::new(TailErrorKind::MinLevel, context));
        }
        Ok(start)
    }
}

fn check_path(path: &Path) -> Result<(), TailError> {
    let wrong = |context: String| Err(TailError::new(TailErrorKind::Path, context));
    match path.to_str() {
        Some("") => wrong("path is empty; name a file, a folder or a pattern, such as `/var/log/kurrentdb`".to_owned()),
        None => wrong(format!("path {} is not UTF-8; name a folder above it", path.display())),
        Some(_) => Ok(()),
    }
}

fn check_fields(names: &JsonNames) -> Result<(), TailError> {
    let all = [&names.time, &names.level, &names.message, &names.exception];
    let wrong = |context: String| Err(TailError::new(TailErrorKind::Fields, context));
    if all.iter().any(|name| name.is_empty()) {
        return wrong("fields has an empty name; leave it out for the default".to_owned());
    }
    match all.iter().enumerate().find(|(at, name)| all[..*at].contains(name)) {
        Some((_, name)) => wrong(format!("fields has {name:?} twice; each must have a name of its own")),
        None => Ok(()),
    }
}

impl Settings {
    pub(crate) fn lines(&self) -> Lines {
        let (resource, least) = (self.resource.clone(), self.min_level);
        match &self.format {
            Format::KurrentDb => {
                let clef = Clef::new(resource);
                Lines::KurrentDb(Box::new(match least {
                    Some(level) => clef.with_min_level(level),
                    None => clef,
                }))
            }
            Format::Json(names) => Lines::Json(JsonLines::new(resource, names.clone(), least)),
            Format::Text { .. } => Lines::Text(TextLines::new(resource, self.start.clone(), least)),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("name", &self.name)
            .field("resource", &self.resource.to_string())
            .field("path", &self.path)
            .field("format", &self.format)
            .field("min_level", &self.min_level)
            .field("from", &self.from)
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for TailBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TailBuilder")
            .field("name", &self.name)
            .field("cluster", &self.cluster)
            .field("node", &self.node)
            .field("path", &self.path)
            .field("format", &self.format)
            .field("series", &self.series)
            .field("min_level", &self.min_level)
            .field("from", &self.from)
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}
