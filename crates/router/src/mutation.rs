//! The rules that the fault simulation takes out, one at a time, to show that it would notice.
//!
//! Compiled to nothing without the feature `mutations`, which only this crate's own tests turn on.

/// One rule left out. The numbers are those of the table in `docs/lane-rules.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(not(feature = "mutations"), allow(unreachable_pub))]
pub enum Mutation {
    /// 1: the filter is asked about each event of an episode.
    FilterEachEvent,
    /// 2: no failure counts as "may have been applied".
    NothingMayHaveApplied,
    /// 3: a reject makes its episode unseen.
    RejectUnsees,
    /// 4: a receipt outlives its episode.
    PriorOfKey,
    /// 5: a failed append is given up.
    DropFailedAppend,
    /// 6: the journal is released without regard to the ledger's snapshot.
    ReleaseAheadOfLedger,
    /// 7: a lane sends before it has read to the end after a restart.
    SendWhileReplaying,
    /// 8: the lane's position is saved before the window's keys.
    PositionBeforeWindow,
    /// 9: a record is deleted as soon as its close is settled.
    DeleteAtClose,
    /// 10: nothing is saved before the first attempt of an episode.
    UnnamedAttempt,
    /// 11: a new destination is told the open issues while the lane is still behind.
    TellDestinationWhileBehind,
    /// 12: the outcome is saved before the dead letter.
    OutcomeBeforeDeadLetter,
    /// 13: seen notification ids are saved before their append.
    SeenBeforeAppend,
    /// 14: marks of the two logs are not numbered against each other.
    UnnumberedMarks,
    /// 15: detectors are not told that a resource was retired, and came back.
    DetectorsKeepRetired,
    /// 16: what is not named in the configuration counts as missing.
    UnnamedIsMissing,
    /// 17: issues of a detector that is gone stay open.
    OrphansStayOpen,
    /// 18: the batch cursor goes past items that failed.
    CursorPastFailed,
    /// 19: a lost post without a receipt gets no closing message.
    NoClosingMessage,
    /// 20: a rise in severity is measured against the last event read.
    RiseAgainstRead,
    /// 21: a lane has no durable place before its first checkpoint.
    PlaceAtFirstCheckpoint,
    /// 22: a full window keeps a lane from reading to where it was.
    FullWindowWaits,
    /// 23: what was told ahead of the journal is noted, and the note is not read.
    ForgetNote,
    /// 24: records are deleted though what they know may come once more.
    ForgetWhileUncertain,
    /// 25: what is over before the journal says so is known to the lane's memory alone.
    ForgetWhatIsOver,
}

#[cfg(feature = "mutations")]
impl Mutation {
    /// All of them, by number.
    pub const ALL: [Self; 25] = [
        Self::FilterEachEvent,
        Self::NothingMayHaveApplied,
        Self::RejectUnsees,
        Self::PriorOfKey,
        Self::DropFailedAppend,
        Self::ReleaseAheadOfLedger,
        Self::SendWhileReplaying,
        Self::PositionBeforeWindow,
        Self::DeleteAtClose,
        Self::UnnamedAttempt,
        Self::TellDestinationWhileBehind,
        Self::OutcomeBeforeDeadLetter,
        Self::SeenBeforeAppend,
        Self::UnnumberedMarks,
        Self::DetectorsKeepRetired,
        Self::UnnamedIsMissing,
        Self::OrphansStayOpen,
        Self::CursorPastFailed,
        Self::NoClosingMessage,
        Self::RiseAgainstRead,
        Self::PlaceAtFirstCheckpoint,
        Self::FullWindowWaits,
        Self::ForgetNote,
        Self::ForgetWhileUncertain,
        Self::ForgetWhatIsOver,
    ];
}

#[cfg(feature = "mutations")]
thread_local! {
    static ACTIVE: std::cell::Cell<Option<Mutation>> = const { std::cell::Cell::new(None) };
}

/// Leaves one rule out on this thread, or none.
#[cfg(feature = "mutations")]
pub fn leave_out(mutation: Option<Mutation>) {
    ACTIVE.set(mutation);
}

/// Whether the rule is left out.
#[cfg(feature = "mutations")]
pub(crate) fn left_out(mutation: Mutation) -> bool {
    ACTIVE.get() == Some(mutation)
}

/// Whether the rule is left out: never.
#[cfg(not(feature = "mutations"))]
pub(crate) const fn left_out(_: Mutation) -> bool {
    false
}
