//! A sink of one's own, and a registry that knows it.

use async_trait::async_trait;
use serde::Deserialize;
use tidegate_base::Secret;
use tidegate_config::{DurationConfig, Registry, SecretConfig};
use tidegate_event::EventKind;
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError};
use tidegate_sink_console::{Output, Screen};

#[derive(Deserialize)]
struct PagerKeys {
    number: u32,
    pin: SecretConfig,
    timeout: Option<DurationConfig>,
}

/// Takes issues and notifications. Its destination tells how it was made.
#[derive(Debug)]
pub(crate) struct Pager {
    profile: Profile,
    _pin: Secret,
}

#[async_trait]
impl Sink for Pager {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        Ok(vec![Outcome::Accepted(None); batch.len()])
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        Ok(Probe::new())
    }
}

/// Every standard kind, and `pager`.
pub(crate) fn registry() -> Registry {
    let screen = Screen::new(Output::nowhere(), Output::nowhere()).expect("a thread");
    Registry::standard().with_console(screen).with_sink("pager", |section| {
        let PagerKeys { number, pin, timeout } = section.parse()?;
        if number == 0 {
            return Err(section.refuse("number is 0; it must be that of a pager"));
        }
        let timeout = timeout.map_or(0, |timeout| timeout.get().as_millis());
        let pin: Secret = pin.into();
        let profile = Profile::new(format!("pager:{number} {timeout} {pin:?}"));
        Ok(Pager { profile: profile.with_kinds([EventKind::Issue, EventKind::Notification].into()), _pin: pin })
    })
}
