use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use tidegate_router::{Handle, RouterErrorKind};
use tokio::time::timeout;

use crate::answer::Answer;

/// How long the router may take to tell how it is.
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) fn live() -> Response {
    Answer::new("live", Vec::new()).respond(StatusCode::OK)
}

/// Whether the router takes what it is handed.
pub(crate) async fn ready(handle: &Handle, notes: &[String]) -> Response {
    let reasons = reasons(handle).await;
    if reasons.is_empty() {
        return Answer::new("ready", reasons).with_notes(notes).respond(StatusCode::OK);
    }
    Answer::new("unready", reasons).with_notes(notes).respond(StatusCode::SERVICE_UNAVAILABLE)
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
