//! What happens, and when: all that is invented stands here. Times are seconds of the story.
//!
//! The figures keep clear of the limits of the standard detectors but where they pass them, so that the jitter beside
//! them opens and closes nothing twice. What the nodes make of each other is the simulated cluster's to say.

use std::time::Duration;

use tidegate_event::Name;

use crate::curve::Curve;
use crate::progress::Scene;

/// How long it is. The last issue, that of the memory, closes some 70 s before.
pub(crate) const LENGTH: u32 = 900;
/// The same as a duration.
pub(crate) const STORY: Duration = Duration::from_secs(LENGTH as u64);
/// How often the figures of the machines change.
pub(crate) const CHANGED_EACH: u32 = 10;
/// From one reading of a node's metrics to the next, as the KurrentDB source has it by default.
pub(crate) const MEASURED_EACH: u32 = 15;
/// The same for rounds of gossip, and how long after a bad one it is confirmed.
pub(crate) const ASKED_EACH: u32 = 30;
pub(crate) const CONFIRMED_AFTER: u32 = 6;

/// When a larger volume cannot be had.
pub(crate) const REFUSED_AT: u32 = 500;
/// When node 3 is cut off, and when it is not any more.
pub(crate) const CUT_OFF: u32 = 680;
pub(crate) const HEALED: u32 = 770;
/// When node 3 has caught up, more or less.
const CAUGHT_UP: u32 = 810;
/// How much is written, in bytes a second: so much that node 3 needs a while to catch up.
pub(crate) const WRITTEN_EACH_SECOND: f64 = 20e6;

/// What a node is, and what becomes of it.
#[derive(Debug)]
pub(crate) struct Plot {
    /// How many tasks want to run; the load averages follow it.
    pub(crate) tasks: Curve,
    /// The used share of its memory.
    pub(crate) memory: Curve,
    /// The used share of its volume of data.
    pub(crate) data: Curve,
}

/// Node 1 leads. Its load rises; the disk of node 2 fills; the memory of node 3 grows.
pub(crate) const PLOTS: [Plot; 3] = [
    Plot {
        tasks: Curve(&[(30, 1.9), (40, 11.0), (210, 11.0), (220, 2.1)]),
        memory: Curve(&[(0, 0.71), (900, 0.73)]),
        data: Curve(&[(0, 0.612), (900, 0.624)]),
    },
    Plot {
        tasks: Curve(&[(0, 1.4), (400, 1.8), (900, 1.3)]),
        memory: Curve(&[(0, 0.66), (900, 0.67)]),
        // 2.5 % a minute; then more slowly, as less is let in; then half a year of backups is removed.
        data: Curve(&[(30, 0.74), (486, 0.93), (590, 0.943), (600, 0.713), (900, 0.718)]),
    },
    Plot {
        tasks: Curve(&[(0, 1.2), (900, 1.5)]),
        memory: Curve(&[(210, 0.68), (360, 0.935), (510, 0.938), (550, 0.73)]),
        data: Curve(&[(0, 0.598), (900, 0.609)]),
    },
];

/// What people are shown meanwhile, of nodes of these names.
pub(crate) fn scenes([one, two, three]: &[Name; 3]) -> Vec<Scene> {
    let scene = |(second, title): (u32, String)| Scene { at: Duration::from_secs(second.into()), title: title.into() };
    let scenes = [
        (0, "All three nodes are well".to_owned()),
        (40, format!("The load of {one} rises")),
        (130, format!("The disk of {two} fills")),
        (220, format!("The load of {one} falls, and must stay low for 5 minutes")),
        (310, format!("The memory of {three} fills")),
        (400, format!("The disk of {two} is almost full")),
        (REFUSED_AT, format!("A larger volume for {two} is not to be had")),
        (520, format!("The memory of {three} is freed, and must stay so for 5 minutes")),
        (600, format!("Old backups are removed from the disk of {two}")),
        (CUT_OFF, format!("The network cuts {three} off")),
        (HEALED, "The network is whole again".to_owned()),
        (CAUGHT_UP, "All three nodes are well again".to_owned()),
    ];
    scenes.into_iter().map(scene).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_that_fills_never_shrinks_before_it_is_cleaned() {
        let slope = |second| PLOTS[1].data.at(second + MEASURED_EACH) - PLOTS[1].data.at(second);
        let filling = (30..575).step_by(15).map(slope);
        assert!(filling.into_iter().all(|rise| rise > 2.0 * crate::stage::DATA_JITTER), "it would flap at a limit");
    }

    #[test]
    fn scenes_are_in_order_and_within_the_story() {
        let scenes = scenes(&["a", "b", "c"].map(Name::from));
        let times: Vec<u64> = scenes.iter().map(|scene| scene.at.as_secs()).collect();
        assert!(times.is_sorted() && times[0] == 0 && times.iter().all(|second| *second < LENGTH.into()), "{times:?}");
    }
}
