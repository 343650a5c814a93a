//! A router over a journal that can hang, behind a server that takes notifications.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeZone, Utc};
use tidegate_base::Clock;
use tidegate_event::{Event, Notification};
use tidegate_router::{Handle, Router};
use tidegate_status::{Notifications, Status};
use tidegate_store::{Append, Chunk, EventLog, Mark, MemoryLog, MemoryState, Position, StoreError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// Always the same time.
struct Stopped;

pub(crate) fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 24, 3, 0, 0).unwrap()
}

impl Clock for Stopped {
    fn now(&self) -> DateTime<Utc> {
        now()
    }
}

/// A journal that answers no append while it hangs.
#[derive(Clone)]
struct Journal {
    log: Arc<MemoryLog>,
    hangs: watch::Receiver<bool>,
}

#[async_trait]
impl EventLog for Journal {
    async fn append(&self, append: Append) -> Result<Position, StoreError> {
        let mut hangs = self.hangs.clone();
        let _ = hangs.wait_for(|hangs| !hangs).await;
        self.log.append(append).await
    }

    async fn read(&self, from: Position, max_bytes: usize) -> Result<Chunk, StoreError> {
        self.log.read(from, max_bytes).await
    }

    async fn release(&self, _: Position) -> Result<(), StoreError> {
        Ok(()) // what a test looks at stays
    }

    async fn marks(&self) -> Result<Vec<Mark>, StoreError> {
        self.log.marks().await
    }
}

pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) handle: Handle,
    log: Arc<MemoryLog>,
    hanging: watch::Sender<bool>,
}

impl World {
    /// One that takes what comes from this machine.
    pub(crate) async fn new() -> Self {
        Self::with(Notifications::new()).await
    }

    pub(crate) async fn with(notifications: Notifications) -> Self {
        let (hanging, hangs) = watch::channel(false);
        let log = Arc::new(MemoryLog::new());
        let journal = Journal { log: Arc::clone(&log), hangs };
        let router = Router::builder().with_stores(journal, MemoryLog::new(), MemoryState::new());
        let router = router.build().expect("parts that fit");
        let handle = router.handle();
        tokio::spawn(router.run());
        let status = Status::new(handle.clone()).with_notifications(notifications.with_clock(Stopped));
        let bound = status.bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a free port");
        let address = bound.address();
        tokio::spawn(bound.serve(std::future::pending()));
        Self { address, handle, log, hanging }
    }

    pub(crate) fn hang(&self, hangs: bool) {
        self.hanging.send_replace(hangs);
    }

    /// What the journal has.
    pub(crate) async fn journal(&self) -> Vec<Notification> {
        if self.log.is_empty() {
            return Vec::new();
        }
        let chunk = self.log.read(Position::default(), usize::MAX).await.expect("in memory");
        let notification = |event: &Event| match event {
            Event::Notification(notification) => Some((**notification).clone()),
            _ => None,
        };
        chunk.events.iter().filter_map(|(_, event)| notification(event)).collect()
    }

    /// The clusters that are retired, and why.
    pub(crate) async fn retired(&self) -> Vec<String> {
        let snapshot = self.handle.snapshot().await.expect("it runs");
        snapshot.retired.iter().map(|(resource, why)| format!("{resource}: {why}")).collect()
    }

    /// Posts `body` as a sender should.
    pub(crate) async fn post(&self, body: &str) -> Answer {
        self.post_with("host: localhost\r\ncontent-type: application/json\r\n", body).await
    }

    /// The same with these lines of a head.
    pub(crate) async fn post_with(&self, lines: &str, body: &str) -> Answer {
        ask(self.address, "POST /v1/notifications", lines, body).await
    }
}

#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// Its code and its reasons.
    #[track_caller]
    pub(crate) fn refused(&self) -> (u16, Vec<String>) {
        let body: serde_json::Value = serde_json::from_str(&self.body).expect("JSON");
        assert_eq!(body["status"], "refused", "{self:?}");
        let reasons = body["reasons"].as_array().expect("a list");
        (self.code, reasons.iter().map(|reason| reason.as_str().expect("text").to_owned()).collect())
    }

    #[track_caller]
    pub(crate) fn assert_taken(&self, id: &str, revision: u32) {
        let body = format!("{{\"status\":\"taken\",\"id\":\"{id}\",\"revision\":{revision}}}\n");
        assert_eq!((self.code, &self.body), (202, &body), "{self:?}");
    }
}

/// What is answered to `line`, such as `POST /`, with `lines` of a head and a body.
pub(crate) async fn ask(address: SocketAddr, line: &str, lines: &str, body: &str) -> Answer {
    let request =
        format!("{line} HTTP/1.1\r\n{lines}connection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    send(address, &request).await
}

/// What is answered to these bytes.
pub(crate) async fn send(address: SocketAddr, request: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.expect("somebody listens");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let code = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    Answer { code, head: head.to_lowercase(), body: body.to_owned() }
}
