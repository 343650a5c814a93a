//! A loss of power at every step: what was said to be saved is there, and nothing else but what was under way.

use tidegate_base::Random;
use tidegate_store::Change;
use tidegate_store::disk::SimulatedDisk;

use crate::common::{Records, Rig, apply, changes};

/// What must be there, and what may be.
#[derive(Default)]
struct Truth {
    saved: Records,
    under_way: Vec<Vec<Change>>,
}

impl Truth {
    /// Takes what was found for the truth, if it can be.
    fn check(&mut self, found: Records, context: &str) {
        let mut candidate = self.saved.clone();
        let mut possible = candidate == found;
        for changes in self.under_way.drain(..) {
            apply(&mut candidate, &changes);
            possible |= candidate == found;
        }
        assert!(possible, "{context}: the records are not those that were saved");
        self.saved = found;
    }
}

/// How a life ends.
type End = fn(&SimulatedDisk);

/// One life: it opens, perhaps at the second try, is what was left, and saves, now and then several at once, until the
/// power goes or all is done.
fn live(disk: &SimulatedDisk, truth: &mut Truth, random: &mut Random, end: End, context: &str) {
    while random.below(2) == 0 {
        disk.lose_power_after(random.below(40));
        if Rig::open(disk).is_err() {
            assert!(disk.is_without_power(), "{context}: it opens while there is power");
        }
        end(disk);
    }
    let mut rig = Rig::open(disk).unwrap_or_else(|error| panic!("{context}: {error}"));
    truth.check(rig.records(), context);
    disk.lose_power_after(random.below(120));
    for _ in 0..random.below(12) {
        let group: Vec<_> = (0..=random.below(3)).map(|_| changes(random)).collect();
        let saved = rig.save(&group);
        assert!(saved.iter().all(|one| one.is_ok() == saved[0].is_ok()), "{context}: they share their fate");
        if saved[0].is_err() {
            assert!(disk.is_without_power(), "{context}: {:?}", saved[0]);
            truth.under_way.extend(group);
            break;
        }
        for changes in &group {
            apply(&mut truth.saved, changes);
        }
    }
    if random.below(2) == 0 {
        rig.driver.close();
    }
    end(disk);
}

fn lives(seeds: std::ops::Range<u64>, rounds: u32, end: End) {
    for seed in seeds {
        let disk = SimulatedDisk::seeded(seed);
        let mut random = Random::seeded(seed ^ 0x5eed);
        let mut truth = Truth::default();
        for round in 0..rounds {
            live(&disk, &mut truth, &mut random, end, &format!("seed {seed}, life {round}"));
        }
        let mut rig = Rig::open(&disk).expect("there is power");
        truth.check(rig.records(), &format!("seed {seed}, at the end"));
    }
}

#[test]
fn a_loss_of_power_in_any_life_costs_nothing_that_was_saved() {
    lives(0..50, 25, SimulatedDisk::restart_after_power_loss);
}

#[test]
fn a_killed_process_leaves_all_that_was_saved() {
    lives(0..20, 10, SimulatedDisk::restart_after_kill);
}

#[test]
fn each_step_of_the_first_saves_may_be_the_last() {
    let script = |disk: &SimulatedDisk, truth: &mut Truth| {
        let mut random = Random::seeded(7);
        let Ok(mut rig) = Rig::open(disk) else { return };
        for _ in 0..6 {
            let group = [changes(&mut random)];
            if rig.save(&group)[0].is_err() {
                truth.under_way.extend(group);
                return;
            }
            apply(&mut truth.saved, &group[0]);
        }
        rig.driver.close();
    };
    let whole = SimulatedDisk::seeded(0);
    script(&whole, &mut Truth::default());
    assert!(whole.steps() > 50, "{} steps", whole.steps());
    for last in 0..whole.steps() {
        for seed in 0..8 {
            let disk = SimulatedDisk::seeded(seed);
            let mut truth = Truth::default();
            disk.lose_power_after(last);
            script(&disk, &mut truth);
            disk.restart_after_power_loss();
            let mut rig = Rig::open(&disk).expect("there is power");
            truth.check(rig.records(), &format!("step {last}, seed {seed}"));
        }
    }
}
