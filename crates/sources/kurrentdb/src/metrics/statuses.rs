use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::DateTime;
use tidegate_exposition::Sample;

use super::Status;

/// Parts of the server are few; whatever else claims to be one does not count.
const MOST: usize = 16;

/// What the parts of the server are about: of each the status with the latest time, since the others never disappear.
#[derive(Debug, Default)]
pub(crate) struct Statuses<'a> {
    latest: BTreeMap<Cow<'a, str>, (Cow<'a, str>, f64)>,
}

impl<'a> Statuses<'a> {
    /// A sample of the metric `statuses`.
    pub(crate) fn observe(&mut self, sample: &Sample<'a>) {
        let (Some(name), Some(status)) = (sample.labels.get("name"), sample.labels.get("status")) else { return };
        if !sample.value.is_finite() || (self.latest.len() >= MOST && !self.latest.contains_key(&name)) {
            return;
        }
        let latest = self.latest.entry(name).or_insert_with(|| (status.clone(), sample.value));
        // Of two in the same second the later series is the one that was first seen later.
        if sample.value >= latest.1 {
            *latest = (status, sample.value);
        }
    }

    pub(crate) fn into_statuses(self) -> Vec<Status> {
        self.latest.into_iter().filter_map(|(name, (status, seconds))| of(&name, &status, seconds)).collect()
    }
}

fn of(name: &str, status: &str, seconds: f64) -> Option<Status> {
    #[expect(clippy::cast_possible_truncation, reason = "what is out of range is no time")]
    let at = DateTime::from_timestamp(seconds as i64, 0)?;
    let (status, detail) = match status.split_once(" - ") {
        Some((status, detail)) => (status, Some(detail.into())),
        None => (status, None),
    };
    Some(Status { name: name.into(), status: status.into(), detail, at })
}
