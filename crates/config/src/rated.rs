use async_trait::async_trait;
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Rate, Sink, SinkError};

/// A sink that takes no more than the rate that its integration says, whatever its own profile says.
pub(crate) struct Rated {
    sink: Box<dyn Sink>,
    profile: Profile,
}

impl Rated {
    pub(crate) fn new(sink: Box<dyn Sink>, rate: Rate) -> Self {
        let profile = sink.profile().clone().with_rate(rate);
        Self { sink, profile }
    }
}

#[async_trait]
impl Sink for Rated {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        self.sink.deliver(batch).await
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        self.sink.probe().await
    }
}
