//! In what views differ, in words.

use std::collections::{BTreeMap, BTreeSet};

use tidegate_event::{Member, Name, View};

use super::fault::{Fault, list};

/// How many differences are told; who reads them looks at the nodes after the first few.
const MOST: usize = 6;

/// What differs between `views`, as clauses, as far as `faults` do not tell it.
pub(super) fn differences(views: &[(&Name, &View)], faults: &[Fault]) -> Vec<String> {
    let told: BTreeSet<&Name> = faults.iter().flat_map(told).collect();
    let mut clauses: Vec<String> = members(views).into_iter().flat_map(|name| of_member(views, name, &told)).collect();
    if clauses.len() > MOST {
        let more = clauses.len() - MOST;
        clauses.truncate(MOST);
        clauses.push(format!("They differ in {more} more points"));
    }
    clauses
}

/// The members whose state `fault` tells, with who sees it so.
fn told(fault: &Fault) -> Vec<&Name> {
    match fault {
        Fault::Leaders(leaders) => leaders.iter().map(|(leader, _)| leader).collect(),
        Fault::Dead { member, .. } | Fault::Unsettled { member, .. } => vec![member],
        _ => Vec::new(),
    }
}

fn members<'a>(views: &[(&'a Name, &'a View)]) -> BTreeSet<&'a Name> {
    views.iter().flat_map(|(_, view)| &view.members).map(|member| &member.node).collect()
}

fn of_member(views: &[(&Name, &View)], name: &Name, told: &BTreeSet<&Name>) -> Vec<String> {
    let (mut seen, mut unseen) = (Vec::new(), Vec::new());
    for (node, view) in views {
        match view.members.iter().find(|member| member.node == *name) {
            Some(member) => seen.push((*node, member)),
            None => unseen.push((*node).clone()),
        }
    }
    let mut clauses = Vec::new();
    if !unseen.is_empty() {
        clauses.push(format!("{name} is not seen by {}", list(&unseen)));
    }
    if !told.contains(name) {
        clauses.extend(values(name, "state", seen.iter().map(|(node, member)| (*node, &*member.state))));
    }
    let kind = |member: &Member| if member.read_only { "read-only replica" } else { "voting member" };
    clauses.extend(values(name, "kind", seen.iter().map(|(node, member)| (*node, kind(member)))));
    let names: BTreeSet<&Name> =
        seen.iter().flat_map(|(_, member)| &member.details).map(|detail| &detail.name).collect();
    for detail in names {
        let each = seen.iter().map(|(node, member)| (*node, member.detail(detail).map_or("none", |value| value)));
        clauses.extend(values(name, detail, each));
    }
    clauses
}

/// Who sees which value of `what`, where they differ.
fn values<'a>(member: &Name, what: &str, seen: impl Iterator<Item = (&'a Name, &'a str)>) -> Option<String> {
    let mut groups: BTreeMap<&str, Vec<Name>> = BTreeMap::new();
    for (node, value) in seen {
        groups.entry(value).or_default().push(node.clone());
    }
    let verb = |nodes: &[Name]| if nodes.len() == 1 { "sees" } else { "see" };
    let each = groups.iter().map(|(value, nodes)| format!("{value} as {} {} it", list(nodes), verb(nodes)));
    (groups.len() > 1).then(|| format!("{member} has {what} {}", each.collect::<Vec<_>>().join(", ")))
}
