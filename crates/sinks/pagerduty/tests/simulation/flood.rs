//! Very much at once, and nothing that goes wrong.

use std::time::Duration;

use tidegate_testkit::Crash;

use crate::check;
use crate::guest::Guest;
use crate::life::Life;
use crate::pager::Pager;
use crate::world::{KINDS, Level, NODES, World};

/// So often everything that is watched falls ill or is well again, once a second.
const TURNS: usize = 600;

/// The statuses of PagerDuty's answers.
async fn flood() -> Result<Vec<u16>, String> {
    let mut world = World::new(1);
    world.store_faults.stop();
    world.services.faults.stop();
    let mut guest = Pager::new(1, world.clock);
    guest.mend();
    let model = guest.model().clone();
    world.guest = Some(Box::new(guest));
    world.life = Some(Life::begin(&mut world, Crash::never()));
    for turn in 0..TURNS {
        for node in 0..NODES {
            for kind in 0..KINDS.len() {
                world.say_level(node, kind, if turn % 2 == 0 { Level::Worse } else { Level::Good });
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    tokio::time::sleep(Duration::from_mins(2)).await;
    check::everything(&world).await?;
    Ok(model.requests().iter().map(|request| request.status).collect())
}

#[test]
fn a_flood_is_told_at_a_pace_that_pagerduty_does_not_mind() {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
    let statuses = runtime.block_on(flood()).unwrap_or_else(|what| panic!("{what}"));
    assert!(statuses.iter().all(|status| *status == 202), "{statuses:?}");
    assert!(statuses.len() > 900, "{} in ten minutes: a hundred a minute are possible", statuses.len());
}
