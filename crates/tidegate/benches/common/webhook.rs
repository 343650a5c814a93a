//! A webhook on this machine: it takes what is posted and answers 200, and does nothing else.

use std::sync::Arc;

use async_trait::async_trait;
use tidegate_event::Event;
use tidegate_http::{Call, HttpTransport, Transport};
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError, SinkErrorKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Serves on a port of this machine's choosing for as long as the runtime lives. The address.
pub(crate) async fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(answer(connection));
        }
    });
    format!("http://{address}")
}

async fn answer(mut connection: TcpStream) -> Option<()> {
    connection.set_nodelay(true).ok()?;
    let mut received = Vec::new();
    loop {
        let length = loop {
            if let Some(length) = length_of_request(&received)
                && length <= received.len()
            {
                break length;
            }
            if connection.read_buf(&mut received).await.ok()? == 0 {
                return None;
            }
        };
        received.drain(..length);
        connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.ok()?;
    }
}

/// Of head and body, once the head is there.
fn length_of_request(received: &[u8]) -> Option<usize> {
    let head = received.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&received[..head]).ok()?.to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"))?;
    Some(head + length.trim().parse::<usize>().ok()?)
}

/// Posts to it: the events of a batch as one array.
#[derive(Clone)]
pub(crate) struct Webhook<N> {
    profile: Profile,
    transport: HttpTransport,
    address: String,
    note: Arc<N>,
}

impl<N: Fn(&[Delivery]) + Send + Sync + 'static> Webhook<N> {
    /// One that takes so many items in a request, and so many requests at once, and calls `note` with what it has taken.
    pub(crate) fn new(address: &str, batch: usize, concurrency: usize, note: N) -> Self {
        let profile = Profile::new("webhook").with_batch(batch).with_concurrency(concurrency);
        let transport = HttpTransport::new().expect("the machine's certificates");
        Self { profile, transport, address: address.to_owned(), note: Arc::new(note) }
    }
}

/// Posts these, and nothing else.
pub(crate) async fn post(transport: &HttpTransport, address: &str, events: &[&Event]) -> Result<(), SinkError> {
    let request = Call::post(address, "/hook").with_json(&events).build()?;
    let answer = transport.send(request).await?;
    let taken = answer.status().is_success();
    if taken { Ok(()) } else { Err(SinkError::new(SinkErrorKind::Unconfirmed, "an answer that it never gives")) }
}

#[async_trait]
impl<N: Fn(&[Delivery]) + Send + Sync + 'static> Sink for Webhook<N> {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        let events: Vec<&Event> = batch.iter().map(|delivery| &*delivery.event).collect();
        post(&self.transport, &self.address, &events).await?;
        (self.note)(batch);
        Ok(vec![Outcome::Accepted(None); batch.len()])
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        Ok(Probe::new())
    }
}
