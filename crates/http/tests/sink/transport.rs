//! A transport without a network.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use tidegate_http::{Transport, TransportError, TransportErrorKind};

#[derive(Clone, Copy)]
pub(crate) enum Answer {
    Status(u16),
    Fail(TransportErrorKind),
}

/// Answers by script; after its end always the same, or not at all.
pub(crate) struct Scripted {
    script: Mutex<VecDeque<Answer>>,
    then: Option<u16>,
    sent: Arc<AtomicUsize>,
}

/// How many requests were sent.
pub(crate) struct Sent(Arc<AtomicUsize>);

impl Sent {
    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Scripted {
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self { script: Mutex::new(answers.into_iter().collect()), then: None, sent: Arc::default() }
    }

    pub(crate) fn answering(status: u16) -> Self {
        Self { then: Some(status), ..Self::new([]) }
    }

    pub(crate) fn sent(&self) -> Sent {
        Sent(Arc::clone(&self.sent))
    }
}

#[async_trait]
impl Transport for Scripted {
    async fn send(&self, _: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.sent.fetch_add(1, Ordering::SeqCst);
        let scripted = self.script.lock().expect("the script").pop_front();
        match scripted.or(self.then.map(Answer::Status)).expect("no request beyond the script") {
            Answer::Status(status) => Ok(Response::builder().status(status).body(Bytes::new()).expect("an answer")),
            Answer::Fail(kind) => Err(TransportError::new(kind, "scripted")),
        }
    }
}
