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

/// One life: opens, saves now and then several at once, until the power goes or all is done.
fn live(disk: &SimulatedDisk, truth: &mut Truth, random: &mut Random, saves: usize, context: &str) {
    let Ok(mut rig) = Rig::open(disk) else {
        assert!(disk.is_without_power(), "{context}: it opens while there is power");
        return;
    };
    if !disk.is_without_power() && random.below(2) == 0 {
        let mut spaces = Records::new();
        for space in tidegate_store::Space::ALL {
            let Ok(records) = rig.load(space) else { return };
            spaces.extend(records.into_iter().map(|(key, value)| ((space, key), value)));
        }
        truth.check(spaces, context);
    }
    for _ in 0..saves {
        let group: Vec<_> = (0..=random.below(3)).map(|_| changes(random)).collect();
        let saved = rig.save(&group);
        assert!(saved.iter().all(|one| one.is_ok() == saved[0].is_ok()), "{context}: they share their fate");
        if saved[0].is_err() {
            assert!(disk.is_without_power(), "{context}: {:?}", saved[0]);
            truth.under_way.extend(group);
            return;
        }
        // What had been under way before is overwritten or was there: it is settled by a look.
        if !truth.under_way.is_empty() {
            let found = rig.records_before(truth, &group);
            assert!(found, "{context}: the records are not those that were saved");
        }
        group.iter().for_each(|changes| apply(&mut truth.saved, changes));
    }
    if random.below(2) == 0 {
        rig.driver.close();
    }
}

impl Rig {
    /// Whether what is there is what must be with `group` upon it, whichever part of what was under way is there; that
    /// part is the truth then.
    fn records_before(&mut self, truth: &mut Truth, group: &[Vec<Change>]) -> bool {
        let found = self.records();
        let under_way = std::mem::take(&mut truth.under_way);
        let mut before = truth.saved.clone();
        let mut candidates = vec![before.clone()];
        for changes in &under_way {
            apply(&mut before, changes);
            candidates.push(before.clone());
        }
        let fits = |candidate: &Records| {
            let mut after = candidate.clone();
            group.iter().for_each(|changes| apply(&mut after, changes));
            after == found
        };
        let fitting = candidates.into_iter().find(fits);
        let fits = fitting.is_some();
        truth.saved = fitting.unwrap_or_default();
        fits
    }
}

#[test]
fn a_loss_of_power_at_any_step_of_any_life_costs_nothing_that_was_saved() {
    let mut points = 0;
    for seed in 0..40 {
        let disk = SimulatedDisk::seeded(seed);
        let mut random = Random::seeded(seed ^ 0x5eed);
        let mut truth = Truth::default();
        for round in 0..25 {
            let context = format!("seed {seed}, life {round}");
            disk.lose_power_after(random.below(120));
            live(&disk, &mut truth, &mut random, 12, &context);
            points += 1;
            disk.restart_after_power_loss();
        }
        let mut rig = Rig::open(&disk).expect("there is power");
        truth.check(rig.records(), &format!("seed {seed}, at the end"));
    }
    assert_eq!(points, 1_000);
}

#[test]
fn each_step_of_the_first_saves_may_be_the_last() {
    let script = |disk: &SimulatedDisk, truth: &mut Truth| {
        let mut random = Random::seeded(7);
        let Ok(mut rig) = Rig::open(disk) else { return };
        for _ in 0..6 {
            let group = [changes(&mut random)];
            match rig.save(&group).remove(0) {
                Ok(()) => apply(&mut truth.saved, &group[0]),
                Err(_) => {
                    truth.under_way.extend(group);
                    return;
                }
            }
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

#[test]
fn a_killed_process_leaves_all_that_was_saved() {
    for seed in 0..20 {
        let disk = SimulatedDisk::seeded(seed);
        let mut random = Random::seeded(seed);
        let mut truth = Truth::default();
        for round in 0..10 {
            disk.lose_power_after(random.below(100));
            live(&disk, &mut truth, &mut random, 10, &format!("seed {seed}, life {round}"));
            disk.restart_after_kill();
        }
        let mut rig = Rig::open(&disk).expect("there is power");
        truth.check(rig.records(), &format!("seed {seed}"));
    }
}
