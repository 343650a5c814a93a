//! What can be asked of the state: by itself, or of the program that has it open.

use serde::{Deserialize, Serialize};
use tidegate::router::{Handle, Integration};
use tidegate::sinks::console::Screen;
use tidegate::store::StoreErrorKind;

use crate::args::FileArgs;
use crate::failure::{Failure, chain};
use crate::file::File;
use crate::state::{State, failure};
use crate::{control, dead, explain, replay};

/// What is asked.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    Dead(dead::Request),
    Replay(replay::Request),
    Explain(explain::Request),
}

/// What it takes to answer.
pub(crate) struct Tools {
    pub(crate) state: State,
    pub(crate) integrations: Vec<Integration>,
    /// Of the router that works over the state, where there is one.
    pub(crate) handle: Option<Handle>,
}

impl Tools {
    /// The answer: what to print, or in words why not.
    pub(crate) async fn answer(&self, request: Request) -> Result<String, String> {
        match request {
            Request::Dead(request) => dead::answer(self, request).await,
            Request::Replay(request) => replay::answer(self, request).await,
            Request::Explain(request) => explain::answer(self, request).await,
        }
    }

    pub(crate) fn integration(&self, name: &str) -> Result<&Integration, String> {
        let found = self.integrations.iter().find(|one| **one.name() == *name);
        let names = || self.integrations.iter().map(|one| &**one.name()).collect::<Vec<_>>().join(", ");
        found.ok_or_else(|| format!("there is no integration {name:?}; there is {}", names()))
    }
}

/// Answers from the state of the file, or has the program answer that has it open; prints the answer.
pub(crate) async fn run(args: &FileArgs, request: Request, screen: &Screen) -> Result<String, Failure> {
    let file = File::read(&args.config, screen)?;
    let storage = file.plan.storage();
    let Some(dir) = storage.dir() else {
        let why =
            format!("{} keeps everything in memory (`state_dir` is \"\"): there is nothing to look at", file.name);
        return Err(Failure::Failed(why));
    };
    if !dir.exists() {
        return Err(Failure::Failed(format!(
            "there is no state in {}: nothing has run by this file yet",
            dir.display()
        )));
    }
    let answer = match State::open(dir, [storage.journal_bytes(), storage.bulk_bytes()]).await {
        Ok(state) => Tools { state, integrations: file.integrations(), handle: None }.answer(request).await,
        Err(error) if error.kind() == StoreErrorKind::InUse => control::ask(dir, &request)
            .await
            .unwrap_or_else(|why| Err(format!("{}, and does not answer: {why}", chain(&error)))),
        Err(error) => return Err(failure(dir, &error)),
    };
    print(answer.map_err(Failure::Failed)?).await
}

/// Prints results on standard output. Nobody minds where nobody reads on.
async fn print(text: String) -> Result<String, Failure> {
    use std::io::Write as _;
    let printed = tokio::task::spawn_blocking(move || std::io::stdout().lock().write_all(text.as_bytes())).await;
    match printed {
        Ok(Err(error)) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::Failed(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(String::new()),
    }
}
