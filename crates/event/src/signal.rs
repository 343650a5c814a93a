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

impl<E: Into<Event>> From<E> for Signal {
    fn from(event: E) -> Self {
        Self::Event(event.into())
    }
}
