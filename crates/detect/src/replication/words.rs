use std::fmt::Write as _;

use chrono::TimeDelta;
use tidegate_event::figure::{bytes, span};
use tidegate_event::{Member, MemberRole, Name, Reading};

use super::ReplicationLagBuilder;
use super::follower::{Behind, Lag};
use crate::figure::bytes_beside;
use crate::{Condition, Symptom};

const HOUR: f64 = 3_600_000.0;
/// Before that a rate says little.
const RATE_AFTER: i64 = 60_000;

/// Who is behind whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'a> {
    pub(super) node: &'a Name,
    pub(super) member: &'a Member,
    pub(super) leader: &'a Name,
}

impl Words<'_> {
    pub(super) fn met(&self, figures: &ReplicationLagBuilder, lag: Lag, behind: Option<Behind>) -> Symptom {
        let limit = figures.open().limit();
        let mut cause = format!("{} (limit {})", self.is_behind(figures, lag), bytes(limit));
        // Writing to a String cannot fail.
        match behind {
            Some(Behind { held, .. }) if held < 1_000 => cause.push('.'),
            Some(Behind { held, .. }) => {
                let what = if lag.catching_up { "that has not shrunk" } else { "it has been over the limit" };
                let _ = write!(cause, ", and {what} for {}.", span(TimeDelta::milliseconds(held)));
            }
            None => {
                let held = figures.close().held("rounds");
                let _ = write!(cause, ". It closes once it has been below {}{held}.", bytes(figures.close().limit()));
            }
        }
        if let Some(rate) = behind.and_then(|behind| growth(lag, behind)) {
            let _ = write!(cause, " It grows by {}/h.", bytes(rate));
        }
        Symptom {
            severity: figures.severity(),
            summary: format!("{} is more than {} behind its leader", self.who(), bytes(limit)),
            cause,
            remedy: figures.remedy().clone(),
            evidence: evidence(lag, limit),
        }
    }

    pub(super) fn cleared(&self, figures: &ReplicationLagBuilder, lag: Lag) -> Condition {
        let cause = if lag.leads {
            format!("{} leads now.", self.node)
        } else {
            format!(
                "{}: below {}{}.",
                self.is_behind(figures, lag),
                bytes(figures.close().limit()),
                figures.close().held("rounds")
            )
        };
        Condition::Cleared { cause, evidence: evidence(lag, figures.open().limit()) }
    }

    fn who(&self) -> String {
        let node = self.node;
        match self.member.role {
            _ if self.member.read_only => format!("Read-only replica {node}"),
            MemberRole::Follower => format!("Follower {node}"),
            _ => format!("Node {node}"),
        }
    }

    /// `Follower b is 3.2 GiB behind the leader a`.
    fn is_behind(&self, figures: &ReplicationLagBuilder, lag: Lag) -> String {
        let limits = [figures.open().limit(), figures.close().limit()];
        let how_far = bytes_beside(lag.bytes(), &limits);
        let who = self.who();
        let also = match self.member.role {
            MemberRole::Follower | MemberRole::Leader => String::new(),
            MemberRole::CatchingUp => "catching up, ".to_owned(),
            _ => format!("in state {}, ", self.member.state),
        };
        format!("{who} is {also}{how_far} behind the leader {}", self.leader)
    }
}

/// By how many bytes an hour the lag grows, where it does.
fn growth(lag: Lag, behind: Behind) -> Option<f64> {
    let more = lag.bytes() - behind.then;
    (more > 0.0 && behind.held >= RATE_AFTER).then(|| more * HOUR / behind.held as f64)
}

fn evidence(lag: Lag, limit: f64) -> Vec<Reading> {
    vec![
        Reading::new("tidegate.replication_lag", lag.bytes(), "By").with_limit(limit),
        Reading::new("tidegate.replication_lag.leader_written", lag.leader_written as f64, "By"),
        Reading::new("tidegate.replication_lag.written", lag.written as f64, "By"),
    ]
}
