use tidegate_sink::SinkErrorKind::{
    Gone, Misconfigured, Throttled, Unauthorized, Unavailable, Unconfirmed, Unreachable,
};

use super::*;
use crate::lane::fixture::{at, failure, gate, ms};

fn slow() -> Profile {
    Profile::new("ops")
}

fn throttled(seconds: u64) -> SinkError {
    failure(Throttled).with_retry_after(Duration::from_secs(seconds))
}

/// A delivery that starts and fails at `now`.
fn fail(gate: &mut Gate, error: &SinkError, now: DateTime<Utc>) {
    gate.started(now);
    gate.ended();
    gate.failed(error, now);
}

fn paused(kind: SinkErrorKind) -> Gate {
    let mut gate = gate(&slow());
    fail(&mut gate, &failure(kind), at(0));
    gate
}

#[test]
fn no_more_calls_than_the_profile_allows_are_under_way() {
    let mut gate = gate(&slow().with_concurrency(2));
    gate.started(at(0));
    assert_eq!(gate.admission(at(0)), Admission::Open);
    gate.started(at(0));
    assert_eq!((gate.admission(at(9)), gate.in_flight()), (Admission::Closed, 2));
    gate.ended();
    assert_eq!((gate.admission(at(9)), gate.in_flight()), (Admission::Open, 1));
}

#[test]
fn a_full_bucket_gives_a_burst_and_then_fills_evenly() {
    let mut gate = gate(&slow().with_concurrency(100).with_rate(Rate::new(4, Duration::from_mins(1))));
    for _ in 0..4 {
        assert_eq!(gate.admission(at(0)), Admission::Open);
        gate.started(at(0));
    }
    let Admission::Until(next) = gate.admission(at(0)) else { panic!("the bucket is empty") };
    assert!((at(15)..=ms(15_001)).contains(&next), "{next}");
    assert!(matches!(gate.admission(ms(14_990)), Admission::Until(_)));
    assert_eq!(gate.admission(next), Admission::Open, "what it was told to wait for is there");
    gate.started(next);
    assert!(matches!(gate.admission(next), Admission::Until(_)), "one token every 15 s");
}

#[test]
fn a_bucket_never_holds_more_than_its_burst_and_survives_a_clock_set_back() {
    let mut gate = gate(&slow().with_concurrency(100).with_rate(Rate::new(2, Duration::from_secs(1))));
    assert_eq!(gate.admission(at(0)), Admission::Open);
    let mut started = 0;
    while gate.admission(at(86_400)) == Admission::Open {
        gate.started(at(86_400));
        started += 1;
    }
    assert_eq!(started, 2);
    assert!(matches!(gate.admission(at(0)), Admission::Until(_)));
    assert_eq!(gate.admission(at(1)), Admission::Open, "it goes on from the time that is told now");
}

#[test]
fn the_wait_is_anywhere_below_a_ceiling_that_doubles_from_1_s_to_5_min() {
    let mut gate = gate(&slow());
    for (failures, ceiling) in
        [(1, 1), (2, 2), (3, 4), (4, 8), (9, 256), (10, 300), (11, 300), (40, 300), (u32::MAX, 300)]
    {
        let ceiling = Duration::from_secs(ceiling);
        let waits: Vec<Duration> = (0..400).map(|_| gate.wait(failures)).collect();
        assert!(waits.iter().all(|wait| *wait <= ceiling), "failure {failures}");
        assert!(waits.iter().any(|wait| *wait < ceiling / 10), "failure {failures}: the jitter is full");
        assert!(waits.iter().any(|wait| *wait > ceiling * 9 / 10), "failure {failures}: up to {ceiling:?}");
    }
}

#[test]
fn each_failure_holds_the_gate_and_an_answer_begins_the_ceiling_anew() {
    let mut gate = gate(&slow());
    let mut now = at(0);
    for _ in 0..12 {
        fail(&mut gate, &failure(Unreachable), now);
        if let Admission::Until(until) = gate.admission(now) {
            now = until;
        }
        assert_eq!(gate.admission(now), Admission::Open);
    }
    gate.answered();
    fail(&mut gate, &failure(Unreachable), now);
    assert_eq!(gate.admission(now + TimeDelta::seconds(1)), Admission::Open, "the first wait is below a second again");
}

#[test]
fn a_retry_after_holds_the_whole_gate_to_the_second() {
    let mut gate = gate(&slow().with_concurrency(4));
    gate.started(at(0));
    fail(&mut gate, &throttled(37), at(0));
    assert_eq!(gate.admission(at(0)), Admission::Until(at(37)));
    gate.ended();
    gate.answered();
    assert_eq!(gate.admission(ms(36_999)), Admission::Until(at(37)), "an answer to an earlier call does not end it");
    assert_eq!(gate.admission(at(37)), Admission::Open);
}

#[test]
fn a_shorter_wait_does_not_cut_a_longer_one_and_an_absurd_one_is_cut_to_a_day() {
    let mut gate = gate(&slow());
    fail(&mut gate, &throttled(60), at(0));
    fail(&mut gate, &throttled(1), at(10));
    assert_eq!(gate.admission(at(10)), Admission::Until(at(60)));
    fail(&mut gate, &throttled(80_000), at(60));
    assert_eq!(gate.admission(at(60)), Admission::Until(at(60 + 80_000)));
    fail(&mut gate, &throttled(1_000_000), at(60));
    assert_eq!(gate.admission(at(60)), Admission::Until(at(60 + 86_400)));
}

#[test]
fn a_retry_after_of_nothing_is_no_leave_to_try_without_end() {
    let mut gate = gate(&slow());
    fail(&mut gate, &throttled(0), at(0));
    assert!(matches!(gate.admission(at(0)), Admission::Until(until) if until <= at(1)));
}

#[test]
fn what_is_wrong_with_the_key_pauses_and_is_tried_with_one_item_once_a_minute() {
    for kind in [Unauthorized, Misconfigured] {
        let mut gate = paused(kind);
        assert_eq!(gate.health(), Health::Paused { since: at(0), why: format!("the service ({kind})") });
        assert_eq!(gate.admission(ms(59_999)), Admission::Until(at(60)));
        assert_eq!(gate.admission(at(75)), Admission::HalfOpen);
        gate.started(at(75));
        assert_eq!(gate.admission(at(200)), Admission::Closed, "one at a time");
        gate.ended();
        gate.failed(&failure(kind), at(76));
        assert_eq!(gate.admission(at(76)), Admission::Until(at(136)));
        assert_eq!(gate.health(), Health::Paused { since: at(0), why: format!("the service ({kind})") });
    }
}

#[test]
fn a_retry_after_holds_a_paused_gate_too() {
    let mut gate = gate(&slow());
    fail(&mut gate, &throttled(90), at(0));
    fail(&mut gate, &failure(Unauthorized), at(1));
    assert_eq!(gate.admission(at(61)), Admission::Until(at(90)));
    assert_eq!(gate.admission(at(90)), Admission::HalfOpen);
}

#[test]
fn an_answer_that_is_not_about_the_key_ends_the_pause() {
    for kind in [Throttled, Unavailable] {
        let mut gate = paused(Unauthorized);
        fail(&mut gate, &failure(kind), at(60));
        assert!(matches!(gate.health(), Health::Failing { .. }), "{kind}");
        assert_eq!(gate.admission(at(62)), Admission::Open, "{kind}");
    }
    let mut gate = paused(Unauthorized);
    gate.started(at(60));
    gate.ended();
    assert!(gate.answered(), "that was an outage");
    assert_eq!((gate.health(), gate.admission(at(60))), (Health::Working, Admission::Open));
}

#[test]
fn no_answer_does_not_end_the_pause() {
    for kind in [Unreachable, Unconfirmed] {
        let mut gate = paused(Unauthorized);
        fail(&mut gate, &failure(kind), at(60));
        assert!(matches!(gate.health(), Health::Paused { .. }), "{kind}");
        assert_eq!(gate.admission(at(100)), Admission::Until(at(120)), "{kind}");
        assert_eq!(gate.admission(at(120)), Admission::HalfOpen, "{kind}");
    }
}

#[test]
fn gone_is_for_good_whatever_calls_that_were_under_way_bring() {
    let mut gate = gate(&slow().with_concurrency(9));
    for _ in 0..5 {
        gate.started(at(0));
    }
    gate.ended();
    gate.failed(&failure(Gone), at(1));
    let stopped = Health::Stopped { since: at(1), why: "the service (gone)".to_owned() };
    for late in [Throttled, Unavailable, Unauthorized, Unreachable] {
        gate.ended();
        gate.failed(&failure(late), at(2));
        assert_eq!(gate.health(), stopped, "{late}");
    }
    gate.answered();
    assert_eq!((gate.health(), gate.admission(at(1_000_000))), (stopped, Admission::Closed));
}

#[test]
fn a_gate_is_unavailable_after_five_minutes_of_failures_and_at_once_when_paused() {
    let mut failing = gate(&slow());
    fail(&mut failing, &failure(Unavailable), at(10));
    fail(&mut failing, &failure(Unreachable), at(200));
    assert!(!failing.is_unavailable(at(309)));
    assert!(failing.is_unavailable(at(310)));
    assert_eq!(failing.health(), Health::Failing { since: at(10), why: "the service (unreachable)".to_owned() });
    failing.answered();
    assert!(!failing.is_unavailable(at(310)));

    assert!(paused(Misconfigured).is_unavailable(at(0)));
    assert!(paused(Gone).is_unavailable(at(0)));
}

#[test]
fn one_slip_between_two_answers_is_no_outage() {
    let mut gate = gate(&slow());
    assert!(!gate.answered());
    fail(&mut gate, &failure(Unreachable), at(0));
    assert!(!gate.answered());
    fail(&mut gate, &failure(Unreachable), at(0));
    fail(&mut gate, &failure(Unreachable), at(1));
    assert!(gate.answered());
}

#[test]
fn nothing_starts_once_it_leaves() {
    let mut gate = gate(&slow());
    gate.leave();
    assert_eq!(gate.admission(at(0)), Admission::Closed);
    let mut gate = paused(Unauthorized);
    gate.leave();
    assert_eq!(gate.admission(at(60)), Admission::Closed);
}

#[test]
fn what_the_service_minds_in_one_item_holds_nobody_and_shows_until_it_takes_another() {
    let mut gate = gate(&slow());
    fail(&mut gate, &failure(Unavailable).of_item(), at(0));
    assert_eq!(gate.admission(at(0)), Admission::Open);
    assert!(matches!(gate.health(), Health::Failing { .. }));
    assert!(!gate.is_unavailable(at(299)) && gate.is_unavailable(at(300)), "nothing shows that it takes anything");
    gate.answered();
    assert_eq!(gate.health(), Health::Working);
    let mut paused = paused(Unauthorized);
    fail(&mut paused, &failure(Unavailable).of_item(), at(60));
    assert_eq!(paused.admission(at(60)), Admission::Open, "the key is good");
}

#[test]
fn a_probe_that_is_blind_to_credentials_ends_no_pause_for_them() {
    for (kind, proves, ends) in [(Unauthorized, false, false), (Unauthorized, true, true), (Misconfigured, false, true)]
    {
        let mut gate = paused(kind);
        let probe = if proves { Probe::new() } else { Probe::new().blind_to_credentials() };
        gate.probed_well(&probe);
        assert_eq!(gate.health() == Health::Working, ends, "{kind}, proves: {proves}");
    }
    let mut away = gate(&slow());
    fail(&mut away, &failure(Unreachable), at(0));
    away.probed_well(&Probe::new().blind_to_credentials());
    assert_eq!(away.health(), Health::Working);
}
