//! Dealings with the state that nothing else waits for.

use chrono::{DateTime, Utc};
use futures::FutureExt;
use futures::future::BoxFuture;
use tidegate_store::StoreError;
use tokio::time::timeout;

use super::write::IN_PLACE;

/// A dealing with the state that may take long: the core looks after it once in each tick, and goes on meanwhile.
pub(super) struct Aside<T> {
    dealing: BoxFuture<'static, Result<T, StoreError>>,
    /// Since when it is being waited for.
    pub(super) since: DateTime<Utc>,
    is_new: bool,
}

impl<T> Aside<T> {
    pub(super) fn begin(
        dealing: impl Future<Output = Result<T, StoreError>> + Send + 'static,
        now: DateTime<Utc>,
    ) -> Self {
        Self { dealing: dealing.boxed(), since: now, is_new: true }
    }

    /// How it ended. `None`: it has not yet; the first look waits for a moment, since it seldom takes longer.
    async fn look(&mut self) -> Option<Result<T, StoreError>> {
        if std::mem::take(&mut self.is_new) {
            timeout(IN_PLACE, &mut self.dealing).await.ok()
        } else {
            (&mut self.dealing).now_or_never()
        }
    }

    /// How it ended, however long that takes.
    pub(super) async fn wait(self) -> Result<T, StoreError> {
        self.dealing.await
    }

    /// How the one in `slot` ended, if it did; then it is taken out.
    pub(super) async fn ended(slot: &mut Option<Self>) -> Option<Result<T, StoreError>> {
        let ended = slot.as_mut()?.look().await;
        if ended.is_some() {
            *slot = None;
        }
        ended
    }
}
