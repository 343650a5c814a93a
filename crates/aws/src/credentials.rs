use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use tidegate_base::{Clock, Secret};
use tokio::sync::Mutex;

/// How long before their end credentials are fetched anew.
const BEFORE_THE_END: Duration = Duration::from_mins(1);

/// How long the SDK's chain may look for credentials. The metadata of a machine answers in milliseconds, or never.
const SEARCH: Duration = Duration::from_secs(10);

/// Keys that the operator gave. They are read for each request, so that a changed file is heard of without a restart.
#[derive(Debug, Clone)]
pub(crate) struct StaticKeys {
    pub(crate) access_key_id: Secret,
    pub(crate) secret_access_key: Secret,
    pub(crate) session_token: Option<Secret>,
}

impl StaticKeys {
    fn read(&self) -> provider::Result {
        let reveal = |secret: &Secret| {
            secret.reveal().map(|text| text.trim().to_owned()).map_err(CredentialsError::invalid_configuration)
        };
        let token = self.session_token.as_ref().map(reveal).transpose()?;
        let (id, secret) = (reveal(&self.access_key_id)?, reveal(&self.secret_access_key)?);
        Ok(Credentials::new(id, secret, token, None, "the configuration"))
    }
}

impl ProvideCredentials for StaticKeys {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(self.read())
    }
}

/// What the SDK's chain finds, kept until shortly before its end or until it is refused.
///
/// The SDK's own cache cannot be told that a service calls what it holds expired.
#[derive(Clone)]
pub(crate) struct Kept {
    source: SharedCredentialsProvider,
    clock: Arc<dyn Clock>,
    held: Arc<Mutex<Option<Credentials>>>,
}

impl Kept {
    pub(crate) fn new(source: SharedCredentialsProvider, clock: Arc<dyn Clock>) -> Self {
        Self { source, clock, held: Arc::default() }
    }

    /// Fetches them anew at the next call, unless others than those that were `used` are there already: several calls may
    /// hear at once that they are over. `None`: there were none before the call.
    pub(crate) async fn forget(&self, used: Option<&Credentials>) {
        let mut held = self.held.lock().await;
        if used.is_none() || held.as_ref() == used {
            *held = None;
        }
    }

    /// What it holds.
    pub(crate) fn peek(&self) -> Option<Credentials> {
        self.held.try_lock().ok().and_then(|kept| kept.clone())
    }

    async fn credentials(&self) -> provider::Result {
        let mut kept = self.held.lock().await;
        if let Some(credentials) = kept.as_ref().filter(|credentials| self.holds(credentials)) {
            return Ok(credentials.clone());
        }
        let fresh = tokio::time::timeout(SEARCH, self.source.provide_credentials())
            .await
            .map_err(|_| CredentialsError::provider_timed_out(SEARCH))??;
        *kept = Some(fresh.clone());
        Ok(fresh)
    }

    fn holds(&self, credentials: &Credentials) -> bool {
        credentials.expiry().is_none_or(|end| SystemTime::from(self.clock.now()) + BEFORE_THE_END < end)
    }
}

impl ProvideCredentials for Kept {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
