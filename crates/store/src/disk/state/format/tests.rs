use std::path::Path;
use std::sync::Arc;

use futures::executor::block_on;
use redb::ReadableTable;

use super::*;
use crate::disk::Folder;
use crate::disk::state::record::{decode, encode};
use crate::disk::state::{DiskState, StateDriver};
use crate::{Change, StateStore};

/// What a later version might be: lanes are written in capitals.
const NEXT: Format = Format { version: 2, steps: &[|transaction| rewrite_lanes(transaction, str::to_uppercase)] };
/// And the one after it: with a sign of it.
const NEXT_BUT_ONE: Format = Format {
    version: 3,
    steps: &[NEXT.steps[0], |transaction| rewrite_lanes(transaction, |value| format!("{value}!"))],
};
const FAILING: Format =
    Format { version: 3, steps: &[NEXT.steps[0], |_| Err(Error::Io(std::io::ErrorKind::StorageFull.into()))] };

fn rewrite_lanes(transaction: &WriteTransaction, to: impl Fn(&str) -> String) -> Result<(), Error> {
    let mut lanes = transaction.open_table(records(Space::Lane))?;
    let mut rewritten = Vec::new();
    for record in lanes.range::<&[u8]>(..)? {
        let (key, stored) = record?;
        let value = decode("lane", key.value(), stored.value()).expect("undamaged");
        let value = to(std::str::from_utf8(&value).expect("a text"));
        rewritten.push((key.value().to_vec(), encode("lane", key.value(), value.as_bytes())));
    }
    for (key, stored) in rewritten {
        lanes.insert(key.as_slice(), stored.as_slice())?;
    }
    Ok(())
}

fn open(dir: &Path, format: Format) -> Result<(DiskState, StateDriver), StoreError> {
    DiskState::of_format(Arc::new(Folder::at(dir).unwrap()), format)
}

fn lane(state: &DiskState, driver: &mut StateDriver) -> String {
    let mut loading = state.load(Space::Lane, "ops");
    assert!(futures::FutureExt::now_or_never(&mut loading).is_none());
    driver.turn();
    let records = block_on(loading).unwrap();
    String::from_utf8(records[0].1.to_vec()).unwrap()
}

fn with_a_lane(format: Format) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let (state, mut driver) = open(dir.path(), format).unwrap();
    let changes = [Change::put(Space::Lane, "ops", "here")];
    let mut saving = state.save(&changes);
    assert!(futures::FutureExt::now_or_never(&mut saving).is_none());
    driver.turn();
    block_on(saving).unwrap();
    driver.close();
    dir
}

#[test]
fn an_older_file_is_brought_up_step_by_step_and_once() {
    let dir = with_a_lane(CURRENT);
    for expected in ["HERE!", "HERE!"] {
        let (state, mut driver) = open(dir.path(), NEXT_BUT_ONE).unwrap();
        assert_eq!(lane(&state, &mut driver), expected);
        driver.close();
    }
    let dir = with_a_lane(NEXT);
    let (state, mut driver) = open(dir.path(), NEXT_BUT_ONE).unwrap();
    assert_eq!(lane(&state, &mut driver), "here!", "only the steps that it lacks");
}

#[test]
fn a_step_that_fails_leaves_the_file_as_it_was() {
    let dir = with_a_lane(CURRENT);
    let error = open(dir.path(), FAILING).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Full);
    let (state, mut driver) = open(dir.path(), CURRENT).unwrap();
    assert_eq!(lane(&state, &mut driver), "here");
}

#[test]
fn a_newer_file_is_refused_and_stays_as_it_is() {
    let dir = with_a_lane(NEXT_BUT_ONE);
    let error = open(dir.path(), CURRENT).unwrap_err();
    let path = dir.path().join("state.redb").display().to_string();
    assert_eq!(
        error.to_string(),
        format!("{path} is of version 3, which a newer tidegate has written; this one reads up to version 1: invalid")
    );
    let (state, mut driver) = open(dir.path(), NEXT_BUT_ONE).unwrap();
    assert_eq!(lane(&state, &mut driver), "here");
}
