//! `scavenge-failed` and `node-fatal`, which read log lines.

use serde::Deserialize;
use tidegate_detect::{NodeFatal, ScavengeFailed};
use tidegate_event::Severity;

use crate::{DurationConfig, Refused, Section};

#[derive(Deserialize)]
struct ScavengeKeys {
    severity: Option<Severity>,
    remedy: Option<String>,
}

#[derive(Deserialize)]
struct FatalKeys {
    quiet: Option<DurationConfig>,
    stale_after: Option<DurationConfig>,
    severity: Option<Severity>,
    remedy: Option<String>,
}

pub(super) fn scavenge_failed(section: &Section<'_>) -> Result<ScavengeFailed, Refused> {
    let keys: ScavengeKeys = section.parse()?;
    let detector = keys.severity.into_iter().fold(ScavengeFailed::new(), ScavengeFailed::with_severity);
    Ok(keys.remedy.into_iter().fold(detector, ScavengeFailed::with_remedy))
}

pub(super) fn node_fatal(section: &Section<'_>) -> Result<NodeFatal, Refused> {
    let keys: FatalKeys = section.parse()?;
    let mut builder = NodeFatal::builder();
    if let Some(quiet) = keys.quiet {
        builder = builder.with_quiet(quiet.get());
    }
    if let Some(stale_after) = keys.stale_after {
        builder = builder.with_stale_after(stale_after.get());
    }
    if let Some(severity) = keys.severity {
        builder = builder.with_severity(severity);
    }
    if let Some(remedy) = keys.remedy {
        builder = builder.with_remedy(remedy);
    }
    builder.build().map_err(|error| section.refuse(error))
}
