//! What happens, and when: all that is invented stands here. Times are seconds of the story.
//!
//! The figures keep clear of the limits of the standard detectors but where they pass them, so that the jitter beside
//! them opens and closes nothing twice.

use std::time::Duration;

use crate::curve::Curve;
use crate::progress::Scene;

/// How long it is. The last issue, that of the memory, closes some 70 s before.
pub(crate) const LENGTH: u32 = 900;
/// From one measurement to the next: what the host source does.
pub(crate) const MEASURED_EACH: u32 = 10;
/// From one round of gossip to the next.
pub(crate) const ASKED_EACH: u32 = 30;
/// How long after the first bad round the confirming one follows.
const CONFIRMED_AFTER: u32 = 6;

/// When a larger volume cannot be had.
const REFUSED_AT: u32 = 500;
/// When node 3 is cut off, and when it is not any more.
const CUT_OFF: u32 = 680;
const HEALED: u32 = 770;
/// When node 3 has caught up.
const CAUGHT_UP: u32 = 800;

/// What a node is, and what becomes of it.
#[derive(Debug)]
pub(crate) struct Plot {
    pub(crate) name: &'static str,
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
        name: "10.0.0.1:2113",
        tasks: Curve(&[(30, 1.9), (40, 11.0), (210, 11.0), (220, 2.1)]),
        memory: Curve(&[(0, 0.71), (900, 0.73)]),
        data: Curve(&[(0, 0.612), (900, 0.624)]),
    },
    Plot {
        name: "10.0.0.2:2113",
        tasks: Curve(&[(0, 1.4), (400, 1.8), (900, 1.3)]),
        memory: Curve(&[(0, 0.66), (900, 0.67)]),
        // 2.5 % a minute; then more slowly, as less is let in; then half a year of backups is removed.
        data: Curve(&[(30, 0.74), (486, 0.93), (590, 0.943), (600, 0.713), (900, 0.718)]),
    },
    Plot {
        name: "10.0.0.3:2113",
        tasks: Curve(&[(0, 1.2), (900, 1.5)]),
        memory: Curve(&[(210, 0.68), (360, 0.935), (510, 0.938), (550, 0.73)]),
        data: Curve(&[(0, 0.598), (900, 0.609)]),
    },
];

/// How the nodes see each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Network {
    /// All see the same.
    Whole,
    /// Node 3 is cut off.
    Split,
    /// All see the same: that node 3 has yet to catch up.
    CatchingUp,
}

impl Network {
    pub(crate) fn at(second: u32) -> Self {
        match second {
            CUT_OFF..HEALED => Self::Split,
            HEALED..CAUGHT_UP => Self::CatchingUp,
            _ => Self::Whole,
        }
    }
}

/// A moment at which something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) second: u32,
    pub(crate) measured: bool,
    pub(crate) asked: bool,
    pub(crate) refused: bool,
}

/// All of them, in order.
pub(crate) fn steps() -> Vec<Step> {
    let confirmed = CUT_OFF.next_multiple_of(ASKED_EACH) + CONFIRMED_AFTER;
    let step = move |second: u32| Step {
        second,
        measured: second.is_multiple_of(MEASURED_EACH),
        asked: second.is_multiple_of(ASKED_EACH) || second == confirmed,
        refused: second == REFUSED_AT,
    };
    (0..=LENGTH).map(step).filter(|step| step.measured || step.asked || step.refused).collect()
}

/// What people are shown meanwhile.
pub(crate) fn scenes() -> Vec<Scene> {
    let scene = |(second, title): (u32, _)| Scene { at: Duration::from_secs(second.into()), title };
    let scenes = [
        (0, "All three nodes are well"),
        (40, "The load of 10.0.0.1:2113 rises"),
        (130, "The disk of 10.0.0.2:2113 fills"),
        (220, "The load of 10.0.0.1:2113 falls, and must stay low for 5 minutes"),
        (310, "The memory of 10.0.0.3:2113 fills"),
        (400, "The disk of 10.0.0.2:2113 is almost full"),
        (REFUSED_AT, "A larger volume for 10.0.0.2:2113 is not to be had"),
        (520, "The memory of 10.0.0.3:2113 is freed, and must stay so for 5 minutes"),
        (600, "Old backups are removed from the disk of 10.0.0.2:2113"),
        (CUT_OFF, "The network cuts 10.0.0.3:2113 off"),
        (HEALED, "The network is whole again"),
        (CAUGHT_UP, "All three nodes are well again"),
    ];
    scenes.into_iter().map(scene).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_round_is_confirmed_once_six_seconds_later() {
        let bad = steps().into_iter().filter(|step| step.asked && Network::at(step.second) == Network::Split);
        assert_eq!(bad.map(|step| step.second).collect::<Vec<_>>(), [690, 696, 720, 750]);
    }

    #[test]
    fn the_disk_that_fills_never_shrinks_before_it_is_cleaned() {
        let slope = |second| PLOTS[1].data.at(second + MEASURED_EACH) - PLOTS[1].data.at(second);
        let filling = (30..590).step_by(10).map(slope);
        assert!(filling.into_iter().all(|rise| rise > 2.0 * crate::node::DATA_JITTER), "it would flap at a limit");
    }

    #[test]
    fn scenes_are_in_order_and_within_the_story() {
        let times: Vec<u64> = scenes().iter().map(|scene| scene.at.as_secs()).collect();
        assert!(times.is_sorted() && times[0] == 0 && times.iter().all(|second| *second < LENGTH.into()), "{times:?}");
    }
}
