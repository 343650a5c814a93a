//! The short story of `crash_everywhere`, with the end of the process in each step at the files, one after the other.

use std::time::Duration;

use tidegate_testkit::Crash;

use super::machine::{End, Machine};
use super::stores::DiskStores;
use crate::check;
use crate::crash_everywhere::story;
use crate::life::Life;
use crate::world::World;

/// Whether there was such a step.
async fn fall_in(step: u64, end: End) -> Result<bool, String> {
    let mut machine: Option<Machine> = None;
    let mut world = World::over(step, |random| {
        let stores = DiskStores::new(random, None).falling_in(step, end);
        machine = Some(stores.machine().clone());
        Box::new(stores)
    });
    let machine = machine.ok_or("no stores were made")?;
    world.store_faults.stop();
    world.services.faults.stop();
    world.life = Some(Life::begin(&mut world, Crash::never()));
    story(&mut world).await;
    // One that falls as it opens the stores is started again at once.
    let fell = machine.is_down() || machine.processes() > 1;
    let Some(life) = world.life.take() else { return Err("nothing runs".to_owned()) };
    life.crash().await;
    world.life = Some(Life::begin(&mut world, Crash::never()));
    tokio::time::sleep(Duration::from_mins(10)).await;
    let checked = check::everything(&world).await;
    checked.map(|()| fell).map_err(|what| format!("{}\n{end:?} in step {step}: {what}", world.trace.join("\n")))
}

fn fall_everywhere(end: End) {
    for step in 1.. {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
        if !runtime.block_on(fall_in(step, end)).unwrap_or_else(|failure| panic!("{failure}")) {
            assert!(step > 200, "a story of {step} steps is too short to prove anything");
            println!("{end:?} in each of {} steps", step - 1);
            return;
        }
    }
}

#[test]
fn a_kill_in_any_step_at_the_files_breaks_no_promise() {
    fall_everywhere(End::Kill);
}

#[test]
fn a_loss_of_power_in_any_step_at_the_files_breaks_no_promise() {
    fall_everywhere(End::PowerLoss);
}
