//! What the fuzzer reaches: `fuzz/src/bin/gossip.rs`. It is there for `cfg(fuzzing)` alone.

use chrono::DateTime;
use tidegate_event::{ClusterViews, Resource, ViewError, ViewErrorKind};

use crate::gossip::{Answer, Assembly, Gossip};

/// Longer than any sentence about an answer is.
const LONGEST_WORDS: usize = 1_000;

/// Answers of a round as any bytes, one node after the other: they are read, and put together to views.
///
/// # Panics
/// When something does not hold that must.
pub fn gossip(bodies: &[&[u8]]) {
    // The last node says what the first does.
    let bodies = || bodies.iter().chain(bodies.first()).enumerate();
    let answers = || bodies().map(|(number, body)| answer(number, body)).collect::<Vec<_>>();
    let mut assembly = Assembly::new(Resource::new().with_cluster("orders"), None, None);
    let first = assembly.round(DateTime::UNIX_EPOCH, answers()).views;
    assert_eq!(first.nodes.len(), bodies().count(), "each node has its answer");
    same_bodies_are_same_views(&first);
    let second = assembly.round(DateTime::UNIX_EPOCH, answers()).views;
    same_bodies_are_same_views(&second);
}

fn answer(number: usize, body: &[u8]) -> Answer {
    let gossip = Gossip::parse(body).map_err(|message| {
        assert!(!message.is_empty() && message.len() < LONGEST_WORDS, "{message}");
        ViewError { kind: ViewErrorKind::Malformed, message }
    });
    if let Ok(gossip) = &gossip {
        assert_eq!(Gossip::parse(body).as_ref(), Ok(gossip));
        assert!(gossip.members.iter().all(|member| member.state != "Manager"), "placeholders are no members");
    }
    (format!("node{number}:2113").into(), gossip)
}

/// The first and the last node said the same.
fn same_bodies_are_same_views(views: &ClusterViews) {
    let digest =
        |node: Option<&tidegate_event::NodeView>| node.and_then(|node| node.view.as_ref().ok()).map(|view| view.digest);
    let (first, last) = (digest(views.nodes.first()), digest(views.nodes.last()));
    assert_eq!(first, last);
}
