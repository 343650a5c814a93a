//! When two views are the same: what is compared, and what is not.

use std::collections::{BTreeMap, BTreeSet};

use tidegate_event::{Detail, Member, Name};

use super::state::role;
use super::wire::{Entry, Gossip};
use crate::endpoint::Endpoint;

/// How much of an id is shown: enough to tell a few apart.
const SHOWN: usize = 8;

/// How the views of one round are compared.
///
/// What changes from second to second is left out (times, positions), and so is what a version of the database does not
/// tell: a field of a member counts only where every view of the round that has the member has the field.
pub(crate) struct Canon {
    /// Members are known by their internal addresses, which old versions do not tell.
    by_internal: bool,
    /// The client addresses that several members share, as behind one gateway.
    shared: BTreeSet<Endpoint>,
    fields: BTreeMap<Endpoint, Told>,
}

/// Which fields of a member every view of the round has.
#[derive(Debug, Clone, Copy)]
struct Told {
    epoch: bool,
    priority: bool,
    version: bool,
}

impl Canon {
    pub(crate) fn of<'a>(views: impl Iterator<Item = &'a Gossip> + Clone) -> Self {
        let by_internal = views.clone().flat_map(|view| &view.members).all(|entry| entry.internal.is_some());
        let mut canon = Self { by_internal, shared: BTreeSet::new(), fields: BTreeMap::new() };
        for view in views {
            let mut seen = BTreeSet::new();
            let shared = view.members.iter().map(|entry| &entry.client).filter(|client| !seen.insert(*client));
            canon.shared.extend(shared.cloned());
            for entry in &view.members {
                let told = Told {
                    epoch: entry.epoch.is_some(),
                    priority: entry.priority.is_some(),
                    version: entry.version.is_some(),
                };
                let all = canon.fields.entry(canon.key(entry).clone()).or_insert(told);
                all.epoch &= told.epoch;
                all.priority &= told.priority;
                all.version &= told.version;
            }
        }
        canon
    }

    /// By what a member is the same in two views.
    fn key<'a>(&self, entry: &'a Entry) -> &'a Endpoint {
        entry.internal.as_ref().filter(|_| self.by_internal).unwrap_or(&entry.client)
    }

    /// The members of `view` in one order, of which two are equal where the views are the same.
    pub(crate) fn form(&self, view: &Gossip) -> Vec<Form> {
        let mut forms: Vec<Form> = view.members.iter().map(|entry| self.form_of(entry)).collect();
        forms.sort();
        forms
    }

    fn form_of(&self, entry: &Entry) -> Form {
        let told = self.told(entry);
        let epoch = entry.epoch.as_ref().filter(|_| told.epoch);
        Form {
            key: self.key(entry).clone(),
            client: entry.client.clone(),
            instance: entry.instance.clone(),
            state: entry.state.clone(),
            alive: entry.alive,
            read_only: entry.read_only,
            epoch: epoch.map(|epoch| (epoch.number, epoch.id.clone(), epoch.position)),
            priority: entry.priority.filter(|_| told.priority),
            version: entry.version.clone().filter(|_| told.version),
        }
    }

    fn told(&self, entry: &Entry) -> Told {
        let nothing = Told { epoch: false, priority: false, version: false };
        self.fields.get(self.key(entry)).copied().unwrap_or(nothing)
    }

    /// Whether `client` is the address of one member only.
    pub(crate) fn is_own(&self, client: &Endpoint) -> bool {
        !self.shared.contains(client)
    }

    /// What `entry` is called where nobody asks it under another name.
    pub(crate) fn name(&self, entry: &Entry) -> Name {
        let endpoint = if self.is_own(&entry.client) { &entry.client } else { self.key(entry) };
        endpoint.to_string().into()
    }

    /// `entry` for the detector, which is called `node`.
    pub(crate) fn member(&self, entry: &Entry, node: Name) -> Member {
        Member {
            node,
            state: entry.state.as_str().into(),
            role: role(&entry.state),
            alive: entry.alive,
            read_only: entry.read_only,
            written: entry.written,
            details: self.details(entry),
        }
    }

    fn details(&self, entry: &Entry) -> Vec<Detail> {
        let form = self.form_of(entry);
        let epoch = form.epoch.as_ref().map(|(number, id, position)| match number {
            ..0 => "none".to_owned(),
            _ => format!("{number} ({} at {position})", short(id)),
        });
        let priority = form.priority.map(|priority| priority.to_string());
        let pairs = [
            ("epoch", epoch),
            ("instance", Some(short(&form.instance).to_owned())),
            (Detail::VERSION, form.version),
            ("priority", priority),
            ("address", Some(form.client.to_string())),
        ];
        let detail = |(name, value): (&str, Option<String>)| Some(Detail { name: name.into(), value: value?.into() });
        pairs.into_iter().filter_map(detail).collect()
    }
}

/// What is compared of a member.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Form {
    key: Endpoint,
    client: Endpoint,
    instance: String,
    state: String,
    alive: bool,
    read_only: bool,
    epoch: Option<(i64, String, i64)>,
    priority: Option<i64>,
    version: Option<String>,
}

fn short(id: &str) -> &str {
    id.char_indices().nth(SHOWN).map_or(id, |(end, _)| &id[..end])
}
