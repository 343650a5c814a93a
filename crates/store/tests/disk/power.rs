//! The power goes at every step, in the middle of it, and again while the log is opened: each acknowledged append is
//! there, none is there in part, none is invented, and the order is kept.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tidegate_base::Random;
use tidegate_store::disk::{DiskStep, SimulatedDisk};
use tidegate_store::{DiskLogOptions, EventLog, Position, StoreError};

use super::common::{Driven, PLENTY, events, identity, mark};

type Pending<'a> = Pin<Box<dyn Future<Output = Result<Position, StoreError>> + Send + 'a>>;

/// What whoever appends knows.
#[derive(Default)]
struct Known {
    /// The number of events of each append that was tried.
    tried: BTreeMap<u64, u64>,
    /// Where each acknowledged one ended.
    acknowledged: BTreeMap<u64, Position>,
    released: Position,
    mark_tried: u64,
    mark_acknowledged: u64,
}

fn options(seed: u64) -> DiskLogOptions {
    DiskLogOptions::new().with_segment_bytes(2_048).with_cache_bytes(if seed.is_multiple_of(2) { 0 } else { 2_000 })
}

/// Appends, at times several at once, and releases, until the power goes or there were enough.
fn work(driven: &mut Driven, known: &mut Known, random: &mut Random, rounds: u64) {
    for _ in 0..rounds {
        let mut pending: Vec<(u64, u64, Pending<'_>)> = Vec::new();
        for _ in 0..=random.below(3) {
            let append = known.tried.keys().last().map_or(1, |last| last + 1);
            let large = random.one_in(24);
            let count = if large { 3 } else { random.below(4) };
            known.tried.insert(append, count);
            let bytes = if large { 40_000 } else { usize::try_from(random.below(700)).unwrap() };
            known.mark_tried += 1;
            let marked = known.mark_tried;
            let batch = events(append, count, bytes).with_marks(vec![mark(marked)]);
            pending.push((append, marked, driven.log.append(batch)));
            // Some arrive while the others are written.
            for _ in 0..random.below(3) {
                poll_all(&mut pending, known);
                driven.driver.turn();
            }
        }
        for _ in 0..20 {
            poll_all(&mut pending, known);
            driven.driver.turn();
        }
        drop(pending);
        if random.one_in(4) {
            let before = known.acknowledged.values().last().copied().unwrap_or_default();
            let before = Position::new(before.number().saturating_sub(random.below(12)));
            known.released = known.released.max(before);
            let _ = driven.release(before);
        }
    }
}

fn poll_all(pending: &mut Vec<(u64, u64, Pending<'_>)>, known: &mut Known) {
    let mut context = Context::from_waker(Waker::noop());
    pending.retain_mut(|(append, marked, future)| match future.as_mut().poll(&mut context) {
        Poll::Pending => true,
        Poll::Ready(Err(_)) => false,
        Poll::Ready(Ok(after)) => {
            known.acknowledged.insert(*append, after);
            known.mark_acknowledged = known.mark_acknowledged.max(*marked);
            false
        }
    });
}

fn check(driven: &mut Driven, known: &mut Known, max_bytes: usize) {
    let all = driven.read_all(Position::START, max_bytes).expect("all can be read");
    let first = all.events.first().map_or(all.next, |(at, _)| *at);
    let found: Vec<[u64; 3]> = all.events.iter().map(|(_, event)| identity(event)).collect();
    assert!(found.is_sorted_by(|one, next| one < next), "in order, each once: {found:?}");
    for [append, index, count] in &found {
        assert_eq!(known.tried.get(append), Some(count), "append {append} was tried");
        let after = found.contains(&[*append, index + 1, *count]);
        assert!(index + 1 == *count || after, "append {append} has {index} and not what follows");
        let before = *index == 0 || found.contains(&[*append, index - 1, *count]);
        let at = all.events[found.iter().position(|found| *found == [*append, *index, *count]).unwrap()].0;
        assert!(before || at == first, "append {append} has {index} and not what comes before");
    }
    for (append, after) in &known.acknowledged {
        let count = known.tried[append];
        for index in (0..count).filter(|index| after.number() - count + index >= known.released.number()) {
            let at = Position::new(after.number() - count + index);
            let stands = all.events.iter().find(|(position, _)| *position == at).map(|(_, event)| identity(event));
            assert_eq!(stands, Some([*append, index, count]), "what was acknowledged is there, at {at}");
        }
    }
    let marked = driven.marked();
    assert!((known.mark_acknowledged..=known.mark_tried).contains(&marked), "{marked}");
    known.mark_acknowledged = marked;
    let numbers = all.next.number().max(1) - 1;
    assert_eq!(all.lost, numbers - all.events.len() as u64, "what is not there is told");
    // What is there now stays there: a reader may have seen it.
    let mut counts: BTreeMap<u64, Position> = BTreeMap::new();
    for (at, event) in &all.events {
        let [append, index, count] = identity(event);
        if index + 1 == count {
            counts.insert(append, Position::new(at.number() + 1));
        }
    }
    known.acknowledged.append(&mut counts);
}

/// One life after another, each until it is killed or loses power after so many steps. `ends` says whether it is killed.
fn lives(seed: u64, lives: &[u64], ends: fn(&mut Random) -> bool, faulty: bool) {
    let disk = SimulatedDisk::seeded(seed);
    let mut random = Random::seeded(seed);
    let mut known = Known::default();
    let max_bytes = [1, 2_000, PLENTY][usize::try_from(seed % 3).unwrap()];
    for steps in lives {
        disk.lose_power_after(*steps);
        if faulty {
            (0..random.below(3))
                .for_each(|_| disk.fail_next(STEPS[usize::try_from(random.below(6)).unwrap()], ErrorKind::Other));
        }
        match Driven::open(&disk, &options(seed)) {
            Ok(mut driven) => {
                if !disk.is_without_power() {
                    work(&mut driven, &mut known, &mut random, 6);
                }
            }
            Err(error) => assert!(faulty || disk.is_without_power(), "it opens: {error}"),
        }
        if ends(&mut random) {
            disk.restart_after_kill();
        } else {
            disk.restart_after_power_loss();
        }
        let mut driven = Driven::open(&disk, &options(seed)).expect("it opens");
        check(&mut driven, &mut known, max_bytes);
        if random.one_in(2) {
            driven.close();
        }
        disk.restart_after_kill();
    }
}

const STEPS: [DiskStep; 6] =
    [DiskStep::Read, DiskStep::Write, DiskStep::Length, DiskStep::Sync, DiskStep::Name, DiskStep::SyncNames];

/// Of a short life all steps are tried, and that for many of them.
#[test]
fn an_acknowledged_append_survives_a_loss_of_power_at_every_step() {
    let mut points = 0;
    for seed in 0..60 {
        let mut steps = 0;
        while steps < 90 {
            lives(seed, &[steps], |_| false, false);
            points += 1;
            steps += 1;
        }
    }
    assert!(points >= 5_000);
}

#[test]
fn it_survives_losses_of_power_and_kills_one_after_the_other() {
    for seed in 0..1_500 {
        let mut random = Random::seeded(seed ^ 0x5eed);
        let steps: Vec<u64> = (0..6).map(|_| random.below(70)).collect();
        lives(seed, &steps, |random| random.one_in(3), false);
    }
}

#[test]
fn it_survives_being_killed_at_any_step() {
    for seed in 0..1_000 {
        let mut random = Random::seeded(seed ^ 0x0bad);
        let steps: Vec<u64> = (0..4).map(|_| random.below(70)).collect();
        lives(seed, &steps, |_| true, false);
    }
}

#[test]
fn it_survives_a_disk_that_fails_and_loses_power() {
    for seed in 0..1_500 {
        let mut random = Random::seeded(seed ^ 0xfa17);
        let steps: Vec<u64> = (0..5).map(|_| random.below(120)).collect();
        lives(seed, &steps, |random| random.one_in(3), true);
    }
}
