use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use futures::StreamExt;
use tokio::time::timeout;

use crate::answer::Refusal;

/// The largest body: a message of 64 KiB, and all else that a notification may have, several times over.
const LARGEST: usize = 1024 * 1024;
/// How much of a body that is too large is read and forgotten: who is cut off while it sends never sees why.
const FORGOTTEN: usize = 16 * LARGEST;
/// How long a whole body may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The whole of `body`.
pub(super) async fn read(body: Body) -> Result<Vec<u8>, Refusal> {
    timeout(PATIENCE, collect(body)).await.unwrap_or_else(|_| {
        let reason = format!("the body was not there within {} s", PATIENCE.as_secs());
        Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, reason))
    })
}

async fn collect(body: Body) -> Result<Vec<u8>, Refusal> {
    let mut stream = body.into_data_stream();
    let (mut bytes, mut length) = (Vec::new(), 0_usize);
    while let Some(piece) = stream.next().await {
        let piece = piece
            .map_err(|_| Refusal::new(StatusCode::BAD_REQUEST, "the body broke off before its end; say it again"))?;
        length = length.saturating_add(piece.len());
        if length <= LARGEST {
            bytes.extend_from_slice(&piece);
        } else {
            bytes = Vec::new();
        }
        if length > FORGOTTEN {
            break;
        }
    }
    if length > LARGEST {
        let reason = "the body is over 1 MiB, which is the most that is taken";
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, reason));
    }
    Ok(bytes)
}
