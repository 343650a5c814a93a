//! Very much at once, and nothing that goes wrong.

use std::time::Duration;

use tidegate_testkit::Crash;

use crate::check;
use crate::guest::Guest;
use crate::life::Life;
use crate::pager::Pager;
use crate::world::World;

const EVENTS: usize = 300;

/// The statuses of PagerDuty's answers after as many notifications, and then as many revisions of them.
async fn flood() -> Result<Vec<u16>, String> {
    let mut world = World::new(1);
    world.store_faults.stop();
    world.services.faults.stop();
    let mut guest = Pager::new(1, world.clock);
    guest.mend();
    let model = guest.model().clone();
    world.guest = Some(Box::new(guest));
    world.life = Some(Life::begin(&mut world, Crash::never()));
    for revision in 0..2 {
        for number in 0..EVENTS {
            world.say_notification(&format!("flood-{number}"), revision);
        }
        tokio::time::sleep(Duration::from_mins(5)).await;
    }
    check::everything(&world).await?;
    Ok(model.requests().iter().map(|request| request.status).collect())
}

#[test]
fn a_flood_is_told_at_a_pace_that_pagerduty_does_not_mind() {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
    let statuses = runtime.block_on(flood()).unwrap_or_else(|what| panic!("{what}"));
    assert_eq!(statuses, [202; 2 * EVENTS]);
}
