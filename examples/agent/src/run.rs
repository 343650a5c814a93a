//! `tidegate run`.

use std::future::pending;

use tidegate::sinks::console::Screen;

use crate::args::RunArgs;
use crate::failure::Failure;
use crate::file::File;
use crate::session::unless_asked;
use crate::stop::Stop;
use crate::{host, pulse};

/// Runs until it is asked to stop, and tells how it went.
pub(crate) async fn run(args: RunArgs, screen: &Screen) -> Result<String, Failure> {
    let mut stop = Stop::listen()?;
    let start = async {
        match &args.config {
            None => host::start(&args, screen).await,
            Some(path) => File::read(path, screen)?.start(screen).await,
        }
    };
    let session = match unless_asked(start, stop.asked()).await {
        Ok(started) => started?,
        Err(by) => return Ok(format!("Stopped by {by}, before it began to watch.\n")),
    };
    let handle = session.router.handle();
    let by_file = args.config.is_some();
    let line = async { if by_file { pulse::show(&handle, screen, || None).await } else { pending().await } };
    session.run(screen, &mut stop, line, async |_| {}).await.map(|end| end.words())
}
