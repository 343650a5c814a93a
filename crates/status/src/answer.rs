use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// What is answered: a JSON object on one line.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Answer {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

impl Answer {
    pub(crate) fn new(status: &'static str, reasons: Vec<String>) -> Self {
        Self { status, reasons, ..Self::default() }
    }

    /// A notification is taken.
    pub(crate) fn taken(id: String, revision: u32) -> Self {
        Self { status: "taken", id: Some(id), revision: Some(revision), ..Self::default() }
    }

    /// The same with what is good to know.
    pub(crate) fn with_notes(self, notes: &[String]) -> Self {
        Self { notes: notes.to_vec(), ..self }
    }

    pub(crate) fn respond(&self, code: StatusCode) -> Response {
        // Texts, numbers and lists of text can always be written as JSON.
        let body = serde_json::to_string(self).unwrap_or_default() + "\n";
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        (code, headers, body).into_response()
    }
}

/// Why something is not done.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: StatusCode,
    header: Option<(HeaderName, HeaderValue)>,
    reasons: Vec<String>,
}

impl Refusal {
    pub(crate) fn new(code: StatusCode, reason: impl Into<String>) -> Self {
        Self::of(code, vec![reason.into()])
    }

    pub(crate) fn of(code: StatusCode, reasons: Vec<String>) -> Self {
        Self { code, header: None, reasons }
    }

    pub(crate) fn with_header(self, name: HeaderName, value: &'static str) -> Self {
        Self { header: Some((name, HeaderValue::from_static(value))), ..self }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = Answer::new("refused", self.reasons).respond(self.code);
        response.headers_mut().extend(self.header);
        response
    }
}

/// Nobody listens at this path; `paths` are there.
pub(crate) fn not_found(paths: &str) -> Response {
    Answer::new("not found", vec![format!("there are {paths}")]).respond(StatusCode::NOT_FOUND)
}
