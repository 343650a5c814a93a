use std::sync::Arc;

use tidegate_event::Signal;
use tidegate_source::Intake;
use tokio::sync::{Semaphore, mpsc};

use crate::core::Input;

/// How many intakes wait for the core at the most. A source that hands in more waits.
pub(crate) const INPUTS: usize = 256;
/// What a permit of the room stands for, in bytes.
const UNIT: usize = 1024;
/// About how much the intakes that wait, or have yet to become durable, may take: 64 MiB.
const UNITS: u32 = 64 * 1024;

/// Where everything comes in: bounded in number and in bytes.
#[derive(Debug, Clone)]
pub(crate) struct Inlet {
    inputs: mpsc::Sender<Input>,
    room: Arc<Semaphore>,
}

/// The core is gone.
#[derive(Debug)]
pub(crate) struct Gone;

impl Inlet {
    pub(crate) fn new() -> (Self, mpsc::Receiver<Input>) {
        let (inputs, inbox) = mpsc::channel(INPUTS);
        (Self { inputs, room: Arc::new(Semaphore::new(UNITS as usize)) }, inbox)
    }

    /// Hands an intake in, once there is room for it. `source`: its number; none where an embedder did, by the handle.
    pub(crate) async fn hand_in(&self, source: Option<usize>, intake: Intake) -> Result<(), Gone> {
        // One that is larger than all the room waits until it has all of it.
        let units = intake.signals.iter().map(Signal::size_bytes).sum::<usize>().div_ceil(UNIT);
        let units = u32::try_from(units).unwrap_or(UNITS).clamp(1, UNITS);
        let room = Arc::clone(&self.room).acquire_many_owned(units).await.map_err(|_| Gone)?;
        self.send(Input::Intake { source, intake, room }).await
    }

    pub(crate) async fn send(&self, input: Input) -> Result<(), Gone> {
        self.inputs.send(input).await.map_err(|_| Gone)
    }
}

#[cfg(test)]
mod tests {
    use tidegate_event::Resource;
    use tokio::time::timeout;

    use super::*;

    const BYTES: usize = UNITS as usize * UNIT;

    fn large(bytes: usize) -> Intake {
        let why = "x".repeat(bytes);
        Intake::new(vec![Signal::Gap { resource: Resource::new().with_node("a"), why }])
    }

    #[tokio::test(start_paused = true)]
    async fn intakes_are_bounded_in_bytes_and_the_room_comes_back() {
        let (inlet, mut inbox) = Inlet::new();
        inlet.hand_in(None, large(BYTES / 2)).await.expect("there is room");
        let second = inlet.hand_in(None, large(BYTES / 2 + UNIT));
        tokio::pin!(second);
        let waits = timeout(std::time::Duration::from_secs(1), &mut second).await;
        assert!(waits.is_err(), "both together are too much");
        drop(inbox.recv().await.expect("the first"));
        second.await.expect("now there is room");
    }

    #[tokio::test]
    async fn an_intake_larger_than_all_the_room_goes_alone() {
        let (inlet, mut inbox) = Inlet::new();
        inlet.hand_in(None, large(2 * BYTES)).await.expect("it has all the room");
        assert!(matches!(inbox.recv().await, Some(Input::Intake { .. })));
    }
}
