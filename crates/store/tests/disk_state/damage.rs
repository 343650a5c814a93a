//! A flipped bit, wherever it is, is found, and is neither believed nor fatal.

use tidegate_base::Random;
use tidegate_store::disk::{Files, SimulatedDisk};
use tidegate_store::{Change, Space, StoreErrorKind};

use crate::common::{Records, Rig, apply};

const FILE: &str = "state.redb";

/// A file with some hundred records, as an agent with a few integrations has them, and a large one; which of them were
/// saved before the last save; and all of them.
fn filled(clean: bool) -> (Vec<u8>, Records, Records) {
    let disk = SimulatedDisk::seeded(1);
    let mut rig = Rig::open(&disk).unwrap();
    let mut changes: Vec<Change> = (0..300)
        .map(|number: usize| Change::put(Space::Key, format!("ops/abc/i/{number:03}"), vec![b'x'; number]))
        .collect();
    changes.push(Change::put(Space::Snapshot, "book", vec![b'y'; 50_000]));
    changes.push(Change::put(Space::Lane, "ops/issues", "12"));
    let (mut before, mut records) = (Records::new(), Records::new());
    for part in changes.chunks(50) {
        before.clone_from(&records);
        rig.save(&[part.to_vec()])[0].clone().unwrap();
        apply(&mut records, part);
    }
    if clean {
        rig.driver.close();
    }
    (disk.contents(FILE), before, records)
}

/// A disk with this file.
fn disk_with(bytes: &[u8]) -> SimulatedDisk {
    let disk = SimulatedDisk::seeded(1);
    disk.open(FILE, true).and_then(|file| file.write_at(bytes, 0)).unwrap();
    disk
}

#[derive(Debug, Default)]
struct Tally {
    unharmed: u32,
    /// One record, or two neighbours whose border was hit.
    few_records: u32,
    /// After a crash the last save cannot be told from one that was under way.
    last_save: u32,
    refused: u32,
}

fn flip_many(clean: bool) -> Tally {
    let mut tally = Tally::default();
    let mut random = Random::seeded(11);
    let (whole, before, records) = filled(clean);
    for _ in 0..600 {
        let (byte, bit) = (random.below(whole.len() as u64), random.below(8));
        let disk = disk_with(&whole);
        disk.flip(FILE, usize::try_from(byte).unwrap(), u8::try_from(bit).unwrap());
        let context = format!("bit {bit} of byte {byte} of {}", whole.len());
        let flipped = disk.contents(FILE);
        match Rig::open(&disk) {
            Ok(mut rig) => {
                let found = rig.records();
                let wrong: Vec<_> = found.iter().filter(|(key, value)| records.get(*key) != Some(*value)).collect();
                let missing = records.keys().filter(|key| !found.contains_key(*key)).count();
                if wrong.is_empty() && missing == 0 {
                    tally.unharmed += 1;
                } else if !clean && found == before {
                    tally.last_save += 1;
                } else {
                    assert!(wrong.iter().all(|(_, value)| value.is_empty()), "{context}: no wrong value is believed");
                    assert!(wrong.len() <= 2 && missing <= wrong.len(), "{context}: {wrong:?}, {missing} missing");
                    tally.few_records += 1;
                }
            }
            Err(error) => {
                assert_eq!(error.kind(), StoreErrorKind::Damaged, "{context}: {error}");
                assert!(error.to_string().starts_with("simulated/state.redb cannot be read"), "{error}");
                if clean {
                    assert!(flipped == disk.contents(FILE), "{context}: it is left as it was");
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
    assert!(tally.unharmed > 100 && tally.few_records > 100 && tally.refused < 60, "{tally:?}");
}

#[test]
fn a_flipped_bit_after_a_crash_is_never_believed() {
    let tally = flip_many(false);
    assert!(tally.unharmed > 100 && tally.refused > 50, "{tally:?}");
}

#[test]
fn a_record_that_is_written_again_is_whole_again() {
    let (whole, _, records) = filled(true);
    let disk = disk_with(&whole);
    let at = whole.windows(40).position(|bytes| bytes == [b'y'; 40]).expect("the book is there");
    disk.flip(FILE, at + 1_000, 3);
    let mut rig = Rig::open(&disk).unwrap();
    assert_eq!(rig.load(Space::Snapshot).unwrap(), [("book".to_owned(), bytes::Bytes::new())]);
    let book = vec![Change::put(Space::Snapshot, "book", vec![b'y'; 50_000])];
    rig.save(&[book])[0].clone().unwrap();
    assert_eq!(rig.records(), records);
}
