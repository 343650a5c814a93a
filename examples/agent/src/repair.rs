//! `tidegate repair`: looks for damage in the logs on disk, and goes past it when told to.

use std::fmt::Write as _;

use tidegate::sinks::console::Screen;
use tidegate::store::StoreErrorKind;
use tidegate::store::disk::{self, Damage};

use crate::args::RepairArgs;
use crate::failure::{Failure, chain};
use crate::file::File;
use crate::state::{LOGS, failure};

/// Looks through the logs of the file's state; blocks meanwhile.
pub(crate) fn run(args: &RepairArgs, screen: &Screen) -> Result<String, Failure> {
    let file = File::read(&args.file.config, screen)?;
    let Some(dir) = file.plan.storage().dir() else {
        return Err(Failure::Failed(format!("{} keeps everything in memory: nothing is to be repaired", file.name)));
    };
    let mut words = String::new();
    let mut found = 0;
    for log in LOGS {
        let folder = dir.join(log);
        if !folder.exists() {
            continue;
        }
        let examined = if args.yes { disk::repair(&folder) } else { disk::inspect(&folder) };
        let damages = examined.map_err(|error| match error.kind() {
            StoreErrorKind::InUse => Failure::Failed(format!("{}; stop it, and repair then", chain(&error))),
            _ => failure(&folder, &error),
        })?;
        found += damages.len();
        for damage in &damages {
            describe(&mut words, log, damage);
        }
    }
    match (found, args.yes) {
        (0, _) => Ok("Nothing in the logs is damaged.\n".to_owned()),
        (_, true) => {
            words
                .push_str("That was taken out of the logs, and is kept beside them in files that end with .damaged.\n");
            Ok(words)
        }
        (_, false) => {
            screen.say(words);
            Err(Failure::Failed(format!(
                "damaged places: {found}; with --yes they are taken out, and what was in them is not told"
            )))
        }
    }
}

fn describe(words: &mut String, log: &str, Damage { file, offset, bytes, events, why, .. }: &Damage) {
    // Writing to a String cannot fail.
    let _ = writeln!(words, "{log}: {file}, at byte {offset}: bytes {bytes}, events {events}: {why}");
}
