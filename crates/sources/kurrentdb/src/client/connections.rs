use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tidegate_base::Secret;
use tidegate_http::tls::{self, Identity};

use super::Client;
use crate::{KurrentDbError, KurrentDbErrorKind};

/// The largest file of certificates: 1 MiB, which is some hundred of them.
const LARGEST: u64 = 1 << 20;

/// Where the connections of several clusters are kept. Clusters that trust and show the same certificates share what TLS
/// needs, which is some hundred kilobytes each. Cheap to clone.
#[derive(Clone, Default)]
pub struct Connections {
    clients: Arc<Mutex<Vec<Known>>>,
}

/// A client, as long as anybody has it.
type Known = (TlsSettings, Weak<Client>);

/// The files that a connection is set up by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TlsSettings {
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) client_certificate: Option<PathBuf>,
    pub(crate) client_key: Option<PathBuf>,
}

impl Connections {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The client of `settings`, whose files are read when there is none yet.
    pub(crate) fn client(&self, settings: &TlsSettings) -> Result<Arc<Client>, KurrentDbError> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.retain(|(_, client)| client.strong_count() > 0);
        let known = clients.iter().find(|(known, _)| known == settings);
        if let Some(client) = known.and_then(|(_, client)| client.upgrade()) {
            return Ok(client);
        }
        let client = Arc::new(settings.connect()?);
        clients.push((settings.clone(), Arc::downgrade(&client)));
        Ok(client)
    }
}

impl TlsSettings {
    fn connect(&self) -> Result<Client, KurrentDbError> {
        let authorities = self.ca_file.as_deref().map(|path| read("ca_file", path)).transpose()?.unwrap_or_default();
        // By themselves first, so that a mistake is told of the file that has it.
        let nobody =
            tls::configure(&authorities, None).map_err(|error| refused("ca_file", self.ca_file.as_deref(), &error))?;
        let tls = match (&self.client_certificate, &self.client_key) {
            (Some(certificate), Some(key)) => {
                let certificates = read("client_certificate", certificate)?;
                let unreadable = |error: tidegate_base::SecretError| {
                    KurrentDbError::new(KurrentDbErrorKind::File, "client_key", error.to_string())
                };
                let key = Secret::from_file(key.clone()).reveal().map_err(unreadable)?;
                let identity = Identity { certificates: &certificates, key: key.as_bytes() };
                tls::configure(&authorities, Some(identity))
                    .map_err(|error| refused("client_certificate", Some(certificate), &error))?
            }
            _ => nobody,
        };
        Client::new(tls.config, tls.has_authorities).map_err(|error| {
            KurrentDbError::new(KurrentDbErrorKind::File, "ca_file", format!("no HTTP client can be set up: {error}"))
        })
    }
}

fn read(key: &'static str, path: &Path) -> Result<Vec<u8>, KurrentDbError> {
    let fail = |why: String| {
        let context = format!("{key} {} cannot be read: {why}", path.display());
        KurrentDbError::new(KurrentDbErrorKind::File, key, context)
    };
    let bytes = read_bounded(path).map_err(|error| fail(error.to_string()))?;
    if bytes.len() as u64 > LARGEST { Err(fail("it is over 1 MiB".to_owned())) } else { Ok(bytes) }
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    // Looked at before it is opened, for opening a pipe waits for who writes to it.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn refused(key: &'static str, path: Option<&Path>, error: &tidegate_http::TransportError) -> KurrentDbError {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    let place = path.map(|path| format!(" {}", path.display())).unwrap_or_default();
    KurrentDbError::new(KurrentDbErrorKind::File, key, format!("{key}{place} is refused: {error}{cause}"))
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connections")
    }
}
