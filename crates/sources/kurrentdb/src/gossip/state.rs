use tidegate_event::MemberRole;

/// What a member's state means. One that we do not know is on its way to somewhere: better an alarm that names it than
/// silence about what nobody has thought of.
pub(crate) fn role(state: &str) -> MemberRole {
    match state {
        // `Master` and `Slave` are what they were called before 20.6.
        "Leader" | "Master" => MemberRole::Leader,
        "Follower" | "Slave" | "ReadOnlyReplica" => MemberRole::Follower,
        "CatchingUp" | "Clone" => MemberRole::CatchingUp,
        "Unknown" | "ReadOnlyLeaderless" => MemberRole::Leaderless,
        "ShuttingDown" | "Shutdown" => MemberRole::Leaving,
        _ => MemberRole::Converging,
    }
}
