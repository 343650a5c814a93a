//! Who sees whom as what, and what is good to know of it.

use std::collections::BTreeMap;

use tidegate_event::{Detail, Member, Name, View};

use super::fault::list;

/// How many views, and members of each, are told in evidence.
const MOST_VIEWS: usize = 5;
const MOST_MEMBERS: usize = 9;

/// One view, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) words: String,
    /// How many of the members are alive in it.
    pub(super) alive: usize,
}

/// Each of the views that differ: those of `groups`.
pub(super) fn seen(views: &[(&Name, &View)], groups: &[Vec<Name>]) -> Vec<Seen> {
    let one = |group: &Vec<Name>| {
        let (_, view) = views.iter().find(|(node, _)| group.first() == Some(*node))?;
        let mut members: Vec<&Member> = view.members.iter().collect();
        members.sort_by_key(|member| &member.node);
        let mut words: Vec<String> = members.iter().take(MOST_MEMBERS).map(|member| as_seen(member)).collect();
        if members.len() > MOST_MEMBERS {
            words.push(format!("{} more", members.len() - MOST_MEMBERS));
        }
        let alive = members.iter().filter(|member| member.alive).count();
        let verb = if group.len() == 1 { "sees" } else { "see" };
        Some(Seen { words: format!("{} {verb} {}", list(group), words.join(", ")), alive })
    };
    groups.iter().take(MOST_VIEWS).filter_map(one).collect()
}

fn as_seen(member: &Member) -> String {
    let dead = if member.alive { "" } else { " (dead)" };
    format!("{} as {}{dead}", member.node, member.state)
}

/// What is no fault and good to know, as sentences.
pub(super) fn hints(views: &[(&Name, &View)]) -> Vec<String> {
    let mut versions: BTreeMap<&str, Vec<Name>> = BTreeMap::new();
    for member in views.iter().flat_map(|(_, view)| &view.members) {
        let Some(version) = member.detail(Detail::VERSION) else { continue };
        let members = versions.entry(version).or_default();
        if !members.contains(&member.node) {
            members.push(member.node.clone());
        }
    }
    if versions.len() < 2 {
        return Vec::new();
    }
    for members in versions.values_mut() {
        members.sort();
    }
    let each: Vec<String> =
        versions.iter().map(|(version, members)| format!("{version} on {}", list(members))).collect();
    vec![format!("Several versions run, as during an upgrade: {}.", each.join("; "))]
}
