use std::sync::Arc;

use tidegate_base::Clock;
use tidegate_http::is_loopback;

use crate::client::{Client, Credentials};
use crate::node::Node;

/// Why a node that wants credentials is not shown them.
pub(crate) const WITHHELD: &str =
    "it wants a user, and is not shown the `credentials` over plain http; have it use https, or set `allow_http`";

/// What every request to the nodes of a cluster needs.
pub(crate) struct Shared {
    pub(crate) client: Arc<Client>,
    pub(crate) credentials: Option<Credentials>,
    /// The network may see the credentials.
    pub(crate) allow_http: bool,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Shared {
    /// What `node` may be shown. A node that gossip told of has whatever address it gave itself.
    pub(crate) fn credentials_for(&self, node: &Node) -> Option<&Credentials> {
        self.credentials.as_ref().filter(|_| self.allow_http || !is_exposed(node))
    }

    /// There are credentials, and `node` is not shown them.
    pub(crate) fn withholds(&self, node: &Node) -> bool {
        self.credentials.is_some() && self.credentials_for(node).is_none()
    }
}

/// Whatever is sent to it can be read on the way.
pub(crate) fn is_exposed(node: &Node) -> bool {
    node.is_plain && !is_loopback(node.endpoint.host())
}
