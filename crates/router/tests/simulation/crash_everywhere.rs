//! One short schedule, crashed at each point that it passes, one after the other.

use std::time::Duration;

use tidegate_testkit::Crash;

use crate::check;
use crate::life::Life;
use crate::world::{Level, World};

/// An issue opens, gets worse and closes, another opens; a notification is revised; logs come.
pub(crate) async fn story(world: &mut World) {
    let hold = Duration::from_secs(7);
    world.say_level(0, 0, Level::Bad);
    tokio::time::sleep(hold).await;
    world.say_notification("a", 0);
    world.say_logs(5);
    world.say_level(0, 0, Level::Worse);
    tokio::time::sleep(hold).await;
    world.say_level(0, 0, Level::Good);
    world.say_level(3, 0, Level::Worse);
    world.say_notification("a", 1);
    tokio::time::sleep(hold).await;
    world.say_logs(2);
    world.say_level(0, 0, Level::Bad);
    tokio::time::sleep(Duration::from_secs(40)).await;
}

/// The number of points passed where none is left to crash at.
async fn crash_at(point: u64, seed: u64) -> Result<Option<u64>, String> {
    let mut world = World::new(seed);
    world.store_faults.stop();
    world.services.faults.stop();
    if let Some(guest) = &mut world.guest {
        guest.mend();
    }
    world.life = Some(Life::begin(&mut world, Crash::at(point)));
    story(&mut world).await;
    let Some(life) = world.life.take() else { return Err("nothing runs".to_owned()) };
    let passed = (!life.crash.is_tripped()).then(|| life.crash.points());
    life.crash().await;
    world.life = Some(Life::begin(&mut world, Crash::never()));
    tokio::time::sleep(Duration::from_mins(10)).await;
    let checked = check::everything(&world).await;
    checked.map(|()| passed).map_err(|what| format!("{}\ncrash at point {point}: {what}", world.trace.join("\n")))
}

#[test]
fn a_crash_at_any_point_breaks_no_promise() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().start_paused(true);
        builder.build().expect("a runtime")
    };
    let mut point = 1;
    loop {
        let passed = runtime().block_on(crash_at(point, point)).unwrap_or_else(|failure| panic!("{failure}"));
        if let Some(passed) = passed {
            assert!(passed > 100, "a story of {passed} points is too short to prove anything");
            println!("crashed at each of {} points", point - 1);
            return;
        }
        point += 1;
    }
}
