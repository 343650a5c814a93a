use crate::{ClusterViews, Event, Resource};

/// What detectors see. Only [`Signal::Event`] is routed on to sinks.
#[derive(Debug, Clone, PartialEq)]
pub enum Signal {
    /// An event on its way to the sinks. An issue event is shown only at start: it is open since before.
    Event(Event),
    /// One round of gossip.
    Views(ClusterViews),
    /// A measurement was due and could not be made. No data is not good news: nothing closes by it.
    Gap {
        /// What could not be measured.
        resource: Resource,
        /// Why not, in words for people.
        why: String,
    },
    /// The resource is gone on purpose. Its issues close with `why`, and nothing about it is found until
    /// [`Restored`](Signal::Restored).
    Retired {
        /// What is gone, with all that lies within it.
        resource: Resource,
        /// Why, in words for people.
        why: String,
    },
    /// The resource is back.
    Restored {
        /// What is back, with all that lies within it.
        resource: Resource,
    },
}

impl Signal {
    /// About how many bytes it takes in memory, whatever it shares with others.
    pub fn size_bytes(&self) -> usize {
        match self {
            // The size of an event counts its enum, in the place of which stands the signal's.
            Self::Event(event) => size_of::<Self>().max(event.size_bytes()),
            Self::Views(views) => size_of::<Self>() + views.text_bytes(),
            Self::Gap { resource, why } | Self::Retired { resource, why } => {
                size_of::<Self>() + resource.text_bytes() + why.len()
            }
            Self::Restored { resource } => size_of::<Self>() + resource.text_bytes(),
        }
    }
}

impl<E: Into<Event>> From<E> for Signal {
    fn from(event: E) -> Self {
        Self::Event(event.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Detail, LogRecord, Member, MemberRole, NodeView, View, ViewError, ViewErrorKind};
    use chrono::DateTime;

    #[test]
    fn every_text_counts_whatever_carries_it() {
        let long = "x".repeat(10_000);
        let of = Resource::new().with_node(&*long);
        let node = |view| NodeView { node: "a".into(), view };
        let views = |nodes| {
            Signal::Views(ClusterViews { resource: Resource::new(), at: DateTime::UNIX_EPOCH, expected: None, nodes })
        };
        let member = Member {
            node: "a".into(),
            state: (&*long).into(),
            role: MemberRole::Leader,
            alive: true,
            read_only: false,
            written: None,
            details: Vec::new(),
        };
        let detail = Detail { name: Detail::VERSION.into(), value: (&*long).into() };
        let detailed = Member { state: "Leader".into(), details: vec![detail], ..member.clone() };
        let error = ViewError { kind: ViewErrorKind::Refused, message: long.clone() };
        let signals = [
            LogRecord::new(Resource::new(), &*long, DateTime::UNIX_EPOCH).into(),
            Signal::Gap { resource: of.clone(), why: String::new() },
            Signal::Retired { resource: Resource::new(), why: long.clone() },
            Signal::Restored { resource: of },
            views(vec![node(Ok(View { digest: 0, own: None, seeds: 0, members: vec![member] }))]),
            views(vec![node(Ok(View { digest: 0, own: None, seeds: 0, members: vec![detailed] }))]),
            views(vec![node(Err(error))]),
        ];
        for one in &signals {
            let size = one.size_bytes();
            assert!((10_000..11_000).contains(&size), "{size} {one:?}");
        }
    }
}
