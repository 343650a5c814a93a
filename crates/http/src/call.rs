use std::fmt;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use serde::Serialize;
use tidegate_sink::{SinkError, SinkErrorKind};

use crate::Harmless;

/// Builds a request to a service. What is wrong with it is said by [`build`](Call::build), without a secret.
///
/// ```
/// use serde_json::json;
/// use tidegate_http::Call;
///
/// let request = Call::post("https://slack.com/api", "/chat.postMessage")
///     .with_bearer("xoxb-1234")
///     .with_json(&json!({ "channel": "C1", "text": "disk full" }))
///     .build()?;
/// assert_eq!(request.uri(), "https://slack.com/api/chat.postMessage");
/// assert_eq!(request.headers()["content-type"], "application/json; charset=utf-8");
/// assert!(request.headers()["authorization"].is_sensitive());
/// # Ok::<(), tidegate_sink::SinkError>(())
/// ```
pub struct Call {
    method: Method,
    address: String,
    headers: HeaderMap,
    body: Bytes,
    harmless: bool,
    fault: Option<String>,
}

impl Call {
    /// A request to `path` below `endpoint`, which may end with a slash or not. `path` is as it stands in an address:
    /// begins with a slash, percent-encoded, with its query; or is empty.
    pub fn new(method: Method, endpoint: &str, path: &str) -> Self {
        let address = if path.is_empty() {
            endpoint.to_owned()
        } else {
            format!("{}/{}", endpoint.trim_end_matches('/'), path.trim_start_matches('/'))
        };
        Self { method, address, headers: HeaderMap::new(), body: Bytes::new(), harmless: false, fault: None }
    }

    /// A `GET`.
    pub fn get(endpoint: &str, path: &str) -> Self {
        Self::new(Method::GET, endpoint, path)
    }

    /// A `POST`.
    pub fn post(endpoint: &str, path: &str) -> Self {
        Self::new(Method::POST, endpoint, path)
    }

    /// The same with the header `name`.
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        self.insert(name, value, false);
        self
    }

    /// The same with the header `name`, whose value nobody may see.
    pub fn with_secret_header(mut self, name: HeaderName, value: &str) -> Self {
        self.insert(name, value, true);
        self
    }

    /// The same with `Authorization: Bearer <token>`.
    pub fn with_bearer(self, token: &str) -> Self {
        self.with_authorization("Bearer", token)
    }

    /// The same with `Authorization: <scheme> <credentials>`.
    pub fn with_authorization(mut self, scheme: &str, credentials: &str) -> Self {
        self.insert(AUTHORIZATION, &format!("{scheme} {credentials}"), true);
        self
    }

    /// The same with `body` as JSON.
    pub fn with_json(mut self, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(json) => self.body = json.into(),
            Err(error) => self.blame(format!("the body cannot be written as JSON: {error}")),
        }
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        self
    }

    /// The same with `body` as it is.
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// The same, marked [`Harmless`].
    pub fn harmless(mut self) -> Self {
        self.harmless = true;
        self
    }

    /// The request.
    ///
    /// # Errors
    /// [`Misconfigured`](SinkErrorKind::Misconfigured): the address is none, the value of a header holds what a header
    /// cannot (a line break in a token, say), or the body cannot be written.
    pub fn build(self) -> Result<Request<Bytes>, SinkError> {
        let misconfigured = |context: String| SinkError::new(SinkErrorKind::Misconfigured, context);
        if let Some(fault) = self.fault {
            return Err(misconfigured(fault));
        }
        let address: Uri = self.address.parse().ok().filter(|uri: &Uri| uri.host().is_some()).ok_or_else(|| {
            misconfigured("the address of the service is none; it must be like https://example.org/path".to_owned())
        })?;
        let mut request = Request::new(self.body);
        *request.method_mut() = self.method;
        *request.uri_mut() = address;
        *request.headers_mut() = self.headers;
        if self.harmless {
            request.extensions_mut().insert(Harmless);
        }
        Ok(request)
    }

    fn insert(&mut self, name: HeaderName, value: &str, secret: bool) {
        match HeaderValue::from_str(value) {
            Ok(mut value) => {
                value.set_sensitive(secret);
                self.headers.insert(name, value);
            }
            Err(_) => self.blame(format!(
                "the value for the header {name} has a line break or another control character; check the secret or \
                 setting that it comes from"
            )),
        }
    }

    /// The first fault is the one that is told.
    fn blame(&mut self, fault: String) {
        self.fault.get_or_insert(fault);
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({}, {} bytes)", self.method, self.body.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_goes_below_the_endpoint_with_one_slash() {
        for (endpoint, path, want) in [
            ("https://a.example/api", "/x?y=1", "https://a.example/api/x?y=1"),
            ("https://a.example/api/", "x", "https://a.example/api/x"),
            ("https://a.example", "/x", "https://a.example/x"),
            ("https://a.example/hook/T0/s3cret", "", "https://a.example/hook/T0/s3cret"),
        ] {
            assert_eq!(Call::get(endpoint, path).build().expect("a request").uri(), want);
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_the_secret() {
        let faulty = [
            Call::get("not an address s3cret", ""),
            Call::get("/only/a/path/s3cret", ""),
            Call::get("https://a.example", "").with_bearer("s3cret\n"),
            Call::post("https://a.example", "").with_authorization("GenieKey", "s3cret\u{7f}"),
        ];
        for call in faulty {
            let shown = format!("{call:?}");
            let error = call.build().expect_err("a fault");
            assert_eq!(error.kind(), SinkErrorKind::Misconfigured);
            assert!(!format!("{error} {error:?} {shown}").contains("s3cret"), "{error:?}");
        }
    }

    #[test]
    fn only_what_is_marked_is_harmless() {
        let marked = Call::post("https://a.example", "").harmless().build().expect("a request");
        let plain = Call::post("https://a.example", "").build().expect("a request");
        assert!(marked.extensions().get::<Harmless>().is_some() && plain.extensions().get::<Harmless>().is_none());
    }
}
