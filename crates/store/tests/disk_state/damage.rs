//! A flipped bit, wherever it is, is found, and is neither believed nor fatal.

use tidegate_base::Random;
use tidegate_store::disk::SimulatedDisk;
use tidegate_store::{Change, Space, StoreErrorKind};

use crate::common::{Records, Rig, apply};

const FILE: &str = "state.redb";

/// Some hundred records, as an agent with a few integrations has them, and a large one.
fn filled(seed: u64, clean: bool) -> (SimulatedDisk, Records) {
    let disk = SimulatedDisk::seeded(seed);
    let mut rig = Rig::open(&disk).unwrap();
    let mut changes: Vec<Change> = (0..300)
        .map(|number: usize| Change::put(Space::Key, format!("ops/abc/i/{number:03}"), vec![b'x'; number]))
        .collect();
    changes.push(Change::put(Space::Snapshot, "book", vec![b'y'; 50_000]));
    changes.push(Change::put(Space::Lane, "ops/issues", "12"));
    let mut records = Records::new();
    for part in changes.chunks(50) {
        rig.save(&[part.to_vec()])[0].clone().unwrap();
        apply(&mut records, part);
    }
    if clean {
        rig.driver.close();
    }
    disk.restart_after_kill();
    (disk, records)
}

#[derive(Debug, Default)]
struct Tally {
    unharmed: u32,
    one_record: u32,
    refused: u32,
}

fn flip_many(clean: bool) -> Tally {
    let mut tally = Tally::default();
    let mut random = Random::seeded(11);
    for seed in 0..400 {
        let (disk, records) = filled(seed, clean);
        let length = disk.contents(FILE).len() as u64;
        let (byte, bit) = (random.below(length), random.below(8));
        disk.flip(FILE, usize::try_from(byte).unwrap(), u8::try_from(bit).unwrap());
        let context = format!("seed {seed}, bit {bit} of byte {byte} of {length}");
        let before = disk.contents(FILE);
        match Rig::open(&disk) {
            Ok(mut rig) => {
                let found = rig.records();
                let wrong: Vec<_> = found.iter().filter(|(key, value)| records.get(*key) != Some(*value)).collect();
                assert!(
                    wrong.iter().all(|(_, value)| value.is_empty()),
                    "{context}: no value is believed that is wrong"
                );
                let missing = records.keys().filter(|key| !found.contains_key(*key)).count();
                assert!(wrong.len() <= 1 && missing <= wrong.len(), "{context}: {wrong:?}, {missing} missing");
                *(if wrong.is_empty() { &mut tally.unharmed } else { &mut tally.one_record }) += 1;
            }
            Err(error) => {
                assert_eq!(error.kind(), StoreErrorKind::Damaged, "{context}: {error}");
                assert!(error.to_string().starts_with("simulated/state.redb cannot be read"), "{error}");
                if clean {
                    assert!(before == disk.contents(FILE), "{context}: it is left as it was");
                }
                tally.refused += 1;
            }
        }
    }
    tally
}

#[test]
fn a_flipped_bit_after_a_clean_end_costs_its_record_or_is_refused() {
    let tally = flip_many(true);
    assert!(tally.unharmed > 10 && tally.one_record > 50 && tally.refused < 100, "{tally:?}");
}

#[test]
fn a_flipped_bit_after_a_crash_is_never_believed() {
    let tally = flip_many(false);
    assert!(tally.unharmed > 10 && tally.refused > 50, "{tally:?}");
}

#[test]
fn a_record_that_is_written_again_is_whole_again() {
    let (disk, records) = filled(1, true);
    let at = disk.contents(FILE).windows(40).position(|bytes| bytes == [b'y'; 40]).expect("the book is there");
    disk.flip(FILE, at + 1_000, 3);
    let mut rig = Rig::open(&disk).unwrap();
    assert_eq!(rig.load(Space::Snapshot).unwrap(), [("book".to_owned(), bytes::Bytes::new())]);
    let book = vec![Change::put(Space::Snapshot, "book", vec![b'y'; 50_000])];
    rig.save(&[book])[0].clone().unwrap();
    assert_eq!(rig.records(), records);
}
