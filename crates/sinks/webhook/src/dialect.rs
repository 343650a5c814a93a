use std::fmt;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::CONTENT_TYPE;
use http::{HeaderName, Method, Request, Response, Uri};
use tidegate_base::Secret;
use tidegate_http::Call;
use tidegate_sink::{Probe, Profile, SinkError};

use crate::answer::{Reader, Said, date};
use crate::payload::Parcel;
use crate::signature::{keys, signature};
use crate::{WebhookBuilder, address};

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// What is posted to a receiver and understood of it; [`WebhookSink`](crate::WebhookSink) makes a sink of it. See the
/// [crate](crate).
#[derive(Clone)]
pub struct Webhook {
    profile: Profile,
    url: String,
    uri: Uri,
    host: String,
    secrets: Vec<Secret>,
    body_bytes: usize,
}

impl Webhook {
    /// Posts to `url`, signed with `secret`: `whsec_` and 24 to 64 random bytes in base64.
    pub fn to(url: impl Into<String>, secret: Secret) -> WebhookBuilder {
        WebhookBuilder::new(url.into(), secret)
    }

    pub(crate) fn new(profile: Profile, url: String, uri: Uri, secrets: Vec<Secret>, body_bytes: usize) -> Self {
        let host = address::host(&uri);
        Self { profile, url, uri, host, secrets, body_bytes }
    }

    /// What it takes and how. The same at every call.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The most bytes of the body of a batch.
    pub(crate) fn body_bytes(&self) -> usize {
        self.body_bytes
    }

    /// The request of an attempt at `now`.
    pub(crate) fn request(&self, parcel: &Parcel, now: DateTime<Utc>) -> Result<Request<Bytes>, SinkError> {
        let keys = keys(&self.secrets)?;
        let message = parcel.message();
        let timestamp = now.timestamp();
        let signed = signature(&keys, &message.id, timestamp, &message.body);
        Call::post(&self.url, "")
            .with_header(CONTENT_TYPE, "application/json")
            .with_header(ID, &message.id)
            .with_header(TIMESTAMP, &timestamp.to_string())
            .with_secret_header(SIGNATURE, &signed)
            .with_body(message.body)
            .build()
    }

    /// What the answer to it means.
    pub(crate) fn read(&self, parcel: &Parcel, answer: &Response<Bytes>, now: DateTime<Utc>) -> Said {
        let at = (!parcel.is_bulk()).then(|| parcel.at());
        self.reading(now, |reader| reader.read(answer, at))
    }

    /// The request of a probe, which asks nothing of the receiver but to be there.
    pub(crate) fn probe(&self) -> Result<Request<Bytes>, SinkError> {
        keys(&self.secrets)?;
        Call::new(Method::HEAD, &self.url, "").build()
    }

    /// What the answer to it proves.
    pub(crate) fn proven(&self, answer: &Response<Bytes>, now: DateTime<Utc>) -> Result<Probe, SinkError> {
        self.reading(now, |reader| reader.read_probe(answer))?;
        let secrets = match self.secrets.len() {
            1 => "the secret is there and of the right form".to_owned(),
            many => format!("the {many} secrets are there and of the right form"),
        };
        let answers = format!("{} answers ({} to a HEAD request)", self.host, answer.status());
        let probe = Probe::new().blind_to_credentials().with_proven(secrets).with_proven(answers);
        let probe = match date(answer) {
            Some(_) => probe.with_proven("its clock and this machine's agree"),
            None => probe.with_unproven("that its clock and this machine's agree: it does not tell the time"),
        };
        Ok(probe.with_unproven(match answer.status().as_u16() {
            404 | 410 => "that it takes what is signed so, at this path, where it finds nothing: nothing was posted",
            _ => "that it takes what is signed so, at this path: nothing was posted",
        }))
    }

    fn reading<T>(&self, now: DateTime<Utc>, read: impl FnOnce(Reader<'_>) -> T) -> T {
        let mut secrets = address::secrets(&self.uri);
        secrets.push(&self.url);
        read(Reader { host: &self.host, secrets: &secrets, now })
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("destination", self.profile.destination())
            .field("secrets", &self.secrets)
            .finish_non_exhaustive()
    }
}
