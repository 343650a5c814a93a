//! A disk that fails is told as what it is, and used again when it is well.

use std::io::ErrorKind;

use tidegate_base::Random;
use tidegate_store::disk::{DiskStep, SimulatedDisk};
use tidegate_store::{Change, Space, StoreErrorKind};

use crate::common::{Records, Rig, apply, changes};

fn put(key: &str, value: impl Into<bytes::Bytes>) -> Vec<Change> {
    vec![Change::put(Space::Key, key, value)]
}

#[test]
fn each_failure_is_told_and_the_next_save_succeeds() {
    for (step, error, kind, words) in [
        (DiskStep::Write, ErrorKind::StorageFull, StoreErrorKind::Full, "writing simulated/state.redb: full"),
        (DiskStep::Sync, ErrorKind::Other, StoreErrorKind::Io, "writing simulated/state.redb: input or output failed"),
        (
            DiskStep::Write,
            ErrorKind::ReadOnlyFilesystem,
            StoreErrorKind::Denied,
            "writing simulated/state.redb: not permitted",
        ),
    ] {
        let disk = SimulatedDisk::seeded(3);
        let mut rig = Rig::open(&disk).unwrap();
        rig.save(&[put("a", "1")])[0].clone().unwrap();
        disk.fail_next(step, error);
        let failed = rig.save(&[put("b", "2"), put("c", "3")]);
        for saved in failed {
            let error = saved.unwrap_err();
            assert_eq!((error.kind(), error.to_string().as_str()), (kind, words), "{step:?}");
        }
        rig.save(&[put("d", "4")])[0].clone().unwrap();
        let keys: Vec<String> = rig.load(Space::Key).unwrap().into_iter().map(|(key, _)| key).collect();
        assert!(keys.contains(&"a".to_owned()) && keys.contains(&"d".to_owned()), "{keys:?}");
    }
}

/// The system may say that it holds what no disk has: after a sync that failed nothing may stand on what it wrote.
#[test]
fn what_is_saved_after_a_failed_sync_outlives_a_loss_of_power() {
    for seed in 0..300 {
        let disk = SimulatedDisk::seeded(seed);
        let mut random = Random::seeded(seed);
        let mut rig = Rig::open(&disk).unwrap();
        let mut saved = Records::new();
        let mut failures = 0;
        for round in 0..10 {
            let group = [changes(&mut random)];
            if random.below(3) == 0 {
                disk.fail_next(DiskStep::Sync, ErrorKind::Other);
            }
            // Whoever saves tries again until it is saved, as the lanes do.
            while let Err(error) = rig.save(&group).remove(0) {
                assert_eq!(error.kind(), StoreErrorKind::Io, "seed {seed}, round {round}: {error}");
                failures += 1;
                assert!(failures < 100, "it goes on by itself");
            }
            apply(&mut saved, &group[0]);
        }
        disk.restart_after_power_loss();
        let found = Rig::open(&disk).unwrap_or_else(|error| panic!("seed {seed}: {error}")).records();
        assert_eq!(found, saved, "seed {seed}");
    }
}

/// A process that comes after cannot know which syncs failed in the one before, and neither of them may make durable what
/// points to something that is not.
#[test]
fn failures_kills_and_losses_of_power_by_turns_cost_nothing_that_was_saved() {
    let steps = [DiskStep::Read, DiskStep::Write, DiskStep::Sync, DiskStep::Sync];
    for seed in 0..300 {
        let disk = SimulatedDisk::seeded(seed);
        let mut random = Random::seeded(seed);
        let mut saved = Records::new();
        for life in 0..8 {
            let mut rig = Rig::open(&disk).unwrap_or_else(|error| panic!("seed {seed}, life {life}: {error}"));
            let mut under_way = Vec::new();
            for _ in 0..random.below(6) {
                for _ in 0..random.below(4) {
                    let step = steps[usize::try_from(random.below(steps.len() as u64)).unwrap()];
                    disk.fail_next(step, ErrorKind::Other);
                }
                under_way = changes(&mut random);
                // Now and then it ends while the disk still fails.
                let tries = 1 + random.below(12);
                if (0..tries).all(|_| rig.save(std::slice::from_ref(&under_way))[0].is_err()) {
                    break;
                }
                apply(&mut saved, &std::mem::take(&mut under_way));
            }
            if random.below(4) == 0 {
                rig.driver.close();
            }
            if random.below(2) == 0 {
                disk.restart_after_power_loss();
            } else {
                disk.restart_after_kill();
            }
            let found = Rig::open(&disk).unwrap_or_else(|error| panic!("seed {seed}, life {life}: {error}")).records();
            if found != saved {
                apply(&mut saved, &under_way);
                assert_eq!(found, saved, "seed {seed}, life {life}");
            }
            disk.restart_after_kill();
        }
    }
}

#[test]
fn failures_anywhere_leave_nothing_half_done() {
    let steps = [DiskStep::Open, DiskStep::Read, DiskStep::Write, DiskStep::Length, DiskStep::Sync, DiskStep::Name];
    for seed in 0..300 {
        let disk = SimulatedDisk::seeded(seed);
        let mut random = Random::seeded(seed);
        let mut rig = Rig::open(&disk).unwrap();
        let mut saved = Records::new();
        for _ in 0..15 {
            for _ in 0..random.below(3) {
                let step = steps[usize::try_from(random.below(steps.len() as u64)).unwrap()];
                disk.fail_next(step, ErrorKind::Other);
            }
            let group = [changes(&mut random)];
            let mut tries = 0;
            while rig.save(&group).remove(0).is_err() {
                tries += 1;
                assert!(tries < 100, "seed {seed}: it goes on by itself");
            }
            apply(&mut saved, &group[0]);
        }
        disk.restart_after_power_loss();
        assert_eq!(Rig::open(&disk).unwrap().records(), saved, "seed {seed}");
    }
}

#[test]
fn a_full_disk_takes_no_more_until_there_is_room_and_loses_nothing() {
    let disk = SimulatedDisk::seeded(1);
    let mut rig = Rig::open(&disk).unwrap();
    disk.set_capacity(400_000);
    let mut saved = 0;
    let error = loop {
        match rig.save(&[put(&format!("{saved:03}"), vec![1; 20_000])]).remove(0) {
            Ok(()) => saved += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), StoreErrorKind::Full, "{error}");
    assert!(saved > 3);
    assert_eq!(rig.load(Space::Key).unwrap().len(), saved, "it still reads");
    assert!(rig.save(&[put("more", vec![1; 200_000])])[0].is_err());

    disk.set_capacity(u64::MAX);
    rig.save(&[put("more", vec![1; 200_000])])[0].clone().unwrap();
    assert_eq!(rig.load(Space::Key).unwrap().len(), saved + 1);
}

#[test]
fn a_disk_that_is_read_only_for_a_while_is_written_when_it_no_longer_is() {
    let disk = SimulatedDisk::seeded(1);
    let mut rig = Rig::open(&disk).unwrap();
    rig.save(&[put("a", "1")])[0].clone().unwrap();
    disk.set_read_only(true);
    for _ in 0..3 {
        assert_eq!(rig.save(&[put("b", "2")])[0].clone().unwrap_err().kind(), StoreErrorKind::Denied);
    }
    disk.set_read_only(false);
    rig.save(&[put("c", "3")])[0].clone().unwrap();
    assert!(rig.load(Space::Key).unwrap().len() >= 2);

    disk.restart_after_kill();
    disk.set_read_only(true);
    assert_eq!(Rig::open(&disk).err().expect("it cannot be opened").kind(), StoreErrorKind::Denied);
}
