//! A state on a simulated disk, driven by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::join_all;
use tidegate_base::Random;
use tidegate_store::disk::{SimulatedDisk, StateDriver};
use tidegate_store::{Change, DiskState, Space, StateStore, StoreError};

/// All records there are.
pub(crate) type Records = BTreeMap<(Space, String), Bytes>;

pub(crate) struct Rig {
    pub(crate) state: DiskState,
    pub(crate) driver: StateDriver,
}

impl Rig {
    pub(crate) fn open(disk: &SimulatedDisk) -> Result<Self, StoreError> {
        let (state, driver) = DiskState::driven(Arc::new(disk.clone()))?;
        Ok(Self { state, driver })
    }

    /// Saves these, asked for at once.
    pub(crate) fn save(&mut self, saves: &[Vec<Change>]) -> Vec<Result<(), StoreError>> {
        let Self { state, driver } = self;
        let mut saving = join_all(saves.iter().map(|changes| state.save(changes)));
        assert!((&mut saving).now_or_never().is_none(), "nothing is done but in a turn");
        while driver.turn() {}
        saving.now_or_never().expect("each is answered")
    }

    pub(crate) fn load(&mut self, space: Space) -> Result<Vec<(String, Bytes)>, StoreError> {
        let Self { state, driver } = self;
        let mut loading = state.load(space, "");
        assert!(loading.as_mut().now_or_never().is_none());
        driver.turn();
        loading.now_or_never().expect("it is answered")
    }

    pub(crate) fn records(&mut self) -> Records {
        let mut all = Records::new();
        for space in Space::ALL {
            let records = self.load(space).expect("a disk that is well");
            all.extend(records.into_iter().map(|(key, value)| ((space, key), value)));
        }
        all
    }
}

pub(crate) fn apply(records: &mut Records, changes: &[Change]) {
    for Change { space, key, value } in changes {
        match value {
            Some(value) => records.insert((*space, key.clone()), value.clone()),
            None => records.remove(&(*space, key.clone())),
        };
    }
}

/// Some changes of few keys, so that they are written again and again, and now and then a large one.
pub(crate) fn changes(random: &mut Random) -> Vec<Change> {
    let number = 1 + random.below(4);
    (0..number).map(|_| change(random)).collect()
}

fn change(random: &mut Random) -> Change {
    let spaces = Space::ALL.len() as u64;
    let space = Space::ALL[usize::try_from(random.below(spaces)).expect("small")];
    let key = format!("ops/{}", random.below(12));
    let length = match random.below(10) {
        0 => 5_000 + random.below(20_000),
        _ => random.below(300),
    };
    let byte = u8::try_from(random.below(256)).expect("a byte");
    match random.below(5) {
        0 => Change::delete(space, key),
        _ => Change::put(space, key, vec![byte; usize::try_from(length).expect("small")]),
    }
}
