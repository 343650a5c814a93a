use super::events::{PLENTY, Seen, append, end, events, read, read_all, release};
use crate::{EventLog, Position};

pub(super) async fn nothing_is_lost_without_a_release(log: &dyn EventLog) {
    for first in (1..=100).step_by(10) {
        append(log, events(first..=first + 9)).await;
    }
    let seen = read_all(log).await;
    assert_eq!(seen.numbers(), (1..=100).collect::<Vec<_>>());
    assert_eq!(seen.lost, 0);
}

pub(super) async fn a_release_forgets_only_what_stands_before(log: &dyn EventLog) {
    append(log, events(1..=4)).await;
    append(log, events(5..=8)).await;
    let positions = read_all(log).await.positions();
    for (index, before) in positions.iter().enumerate() {
        release(log, *before).await;
        let chunk = read(log, *before, PLENTY).await;
        assert_eq!(chunk.events.first().map(|(at, _)| at), Some(before), "event {} is still there", index + 1);
        assert_eq!(chunk.lost, 0, "nothing at or after the release is lost");
        assert_eq!(read_all(log).await.numbers().last(), Some(&8));
    }
}

/// Whether anything is forgotten is the log's affair; that it tells is the reader's.
pub(super) async fn what_was_forgotten_is_told_as_lost(log: &dyn EventLog) {
    append(log, events(1..=4)).await;
    append(log, events(5..=8)).await;
    let positions = read_all(log).await.positions();
    for before in positions.into_iter().chain([end(log).await]) {
        release(log, before).await;
        assert_loss_is_told(&read_all(log).await, 8);
    }
    append(log, events(9..=9)).await;
    assert_loss_is_told(&read_all(log).await, 9);
}

pub(super) async fn a_release_of_everything_keeps_positions_rising(log: &dyn EventLog) {
    let after = append(log, events(1..=3)).await;
    release(log, after).await;
    assert_eq!(end(log).await, after);
    let later = append(log, events(4..=4)).await;
    assert!(after < later, "{after}, then {later}");
    let chunk = read(log, after, PLENTY).await;
    assert_eq!(chunk.lost, 0, "who had read all loses nothing");
    assert_eq!(Seen { events: chunk.events, ..Seen::default() }.numbers(), [4]);
}

pub(super) async fn a_lower_release_changes_nothing(log: &dyn EventLog) {
    append(log, events(1..=4)).await;
    release(log, Position::START).await;
    let seen = read_all(log).await;
    assert_eq!((seen.numbers(), seen.lost), (vec![1, 2, 3, 4], 0));

    release(log, seen.positions()[2]).await;
    release(log, seen.positions()[1]).await;
    release(log, Position::START).await;
    let chunk = read(log, seen.positions()[2], PLENTY).await;
    assert_eq!((chunk.events.as_slice(), chunk.lost), (&seen.events[2..], 0));
}

/// Also where nothing is left to read, so that a reader which comes late does not wait for what is gone.
pub(super) async fn a_reader_reaches_the_end_of_a_released_log(log: &dyn EventLog) {
    let after = append(log, events(1..=3)).await;
    release(log, after).await;
    let seen = read_all(log).await;
    assert!(seen.next >= after);
    assert_loss_is_told(&seen, 3);
}

/// Of the events up to `last` the newest are there in order, and what is not is counted; nothing else is.
pub(super) fn assert_loss_is_told(seen: &Seen, last: u64) {
    let numbers = seen.numbers();
    let first = numbers.first().copied().unwrap_or(last + 1);
    assert_eq!(numbers, (first..=last).collect::<Vec<_>>(), "the newest up to {last}, in order");
    let missing = first - 1;
    assert!(missing <= seen.lost, "{missing} are missing and {} are told", seen.lost);
    assert!(missing > 0 || seen.lost == 0, "none is missing and {} are told", seen.lost);
}
