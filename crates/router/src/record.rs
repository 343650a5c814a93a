//! Records in the state store, each with the version of its shape.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tidegate_store::{Space, StoreError, StoreErrorKind};

/// Why a record cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("it is not of the shape that version {0} has")]
    Shape(u8, #[source] serde_json::Error),
    #[error("it is of version {found}, which a newer tidegate has written; this one reads up to version {known}")]
    Newer { found: u64, known: u8 },
}

#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

/// Reads a record of at most version `known`. A newer one is refused: half of it would be missed.
pub(crate) fn read_record<T: DeserializeOwned>(bytes: &[u8], known: u8) -> Result<T, RecordError> {
    let Versioned { version } = serde_json::from_slice(bytes).map_err(|error| RecordError::Shape(known, error))?;
    if version > u64::from(known) {
        return Err(RecordError::Newer { found: version, known });
    }
    serde_json::from_slice(bytes).map_err(|error| RecordError::Shape(known, error))
}

pub(crate) fn unreadable(space: Space, key: &str, error: RecordError) -> StoreError {
    StoreError::new(StoreErrorKind::Damaged, format!("the record `{key}` of {space:?}")).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Thing {
        size: u8,
    }

    #[test]
    fn a_record_of_a_newer_version_is_refused_and_one_of_another_shape_told() {
        let read = |text: &str| read_record::<Thing>(text.as_bytes(), 2).map_err(|error| error.to_string());
        assert_eq!(read(r#"{"version":2,"size":3}"#), Ok(Thing { size: 3 }));
        assert_eq!(read(r#"{"version":1,"size":3}"#), Ok(Thing { size: 3 }));
        let newer = "it is of version 3, which a newer tidegate has written; this one reads up to version 2";
        assert_eq!(read(r#"{"version":3,"size":3}"#), Err(newer.to_owned()));
        assert_eq!(read("{}"), Err("it is not of the shape that version 2 has".to_owned()));
    }
}
