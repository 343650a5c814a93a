//! The rules that every store keeps, as tests (feature `contract`).
//!
//! Run them on a store of your own, and on every wrapper of it, each time from a factory of empty stores. They need no
//! runtime: use the one that your store wants. Each rule is a function whose name says it; the failure names every rule
//! that is broken, and its first broken expectation stands above. A check that does not end has met a read that
//! nobody woke.
//!
//! ```
//! use tidegate_store::{MemoryLog, MemoryState, contract};
//!
//! futures::executor::block_on(async {
//!     contract::check_log(|| Box::new(MemoryLog::new())).await;
//!     contract::check_bounded_log(64 * 1024, || Box::new(MemoryLog::bounded(64 * 1024))).await;
//!     contract::check_state(|| Box::new(MemoryState::new())).await;
//! });
//! ```

mod append;
mod bounded;
mod events;
mod marks;
mod read;
mod release;
mod state;

use std::panic::AssertUnwindSafe;

use futures::FutureExt;

use crate::{EventLog, StateStore};

/// Runs each rule on a store of its own and gathers the names of the broken ones.
macro_rules! broken_rules {
    ($make:expr, [$($module:ident::$rule:ident($($more:expr),*)),+ $(,)?]) => {{
        let mut broken: Vec<&'static str> = Vec::new();
        $({
            let store = $make();
            let kept = AssertUnwindSafe($module::$rule(&*store $(, $more)*)).catch_unwind().await;
            if kept.is_err() {
                broken.push(concat!(stringify!($module), "::", stringify!($rule)));
            }
        })+
        broken
    }};
}

/// Checks a log that holds at least a mebibyte. `make` gives an empty one each time.
///
/// # Panics
/// When a rule is broken.
pub async fn check_log(make: impl Fn() -> Box<dyn EventLog>) {
    let broken = broken_rules!(
        make,
        [
            append::an_empty_append_writes_nothing(),
            append::an_append_returns_the_position_after_its_last_event(),
            append::positions_rise_in_the_order_of_appending(),
            append::what_is_read_equals_what_was_appended(),
            append::an_append_that_is_given_up_stands_whole_or_not_at_all(),
            append::appends_at_once_all_arrive_each_in_its_order(),
            read::a_read_at_a_position_starts_with_its_event(),
            read::a_read_at_next_neither_repeats_nor_omits(),
            read::a_chunk_passes_the_asked_bytes_by_no_event_but_its_first(),
            read::a_read_waits_for_an_append(),
            read::a_read_waits_through_marks_and_empty_appends(),
            read::an_append_wakes_every_reader(),
            read::a_dropped_read_loses_nothing(),
            read::readers_do_not_disturb_each_other(),
            read::a_reader_reaches_the_end(),
            release::nothing_is_lost_without_a_release(),
            release::a_release_forgets_only_what_stands_before(),
            release::what_was_forgotten_is_told_as_lost(),
            release::a_release_of_everything_keeps_positions_rising(),
            release::a_lower_release_changes_nothing(),
            release::a_reader_reaches_the_end_of_a_released_log(),
            marks::the_highest_mark_of_a_name_counts(),
            marks::names_have_marks_of_their_own(),
            marks::marks_come_without_events_as_well(),
            marks::marks_outlive_the_events_they_came_with(),
        ]
    );
    assert!(broken.is_empty(), "the log breaks the contract: {broken:?}");
}

/// Checks a log that drops its oldest events over about `max_bytes` (at least 16 KiB), besides [`check_log`], which
/// wants a roomier one. `make` gives an empty one each time.
///
/// # Panics
/// When a rule is broken.
pub async fn check_bounded_log(max_bytes: usize, make: impl Fn() -> Box<dyn EventLog>) {
    let broken = broken_rules!(
        make,
        [
            bounded::the_newest_events_stay_and_the_loss_is_told(max_bytes),
            bounded::a_reader_that_keeps_up_loses_nothing(max_bytes),
            bounded::a_reader_left_behind_is_told_and_reaches_the_end(max_bytes),
            bounded::marks_outlive_dropped_events(max_bytes),
        ]
    );
    assert!(broken.is_empty(), "the bounded log breaks the contract: {broken:?}");
}

/// Checks a state store. `make` gives an empty one each time.
///
/// # Panics
/// When a rule is broken.
pub async fn check_state(make: impl Fn() -> Box<dyn StateStore>) {
    let broken = broken_rules!(
        make,
        [
            state::an_empty_store_loads_nothing(),
            state::what_is_saved_is_loaded(),
            state::a_later_save_replaces_an_earlier_one(),
            state::of_two_changes_of_a_key_the_later_counts(),
            state::a_deleted_record_is_gone(),
            state::records_come_by_key(),
            state::a_prefix_selects_what_starts_with_it(),
            state::a_prefix_is_no_pattern(),
            state::spaces_are_separate(),
            state::keys_may_hold_any_character(),
            state::a_key_may_be_long_and_not_longer(),
            state::values_may_be_empty_and_large(),
            state::saves_at_once_all_arrive(),
        ]
    );
    assert!(broken.is_empty(), "the state store breaks the contract: {broken:?}");
}
