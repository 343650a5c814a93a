//! `tidegate check`.

use tidegate::sinks::console::{Screen, escape};

use crate::args::CheckArgs;
use crate::failure::{Failure, chain};
use crate::file::{File, describe};

/// Looks the file through, and where asked to, the services.
pub(crate) async fn run(args: CheckArgs, screen: &Screen) -> Result<String, Failure> {
    let file = File::read(&args.file.config, screen)?;
    let words = format!("{} is right. It has:\n{}", escape(&file.name), describe(&file.plan));
    if !args.probe {
        return Ok(words);
    }
    screen.say(words);
    let mut refused = 0_usize;
    for planned in file.plan.integrations() {
        refused += usize::from(!probe(planned.integration(), screen).await);
    }
    match refused {
        0 => Ok(String::new()),
        _ => Err(Failure::Failed(format!("{refused} of {} integrations would fail", file.plan.integrations().len()))),
    }
}

/// Whether the service of `integration` would take us; says so.
pub(crate) async fn probe(integration: &tidegate::router::Integration, screen: &Screen) -> bool {
    let sink = integration.sink();
    screen.say(format!("{} ({}):\n", integration.name(), escape(sink.profile().destination())));
    match sink.probe().await {
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
            screen.say(format!("  FAILED      {}\n", chain(&error)));
            false
        }
    }
}
