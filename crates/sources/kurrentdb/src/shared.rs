use std::sync::Arc;

use tidegate_base::Clock;

use crate::client::{Client, Credentials};

/// What every request to the nodes of a cluster needs.
pub(crate) struct Shared {
    pub(crate) client: Arc<Client>,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) clock: Arc<dyn Clock>,
}
