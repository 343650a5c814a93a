//! `tidegate check`.

use std::time::Duration;

use tidegate::router::Integration;
use tidegate::sink::{SinkError, SinkErrorKind};
use tidegate::sinks::console::{Screen, escape};
use tokio::time::timeout;

use crate::args::CheckArgs;
use crate::failure::Failure;
use crate::file::{File, describe, describe_places};
use crate::session::unless_asked;
use crate::stop::Stop;

/// How long a sink may take for one answer, as long as a lane gives it; those over a network give up sooner by themselves.
const LONGEST: Duration = Duration::from_mins(2);

/// Looks the file through, and where asked to, the services.
pub(crate) async fn run(args: CheckArgs, screen: &Screen) -> Result<String, Failure> {
    let file = File::read(&args.file.config, screen)?;
    let (parts, places) = (describe(&file.plan), describe_places(&file.plan));
    let words = format!("{} is right. It has:\n{parts}{places}", escape(&file.name));
    if !args.probe {
        return Ok(words);
    }
    screen.say(words);
    let integrations = file.integrations();
    let probing = async {
        let mut refused = 0_usize;
        for integration in &integrations {
            refused += usize::from(!probe(integration, screen).await);
        }
        refused
    };
    let mut stop = Stop::listen()?;
    match unless_asked(probing, stop.asked()).await {
        Ok(0) => Ok(String::new()),
        Ok(refused) => Err(Failure::Failed(format!("{refused} of {} integrations would fail", integrations.len()))),
        Err(by) => Err(Failure::Failed(format!("stopped by {by}"))),
    }
}

/// Whether the service of `integration` would take us; says so.
pub(crate) async fn probe(integration: &Integration, screen: &Screen) -> bool {
    let sink = integration.sink();
    screen.say(format!("{} ({}):\n", integration.name(), escape(sink.profile().destination())));
    match in_time(sink.probe()).await {
        Ok(probe) => {
            for what in probe.proven() {
                screen.say(format!("  proven      {}\n", escape(what)));
            }
            for what in probe.unproven() {
                screen.say(format!("  not proven  {}\n", escape(what)));
            }
            true
        }
        Err(error) => {
            screen.say(format!("  FAILED      {}\n", escape(&error.words())));
            screen.say(advice(&error));
            screen.say("  not proven  that it takes anything: nothing was sent\n");
            false
        }
    }
}

/// What to do, where that is not in the words of the error itself: those about a key or a setting say it.
pub(crate) fn advice(error: &SinkError) -> String {
    let advice = match error.kind() {
        SinkErrorKind::Unreachable => {
            "check the address in the file, its port and `https`, and what is on the way: a firewall, a proxy"
        }
        SinkErrorKind::Unconfirmed => {
            "look whether it came all the same. If not: check that the address in the file is that of the service, and \
             try again"
        }
        SinkErrorKind::Throttled => "wait as long as it says, and try again; others may use the same key",
        SinkErrorKind::Unavailable => "try again later: the service has a trouble of its own, or what stands before it",
        SinkErrorKind::Unauthorized | SinkErrorKind::Misconfigured | SinkErrorKind::Gone => return String::new(),
    };
    format!("  do          {advice}\n")
}

/// What a sink answers, or that it did not.
pub(crate) async fn in_time<T>(answer: impl Future<Output = Result<T, SinkError>>) -> Result<T, SinkError> {
    let late = || SinkError::new(SinkErrorKind::Unconfirmed, format!("no answer within {} s", LONGEST.as_secs()));
    timeout(LONGEST, answer).await.unwrap_or_else(|_| Err(late()))
}
