//! Whatever is done, it holds what a map would.

use proptest::prelude::*;
use tidegate_store::disk::SimulatedDisk;
use tidegate_store::{Change, MemoryState, Space, StateStore};

use crate::common::{Records, Rig};

#[derive(Debug, Clone)]
enum Step {
    Save(Vec<Vec<Change>>),
    Reopen { clean: bool },
}

fn change() -> impl Strategy<Value = Change> {
    let space = prop::sample::select(Space::ALL.to_vec());
    let value = prop::option::weighted(0.7, prop::collection::vec(any::<u8>(), 0..2_000));
    (space, "[a-c/\u{e9}]{0,3}", value).prop_map(|(space, key, value)| Change {
        space,
        key,
        value: value.map(Into::into),
    })
}

fn step() -> impl Strategy<Value = Step> {
    let saves = prop::collection::vec(prop::collection::vec(change(), 1..6), 1..4);
    prop_oneof![4 => saves.prop_map(Step::Save), 1 => any::<bool>().prop_map(|clean| Step::Reopen { clean })]
}

fn records_of(state: &MemoryState) -> Records {
    let mut all = Records::new();
    for space in Space::ALL {
        let records = futures::executor::block_on(state.load(space, "")).expect("memory");
        all.extend(records.into_iter().map(|(key, value)| ((space, key), value)));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_holds_what_memory_would(steps in prop::collection::vec(step(), 1..30)) {
        let disk = SimulatedDisk::seeded(1);
        let memory = MemoryState::new();
        let mut rig = Rig::open(&disk).expect("a disk that is well");
        for step in steps {
            match step {
                Step::Save(saves) => {
                    prop_assert!(rig.save(&saves).into_iter().all(|saved| saved.is_ok()));
                    for changes in &saves {
                        futures::executor::block_on(memory.save(changes)).expect("memory");
                    }
                }
                Step::Reopen { clean } => {
                    let Rig { state, driver } = rig;
                    if clean { driver.close() } else { drop(driver) }
                    drop(state);
                    rig = Rig::open(&disk).expect("a disk that is well");
                }
            }
            prop_assert_eq!(rig.records(), records_of(&memory));
        }
    }
}
