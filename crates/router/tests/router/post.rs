use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Reason, Receipt, Sink, SinkError, SinkErrorKind};
use tokio::time::Instant;

use crate::stores::words;

/// What a call of a sink ends with.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// All is taken, with the number of the call as receipt.
    Accept,
    Reject,
    Fail(SinkErrorKind),
    /// All is taken, after so long.
    Late(Duration),
    Hang,
    Panic,
}

/// A sink that notes what it is told, and answers by a script, then always the same. Clones are the same.
#[derive(Clone)]
pub(crate) struct Post {
    profile: Profile,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    script: VecDeque<Answer>,
    always: Answer,
    calls: Vec<Call>,
    probes: usize,
}

/// A call of the sink.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) at: Instant,
    pub(crate) batch: Vec<Delivery>,
    /// It was answered with acceptance.
    pub(crate) accepted: bool,
}

impl Call {
    pub(crate) fn words(&self) -> Vec<String> {
        self.batch.iter().map(|delivery| words(&delivery.event)).collect()
    }

    pub(crate) fn prior(&self) -> Option<u64> {
        self.batch[0].prior.as_ref().map(|receipt| receipt.read().expect("its own receipt"))
    }
}

impl Post {
    pub(crate) fn new(destination: &str) -> Self {
        Self::with(Profile::new(destination))
    }

    pub(crate) fn with(profile: Profile) -> Self {
        let shared = Shared { script: VecDeque::new(), always: Answer::Accept, calls: Vec::new(), probes: 0 };
        Self { profile, shared: Arc::new(Mutex::new(shared)) }
    }

    /// Answers the next calls so, whatever it always answers.
    pub(crate) fn next(&self, answers: impl IntoIterator<Item = Answer>) -> &Self {
        self.lock().script.extend(answers);
        self
    }

    /// Answers so from now on.
    pub(crate) fn always(&self, answer: Answer) -> &Self {
        self.lock().always = answer;
        self
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// How often it was asked whether it would take something.
    pub(crate) fn probes(&self) -> usize {
        self.lock().probes
    }

    /// All that it took, in order.
    pub(crate) fn taken(&self) -> Vec<String> {
        self.lock().calls.iter().filter(|call| call.accepted).flat_map(Call::words).collect()
    }

    /// How many share it.
    pub(crate) fn shares(&self) -> usize {
        Arc::strong_count(&self.shared)
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().expect("no test panics here")
    }
}

#[async_trait]
impl Sink for Post {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        let (number, answer) = {
            let mut shared = self.lock();
            let answer = shared.script.pop_front().unwrap_or(shared.always);
            shared.calls.push(Call { at: Instant::now(), batch: batch.to_vec(), accepted: false });
            (shared.calls.len(), answer)
        };
        match answer {
            Answer::Reject => return Ok(vec![Outcome::Rejected(Reason::new("no")); batch.len()]),
            Answer::Fail(kind) => return Err(SinkError::new(kind, "the script")),
            Answer::Hang => return std::future::pending().await,
            Answer::Panic => panic!("the script says so"),
            Answer::Late(wait) => tokio::time::sleep(wait).await,
            Answer::Accept => {}
        }
        self.lock().calls[number - 1].accepted = true;
        let receipt = Receipt::new(&number).expect("a number is JSON");
        Ok(vec![Outcome::Accepted(Some(receipt)); batch.len()])
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        let mut shared = self.lock();
        shared.probes += 1;
        match shared.always {
            Answer::Fail(kind) => Err(SinkError::new(kind, "the script")),
            _ => Ok(Probe::new()),
        }
    }
}
