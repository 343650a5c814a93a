use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Receipt, SinkError};

/// How the delivery of one item went.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The service has it, or had it already. With what the sink must have back to go on with it.
    Accepted(Option<Receipt>),
    /// The service will never take this item as it is. It goes to the dead letters.
    Rejected(Reason),
    /// It failed, and may go through later.
    Failed(SinkError),
    /// It was not sent. Offer it again.
    Untouched,
}

/// Why a service will never take an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// What is wrong, in words for people.
    pub message: String,
    /// What the service said, secrets masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

impl Reason {
    /// A reason without the service's own words.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), answer: None }
    }

    /// The same with the service's own words.
    pub fn with_answer(mut self, answer: impl Into<String>) -> Self {
        self.answer = Some(answer.into());
        self
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.answer {
            Some(answer) => write!(f, "{} (the service said: {answer})", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// What a probe proved, and what it could not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Probe {
    proven: Vec<String>,
    unproven: Vec<String>,
    blind_to_credentials: bool,
}

impl Probe {
    /// A probe that proved nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, having proved `what`.
    pub fn with_proven(mut self, what: impl Into<String>) -> Self {
        self.proven.push(what.into());
        self
    }

    /// The same, unable to prove `what` without leaving a trace.
    pub fn with_unproven(mut self, what: impl Into<String>) -> Self {
        self.unproven.push(what.into());
        self
    }

    /// The same, unable to tell whether the credentials are right. An integration that is paused for theirs stays so after
    /// such a probe.
    pub fn blind_to_credentials(mut self) -> Self {
        self.blind_to_credentials = true;
        self
    }

    /// Whether the credentials would have been refused were they wrong.
    pub fn proves_credentials(&self) -> bool {
        !self.blind_to_credentials
    }

    /// What is certain now, a sentence each.
    pub fn proven(&self) -> &[String] {
        &self.proven
    }

    /// What could not be checked without leaving a trace, a sentence each.
    pub fn unproven(&self) -> &[String] {
        &self.unproven
    }
}
