//! Very much at once, and nothing that goes wrong.

use std::time::Duration;

use tidegate_testkit::Crash;

use crate::check;
use crate::guest::Guest;
use crate::life::Life;
use crate::slack::{SlackGuest, Way};
use crate::world::World;

const MESSAGES: usize = 150;

/// The methods that Slack refused, after as many posts and then as many edits.
async fn flood(way: Way) -> Result<Vec<String>, String> {
    let mut world = World::new(1);
    world.store_faults.stop();
    world.services.faults.stop();
    let mut guest = SlackGuest::speaking(way, 1, world.clock);
    guest.mend();
    let slack = guest.slack().clone();
    world.guest = Some(Box::new(guest));
    world.life = Some(Life::begin(&mut world, Crash::never()));
    for revision in 0..2 {
        for number in 0..MESSAGES {
            world.say_notification(&format!("flood-{number}"), revision);
        }
        tokio::time::sleep(Duration::from_mins(5)).await;
    }
    check::everything(&world).await?;
    let requests = slack.requests();
    let refused: Vec<String> =
        requests.iter().filter(|request| request.error.is_some()).map(|request| request.method.clone()).collect();
    let done = requests.len() - refused.len();
    if done == 2 * MESSAGES { Ok(refused) } else { Err(format!("{done} requests: more than a post and an edit each")) }
}

pub(crate) fn run(way: Way) -> Result<Vec<String>, String> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().expect("a runtime").block_on(flood(way))
}

#[test]
fn a_flood_is_told_at_a_pace_that_slack_does_not_mind() {
    for way in [Way::Bot, Way::Webhook] {
        let refused = run(way).unwrap_or_else(|what| panic!("{way:?}: {what}"));
        assert_eq!(refused, [""; 0], "{way:?}");
    }
}
