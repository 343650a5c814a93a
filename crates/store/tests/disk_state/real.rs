//! In a folder of the machine: the contract, what was saved, and what is no state.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::FutureExt;
use futures::executor::block_on;
use futures::future::join_all;
use tidegate_store::disk::{Folder, StateDriver};
use tidegate_store::{Change, DiskState, Space, StateStore, StoreError, StoreErrorKind, contract};

/// A state in a folder that goes with it.
struct Temporary {
    state: DiskState,
    _dir: tempfile::TempDir,
}

impl Temporary {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        Self { state: DiskState::open(dir.path()).expect("an empty state"), _dir: dir }
    }
}

#[async_trait]
impl StateStore for Temporary {
    async fn load(&self, space: Space, prefix: &str) -> Result<Vec<(String, Bytes)>, StoreError> {
        self.state.load(space, prefix).await
    }

    async fn save(&self, changes: &[Change]) -> Result<(), StoreError> {
        self.state.save(changes).await
    }
}

fn file(dir: &Path) -> PathBuf {
    dir.join("state.redb")
}

fn driven(dir: &Path) -> (DiskState, StateDriver) {
    DiskState::driven(Arc::new(Folder::at(dir).unwrap())).expect("it opens")
}

fn put(key: impl Into<String>, value: impl Into<Bytes>) -> Change {
    Change::put(Space::Key, key, value)
}

#[test]
fn a_state_on_disk_keeps_the_contract() {
    block_on(contract::check_state(|| Box::new(Temporary::new())));
}

#[test]
fn what_was_saved_is_there_after_a_clean_end_and_after_none() {
    for clean in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        for round in 0..20_u32 {
            let (state, mut driver) = driven(dir.path());
            let changes = [put(format!("{round:02}"), round.to_string()), put("last", round.to_string())];
            let mut saving = state.save(&changes);
            assert!(saving.as_mut().now_or_never().is_none(), "nothing is done but in a turn");
            assert!(driver.turn());
            assert!(matches!(saving.now_or_never(), Some(Ok(()))));
            if clean {
                driver.close();
            }
        }
        let records = block_on(DiskState::open(dir.path()).unwrap().load(Space::Key, "")).unwrap();
        assert_eq!(records.len(), 21);
        assert_eq!(records.last(), Some(&("last".to_owned(), "19".into())));
    }
}

#[test]
fn saves_that_wait_together_are_made_together() {
    let dir = tempfile::tempdir().unwrap();
    let (state, mut driver) = driven(dir.path());
    let saves: Vec<_> = (0..10).map(|number| [put(number.to_string(), "x"), put("same", number.to_string())]).collect();
    let mut saving = join_all(saves.iter().map(|changes| state.save(changes)));
    assert!((&mut saving).now_or_never().is_none());
    assert!(driver.turn());
    assert!(!driver.turn(), "one turn was enough");
    assert!(saving.now_or_never().expect("all are answered").into_iter().all(|saved| saved.is_ok()));
    let mut loading = state.load(Space::Key, "same");
    assert!(loading.as_mut().now_or_never().is_none());
    driver.turn();
    assert_eq!(loading.now_or_never().unwrap().unwrap(), [("same".to_owned(), "9".into())], "the last counts");
}

#[test]
fn whoever_waits_is_told_when_nobody_is_left_to_answer() {
    let dir = tempfile::tempdir().unwrap();
    let (state, driver) = driven(dir.path());
    let changes = [put("a", "1")];
    let mut saving = state.save(&changes);
    assert!(saving.as_mut().now_or_never().is_none());
    drop(driver);
    let error = saving.now_or_never().expect("it is answered").unwrap_err();
    assert_eq!(error.to_string(), "the state's own thread has ended: input or output failed");
    assert!(state.load(Space::Key, "").now_or_never().expect("at once").is_err());
}

#[test]
fn a_second_one_is_told_who_has_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let first = DiskState::open(dir.path()).unwrap();
    let error = DiskState::open(dir.path()).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::InUse);
    assert!(error.to_string().contains("belongs to this very process"), "{error}");
    drop(first);
    DiskState::open(dir.path()).expect("it is free");
}

#[test]
fn what_is_no_state_is_refused_by_name_and_left_alone() {
    let path_of = |dir: &Path| file(dir).display().to_string();
    let advice = "cannot be read; put a copy of it back, or move it away to begin without what was known: damaged";
    for text in [b"".to_vec(), b"hello".to_vec(), vec![0; 100_000]] {
        let dir = tempfile::tempdir().unwrap();
        fs::write(file(dir.path()), &text).unwrap();
        let error = DiskState::open(dir.path()).unwrap_err();
        assert_eq!(error.to_string(), format!("{} {advice}", path_of(dir.path())), "{} bytes", text.len());
        assert_eq!(fs::read(file(dir.path())).unwrap(), text);
    }

    let dir = tempfile::tempdir().unwrap();
    drop(redb::Database::create(file(dir.path())).unwrap());
    let error = DiskState::open(dir.path()).unwrap_err();
    let path = path_of(dir.path());
    assert_eq!(
        error.to_string(),
        format!("{path} is no state of tidegate; move it away, or name another folder: invalid")
    );

    let dir = tempfile::tempdir().unwrap();
    block_on(DiskState::open(dir.path()).unwrap().save(&[put("a", vec![1; 100_000])])).unwrap();
    let half = fs::metadata(file(dir.path())).unwrap().len() / 2;
    fs::OpenOptions::new().write(true).open(file(dir.path())).unwrap().set_len(half).unwrap();
    assert_eq!(DiskState::open(dir.path()).unwrap_err().to_string(), format!("{} {advice}", path_of(dir.path())));
}

#[test]
fn a_file_that_is_mostly_free_is_small_again_after_a_start() {
    let dir = tempfile::tempdir().unwrap();
    let state = DiskState::open(dir.path()).unwrap();
    let changes = |value: Option<Bytes>| {
        let change = |number| Change { space: Space::Key, key: format!("{number:05}"), value: value.clone() };
        (0..20_000).map(change).collect::<Vec<_>>()
    };
    block_on(state.save(&changes(Some(vec![7; 1024].into())))).unwrap();
    block_on(state.save(&[put("stays", "here")])).unwrap();
    block_on(state.save(&changes(None))).unwrap();
    drop(state);
    let length = || fs::metadata(file(dir.path())).unwrap().len();
    let before = length();
    let state = DiskState::open(dir.path()).unwrap();
    assert!(before > 8 * 1024 * 1024, "{before}");
    assert!(length() < 1024 * 1024, "{} of {before}", length());
    assert_eq!(block_on(state.load(Space::Key, "")).unwrap(), [("stays".to_owned(), "here".into())]);
}
