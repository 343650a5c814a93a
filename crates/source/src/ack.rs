use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::channel::oneshot;

/// The router's half: says that an [`Intake`](crate::Intake) was taken.
pub struct Ack {
    sender: Option<oneshot::Sender<()>>,
}

/// The source's half: waits until its intake was taken.
#[must_use = "a future does nothing until it is awaited"]
pub struct Taken {
    receiver: oneshot::Receiver<()>,
}

/// The intake was not taken: the router stopped first. Hand it in again after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the router stopped before it had taken what was handed in")]
pub struct NotTaken;

impl Ack {
    /// Both halves.
    pub fn new() -> (Self, Taken) {
        let (sender, receiver) = oneshot::channel();
        (Self { sender: Some(sender) }, Taken { receiver })
    }

    /// An ack that nobody waits for.
    pub fn nobody() -> Self {
        Self { sender: None }
    }

    /// Says that the intake was taken: what is to be kept of it is durable.
    pub fn complete(self) {
        if let Some(sender) = self.sender {
            // Whoever waited may have gone; the intake is taken all the same.
            let _ = sender.send(());
        }
    }
}

impl Future for Taken {
    type Output = Result<(), NotTaken>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.receiver).poll(context).map(|taken| taken.map_err(|_| NotTaken))
    }
}

impl fmt::Debug for Ack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ack")
    }
}

impl fmt::Debug for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Taken")
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn completes_when_taken_and_tells_when_not() {
        let (ack, mut taken) = Ack::new();
        assert_eq!((&mut taken).now_or_never(), None);
        ack.complete();
        assert_eq!(taken.now_or_never(), Some(Ok(())));

        let (ack, taken) = Ack::new();
        drop(ack);
        assert_eq!(taken.now_or_never(), Some(Err(NotTaken)));
    }
}
