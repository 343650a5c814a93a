//! `replication-lag`, whose limits are sizes.

use serde::Deserialize;
use tidegate_detect::{ReplicationLag, Rule};
use tidegate_event::Severity;

use super::{STALE_ROUNDS, rule, stale_after};
use crate::{DurationConfig, Refused, Section, SizeConfig};

#[derive(Deserialize)]
struct Keys {
    #[serde(default)]
    open: Open,
    #[serde(default)]
    close: Close,
    severity: Option<Severity>,
    remedy: Option<String>,
    stale_after: Option<DurationConfig>,
}

#[derive(Deserialize, Default)]
struct Open {
    above: Option<SizeConfig>,
    #[serde(rename = "for")]
    duration: Option<DurationConfig>,
    rounds: Option<u32>,
}

#[derive(Deserialize, Default)]
struct Close {
    below: Option<SizeConfig>,
    #[serde(rename = "for")]
    duration: Option<DurationConfig>,
    rounds: Option<u32>,
}

pub(super) fn replication_lag(section: &Section<'_>) -> Result<ReplicationLag, Refused> {
    let keys: Keys = section.parse()?;
    let builder = ReplicationLag::builder();
    let (standard_open, standard_close): (Rule, Rule) = (builder.open(), builder.close());
    let bytes = |size: SizeConfig| size.bytes() as f64;
    let above = keys.open.above.map_or(standard_open.limit(), bytes);
    let below = keys.close.below.map_or(if keys.open.above.is_some() { above } else { standard_close.limit() }, bytes);
    for (key, given, size) in
        [("open.above", keys.open.above.is_some(), above), ("close.below", keys.close.below.is_some(), below)]
    {
        if given && size == 0.0 {
            return Err(section.refuse_at(key, format!("{key} is 0; it must be above 0, such as \"64MiB\"")));
        }
    }
    let builder = builder
        .with_open(rule(standard_open.with_limit(above), keys.open.duration, keys.open.rounds))
        .with_close(rule(standard_close.with_limit(below), keys.close.duration, keys.close.rounds));
    finish!(section, builder, keys, section.round_interval(), STALE_ROUNDS)
}
