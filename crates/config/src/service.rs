//! What the parts that speak to a service have in common.

use std::error::Error;

use crate::{Refused, Section};

/// That a part cannot be built: at the key that it is about; what is missing, at the head of the section.
pub(crate) fn refuse(section: &Section<'_>, error: &dyn Error, key: Option<&str>) -> Refused {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    let reason = format!("{error}{cause}");
    match key {
        Some(key) => section.refuse_at(key, reason),
        None => section.refuse(reason),
    }
}
