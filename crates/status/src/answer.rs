use std::time::Duration;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tidegate_router::{Handle, RouterErrorKind};
use tokio::time::timeout;

/// How long the router may take to tell how it is.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is said about the process or the router.
#[derive(Debug, Serialize)]
struct Answer {
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
}

pub(crate) fn live() -> Response {
    respond(StatusCode::OK, &Answer { status: "live", reasons: Vec::new() })
}

/// Whether the router takes what it is handed.
pub(crate) async fn ready(handle: &Handle) -> Response {
    let reasons = reasons(handle).await;
    if reasons.is_empty() {
        return respond(StatusCode::OK, &Answer { status: "ready", reasons });
    }
    respond(StatusCode::SERVICE_UNAVAILABLE, &Answer { status: "unready", reasons })
}

pub(crate) fn not_found() -> Response {
    let reasons = vec!["there are /health/live and /health/ready".to_owned()];
    respond(StatusCode::NOT_FOUND, &Answer { status: "not found", reasons })
}

async fn reasons(handle: &Handle) -> Vec<String> {
    match timeout(PATIENCE, handle.snapshot()).await {
        Ok(Ok(snapshot)) => snapshot.store_failing.map(|why| format!("a store fails: {why}")).into_iter().collect(),
        Ok(Err(error)) if error.kind() == RouterErrorKind::Stopped => vec!["the router has stopped".to_owned()],
        Ok(Err(error)) => vec![error.to_string()],
        Err(_) => {
            vec![
                "the router does not answer: it has not started yet, or waits for a store or a lane that is full"
                    .to_owned(),
            ]
        }
    }
}

fn respond(code: StatusCode, answer: &Answer) -> Response {
    // Text and lists of text can always be written as JSON.
    let body = serde_json::to_string(answer).unwrap_or_default() + "\n";
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (code, headers, body).into_response()
}
