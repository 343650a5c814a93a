//! `type = "tail"`: log files.

use serde::Deserialize;
use tidegate_event::LogLevel;
use tidegate_source_tail::{Format, JsonNames, Series, StartFrom, Tail, TailErrorKind};

use crate::{ConfiguredSource, DurationConfig, PathConfig, Refused, Registry, Section};

#[derive(Deserialize)]
struct TailKeys {
    cluster: Option<String>,
    node: Option<String>,
    path: PathConfig,
    #[serde(default)]
    format: FormatWord,
    series: Option<Vec<SeriesWord>>,
    min_level: Option<LogLevel>,
    #[serde(default)]
    from: FromWord,
    fields: Option<FieldKeys>,
    start: Option<String>,
    interval: Option<DurationConfig>,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum FormatWord {
    #[default]
    KurrentDb,
    Json,
    Text,
}

#[derive(Deserialize, Clone, Copy)]
enum SeriesWord {
    #[serde(rename = "log")]
    Log,
    #[serde(rename = "log-err")]
    Errors,
    #[serde(rename = "log-stats")]
    Statistics,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum FromWord {
    #[default]
    End,
    Beginning,
}

#[derive(Deserialize)]
struct FieldKeys {
    time: Option<String>,
    level: Option<String>,
    message: Option<String>,
    exception: Option<String>,
}

pub(crate) fn register(registry: Registry) -> Registry {
    registry.with_source("tail", make)
}

fn make(section: &Section<'_>) -> Result<ConfiguredSource, Refused> {
    let keys: TailKeys = section.parse()?;
    let mut builder = Tail::builder()
        .with_name(section.name())
        .with_path(keys.path.get())
        .with_from(match keys.from {
            FromWord::End => StartFrom::End,
            FromWord::Beginning => StartFrom::Beginning,
        })
        .with_format(format(section, keys.format, keys.fields, keys.start)?);
    if let Some(cluster) = keys.cluster {
        builder = builder.with_cluster(cluster);
    }
    if let Some(node) = keys.node {
        builder = builder.with_node(node);
    }
    if let Some(series) = keys.series {
        builder = builder.with_series(series.into_iter().map(|word| match word {
            SeriesWord::Log => Series::Log,
            SeriesWord::Errors => Series::Errors,
            SeriesWord::Statistics => Series::Statistics,
        }));
    }
    if let Some(level) = keys.min_level {
        builder = builder.with_min_level(level);
    }
    if let Some(interval) = keys.interval.map(DurationConfig::get) {
        builder = builder.with_interval(interval);
    }
    let tail = builder.build().map_err(|error| match error.kind() {
        TailErrorKind::Path => section.refuse_at("path", error),
        TailErrorKind::Series => section.refuse_at("series", error),
        TailErrorKind::Fields => section.refuse_at("fields", error),
        TailErrorKind::Start => section.refuse_at("start", error),
        TailErrorKind::MinLevel => section.refuse_at("min_level", error),
        TailErrorKind::Interval => section.refuse_at("interval", error),
        _ => section.refuse(error),
    })?;
    // What names nothing is of no cluster, and is read whatever becomes of one.
    let resource = Some(tail.resource().clone()).filter(|resource| !resource.is_empty());
    Ok(ConfiguredSource::new(tail).with_resources(resource))
}

/// A key of another format would be read for nothing, and nobody would notice.
fn format(
    section: &Section<'_>,
    word: FormatWord,
    fields: Option<FieldKeys>,
    start: Option<String>,
) -> Result<Format, Refused> {
    if fields.is_some() && !matches!(word, FormatWord::Json) {
        return Err(section.refuse_at("fields", "fields is a key of the format `json` alone; take it out, or set that"));
    }
    if start.is_some() && !matches!(word, FormatWord::Text) {
        return Err(section.refuse_at("start", "start is a key of the format `text` alone; take it out, or set that"));
    }
    Ok(match word {
        FormatWord::KurrentDb => Format::KurrentDb,
        FormatWord::Json => Format::Json(fields.map(names).unwrap_or_default()),
        FormatWord::Text => Format::Text { start },
    })
}

fn names(keys: FieldKeys) -> JsonNames {
    let default = JsonNames::default();
    JsonNames {
        time: keys.time.unwrap_or(default.time),
        level: keys.level.unwrap_or(default.level),
        message: keys.message.unwrap_or(default.message),
        exception: keys.exception.unwrap_or(default.exception),
    }
}
