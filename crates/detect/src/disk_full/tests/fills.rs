//! What opens it, how bad it is, and what closes it.

use super::*;

#[test]
fn what_fills_steadily_opens_once_the_line_is_half_as_long_as_what_is_left() {
    // 4 h are left at first: after 80 minutes 2 h 40 min are.
    assert_eq!(told(150, ramp), ["84 warning"]);
    // From the start less than an hour is left: after half an hour.
    assert_eq!(told(40, |minute| 70.0 + minute * 0.5), ["33 critical"]);
    assert_eq!(told(29, |minute| 70.0 + minute * 0.5), [""; 0], "half an hour is the least");
}

#[test]
fn what_fills_slowly_does_not_open() {
    assert_eq!(told(600, |minute| 60.0 + minute / 60.0), [""; 0], "40 h are left, then 30");
    // 2.4 % an hour: at 90.4 % 4 h are left.
    let slow = told(900, |minute| 60.0 + minute * 0.04);
    assert_eq!(slow, ["762 warning"]);
}

#[test]
fn an_hour_left_is_critical_and_more_is_not_any_more() {
    assert_eq!(told(216, ramp), ["84 warning", "183 critical"]);
    // At 95 % a little is removed, and it fills a third as fast.
    let slower = |minute: f64| if minute < 210.0 { ramp(minute) } else { 90.0 + (minute - 210.0) / 18.0 };
    assert_eq!(told(300, slower)[2..3], ["213 warning"]);
}

#[test]
fn less_than_half_full_does_not_open() {
    // 30 % an hour from 10 %: half full after 80 minutes.
    assert_eq!(told(80, |minute| 10.0 + minute * 0.5), [""; 0]);
    assert_eq!(told(100, |minute| 10.0 + minute * 0.5), ["81 warning"]);
}

#[test]
fn what_begins_to_fill_after_quiet_hours_opens_by_its_own_line() {
    let runaway = |minute: f64| 55.0 + (minute - 300.0).max(0.0) * 0.4;
    let findings = fill(&mut detector(), 0, 360, runaway);
    // 24 % an hour: 55 to 100 in 112 minutes. It opens with more than an hour left, and by the right rate.
    let opened = &findings[0];
    let minute = (opened.at - at(0)).num_minutes();
    assert!((332..352).contains(&minute), "{minute}");
    let rate = symptom(opened).evidence[1].value;
    assert!((rate - 240.0).abs() < 20.0, "{rate} GiB/h");
}

#[test]
fn what_grows_by_whole_chunks_opens_too() {
    // 256 MiB at once, 12 GiB an hour, with 60 GiB free.
    let chunks = |minute: f64| 97.0 - 3.0 + (minute * 0.8).floor() / 40.0;
    assert_eq!(told(180, chunks), ["105 warning"]);
}

#[test]
fn it_closes_when_it_no_longer_fills() {
    let stops = |minute: f64| ramp(minute.min(120.0));
    let told = told(240, stops);
    // The last half hour forgets the filling, then 10 minutes.
    assert_eq!(told, ["84 warning", "153 cleared"]);
}

#[test]
fn it_closes_ten_minutes_after_room_was_made() {
    let emptied = |minute: f64| if minute < 120.0 { ramp(minute) } else { 40.0 };
    let told = told(240, emptied);
    assert_eq!(told, ["84 warning", "135 cleared"]);
}

#[test]
fn it_stays_open_while_between_four_and_six_hours_are_left() {
    // 4.9 h left at the end of the ramp, by the rate from then on.
    let slower = |minute: f64| if minute < 120.0 { ramp(minute) } else { 80.0 + (minute - 120.0) * 20.0 / 294.0 };
    assert_eq!(told(200, slower), ["84 warning"]);
    let slowest = |minute: f64| if minute < 120.0 { ramp(minute) } else { 80.0 + (minute - 120.0) * 20.0 / 420.0 };
    assert_eq!(told(260, slowest)[1..], ["162 cleared"]);
}

#[test]
fn a_volume_that_is_full_does_not_close_because_it_fills_no_more() {
    let full = |minute: f64| ramp(minute).min(99.5);
    let told = told(600, full);
    assert_eq!(told.last().map(String::as_str), Some("183 critical"), "{told:?}");
}

#[test]
fn it_opens_again() {
    let twice = |minute: f64| match minute {
        ..120.0 => ramp(minute),
        ..240.0 => 60.0,
        _ => ramp(minute - 240.0),
    };
    let told = told(420, twice);
    assert_eq!(told, ["84 warning", "135 cleared", "318 warning"]);
}
