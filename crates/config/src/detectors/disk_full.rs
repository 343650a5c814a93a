//! `disk-full-soon`, whose limits are times.

use serde::Deserialize;
use tidegate_detect::{DiskFullSoon, DiskFullSoonBuilder};
use tidegate_event::Severity;

use super::{STALE_AFTER, stale_after};
use crate::{DurationConfig, Refused, Section};

#[derive(Deserialize)]
struct Keys {
    #[serde(default)]
    open: Open,
    #[serde(default)]
    close: Close,
    critical: Option<DurationConfig>,
    window: Option<DurationConfig>,
    min_data: Option<DurationConfig>,
    min_fit: Option<f64>,
    min_used: Option<f64>,
    reach: Option<f64>,
    severity: Option<Severity>,
    remedy: Option<String>,
    stale_after: Option<DurationConfig>,
}

#[derive(Deserialize, Default)]
struct Open {
    below: Option<DurationConfig>,
}

#[derive(Deserialize, Default)]
struct Close {
    above: Option<DurationConfig>,
    #[serde(rename = "for")]
    duration: Option<DurationConfig>,
}

/// The detector of the section. What is left out stays as it is, as far as what is given allows it.
pub(super) fn disk_full_soon(section: &Section<'_>) -> Result<DiskFullSoon, Refused> {
    let keys: Keys = section.parse()?;
    let builder = DiskFullSoon::builder();
    let get = DurationConfig::get;
    let below = keys.open.below.map_or(builder.open(), get);
    let (standard_above, standard_held) = builder.close();
    let above = keys.close.above.map_or(standard_above.max(below), get);
    let critical = keys.critical.map(get).or(builder.critical().map(|standard| standard.min(below)));
    let min_data = keys.min_data.map_or(builder.min_data(), get);
    let window = keys.window.map_or(builder.window().max(min_data), get);
    let mut builder = builder
        .with_open(below)
        .with_close(above, keys.close.duration.map_or(standard_held, get))
        .with_critical(critical)
        .with_min_data(min_data)
        .with_window(window);
    builder = keys.min_fit.into_iter().fold(builder, DiskFullSoonBuilder::with_min_fit);
    builder = keys.min_used.into_iter().fold(builder, DiskFullSoonBuilder::with_min_used);
    builder = keys.reach.into_iter().fold(builder, DiskFullSoonBuilder::with_reach);
    finish!(section, builder, keys, section.measure_interval(), STALE_AFTER)
}
