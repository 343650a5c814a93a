use std::panic::{AssertUnwindSafe, catch_unwind};

use tidegate_router::mutation::{Mutation, leave_out};

use crate::schedule::simulate;

/// How many seeds a rule left out may survive.
const SEEDS: u64 = 2_000;

/// A seed whose schedule fails without the rule, and how: the one that did when last looked, or the first.
fn caught(mutation: Mutation, likely: u64) -> Option<(u64, String)> {
    leave_out(Some(mutation));
    // The first of its sort.
    let first = likely >> 32 << 32;
    let caught = std::iter::once(likely).chain(first..first + SEEDS).find_map(|seed| {
        match catch_unwind(AssertUnwindSafe(|| simulate(seed))) {
            Ok(Ok(())) => None,
            Ok(Err(failure)) => Some((seed, failure.what)),
            Err(_) => Some((seed, "it panicked".to_owned())),
        }
    });
    leave_out(None);
    caught
}

macro_rules! each_rule_is_needed {
    ($($name:ident: $mutation:ident from $likely:literal,)*) => {
        $(
            #[test]
            fn $name() {
                let (seed, what) = caught(Mutation::$mutation, $likely).expect("no schedule fails without this rule");
                println!("{}: seed {seed}: {}", stringify!($mutation), what.chars().take(200).collect::<String>());
            }
        )*

        #[test]
        fn every_rule_is_left_out_once() {
            let left_out = [$(Mutation::$mutation,)*];
            assert_eq!(left_out, Mutation::ALL);
        }
    };
}

each_rule_is_needed! {
    rule_01_filters_only_the_first_telling: FilterEachEvent from 3,
    rule_02_unconfirmed_may_have_applied: NothingMayHaveApplied from 0,
    rule_03_a_reject_changes_nothing_else: RejectUnsees from 7,
    rule_04_a_receipt_belongs_to_its_episode: PriorOfKey from 3,
    rule_05_a_failed_append_is_repeated: DropFailedAppend from 0,
    rule_06_release_waits_for_the_ledger: ReleaseAheadOfLedger from 2,
    rule_07_nothing_is_sent_before_the_end_is_read: SendWhileReplaying from 162,
    rule_08_the_window_is_saved_before_the_position: PositionBeforeWindow from 1,
    rule_09_records_go_behind_a_checkpoint: DeleteAtClose from 127,
    rule_10_an_episode_is_named_before_its_first_attempt: UnnamedAttempt from 11,
    rule_11_a_new_destination_is_not_told_old_events: TellDestinationWhileBehind from 480,
    rule_12_a_dead_letter_is_saved_before_its_outcome: OutcomeBeforeDeadLetter from 215,
    rule_13_seen_notifications_are_a_fold_over_the_journal: SeenBeforeAppend from 26,
    rule_14_marks_are_numbered_over_both_logs: UnnumberedMarks from 0,
    rule_15_detectors_forget_what_is_retired: DetectorsKeepRetired from 2,
    rule_16_only_what_was_named_can_be_missing: UnnamedIsMissing from 3,
    rule_17_what_nothing_can_close_is_closed: OrphansStayOpen from 1,
    rule_18_the_batch_cursor_is_the_settled_prefix: CursorPastFailed from 0,
    rule_19_a_lost_post_gets_a_closing_message: NoClosingMessage from 0,
    rule_20_a_rise_compares_with_what_was_told: RiseAgainstRead from 25,
    rule_21_a_lane_has_a_place_before_anything_is_acknowledged: PlaceAtFirstCheckpoint from 7,
    rule_22_a_full_window_does_not_wait_for_the_end: FullWindowWaits from 6,
    rule_23_what_was_told_ahead_of_the_journal_is_noted: ForgetNote from 8_589_934_592,
    rule_24_what_may_come_once_more_is_known: ForgetWhileUncertain from 8_589_934_738,
    rule_25_what_was_over_ahead_of_the_journal_is_known: ForgetWhatIsOver from 8_589_936_389,
}
