use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tidegate_event::Event;
use uuid::Uuid;

/// One event on its way to one sink.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The same on every attempt.
    pub id: DeliveryId,
    /// What to tell.
    pub event: Arc<Event>,
    /// The receipt of this episode's (or notification's) last delivery to the same destination.
    pub prior: Option<Receipt>,
    /// An earlier attempt for this episode, notification or item may have been applied: look before you post. With
    /// a `prior`, look only when what that names is gone.
    pub maybe_applied: bool,
}

impl Delivery {
    /// A first attempt, without a receipt.
    pub fn new(id: DeliveryId, event: Arc<Event>) -> Self {
        Self { id, event, prior: None, maybe_applied: false }
    }

    /// The same with the receipt of an earlier delivery.
    pub fn with_prior(mut self, prior: Receipt) -> Self {
        self.prior = Some(prior);
        self
    }

    /// The same, told that an earlier attempt may have been applied.
    pub fn with_maybe_applied(mut self) -> Self {
        self.maybe_applied = true;
        self
    }
}

/// Names one delivery of one integration: a UUID of version 5, so that it is the same on every attempt, also after a
/// crash. Fit for a receiver's deduplication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeliveryId(Uuid);

impl DeliveryId {
    /// The id of what `identity` names within `integration`. Equal arguments give equal ids.
    pub fn new(integration: &str, identity: &str) -> Self {
        Self::namespace(integration).of(identity)
    }

    /// The namespace of an integration, to make many ids of.
    pub fn namespace(integration: &str) -> DeliveryNamespace {
        /// The root of all our ids, drawn once. Never to change.
        const TIDEGATE: Uuid = Uuid::from_u128(0x3f0c_9a64_52d1_5b7e_8e43_71c6_0a9d_f218);
        DeliveryNamespace(Uuid::new_v5(&TIDEGATE, integration.as_bytes()))
    }

    /// The UUID itself.
    pub fn as_uuid(&self) -> &Uuid {
        &self.0
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.as_hyphenated(), f)
    }
}

/// Makes the [`DeliveryId`]s of one integration.
#[derive(Debug, Clone, Copy)]
pub struct DeliveryNamespace(Uuid);

impl DeliveryNamespace {
    /// The id of what `identity` names.
    pub fn of(&self, identity: impl AsRef<[u8]>) -> DeliveryId {
        DeliveryId(Uuid::new_v5(&self.0, identity.as_ref()))
    }
}

/// What a sink must have back to go on with an episode or notification: a message's address, a thread. A JSON text of
/// the sink's own shape; it holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Receipt(Arc<str>);

impl Receipt {
    /// The receipt that says `value`.
    ///
    /// # Errors
    /// When `value` cannot be written as JSON.
    pub fn new(value: &impl Serialize) -> Result<Self, ReceiptError> {
        serde_json::to_string(value).map(|text| Self(text.into())).map_err(ReceiptError::from)
    }

    /// What it says.
    ///
    /// # Errors
    /// When it is of another shape, such as that of another version. A sink then goes on as if there were none.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, ReceiptError> {
        serde_json::from_str(&self.0).map_err(ReceiptError::from)
    }

    /// Its JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A receipt that cannot be written or read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the receipt is not of the shape that the sink gives")]
pub struct ReceiptError {
    #[source]
    source: Arc<serde_json::Error>,
}

impl From<serde_json::Error> for ReceiptError {
    fn from(source: serde_json::Error) -> Self {
        Self { source: Arc::new(source) }
    }
}
