//! Where events and state are kept.

use super::Builder;
use crate::report::Problem;
use crate::{ConfigErrorKind, Section, SizeConfig, Storage};

/// Where nothing else is said: beside the file.
const FOLDER: &str = "tidegate-state";
/// What both logs take at most where nothing else is said: 1 GiB each.
const SIZE: u64 = 1 << 30;
/// Less than this has no room for what happens while a sink is away for a minute.
const LEAST: u64 = 1 << 20;

impl Builder<'_> {
    pub(super) fn storage(&self) -> Storage {
        let folder = match self.root.get("state_dir") {
            Some(node) => Section::new(self.report, node, &[], "the file").value::<String>("state_dir"),
            None => Some(FOLDER.to_owned()),
        };
        let folder = folder.filter(|folder| !folder.is_empty());
        Storage {
            dir: folder.map(|folder| self.report.document.folder().join(folder)),
            journal_bytes: self.size("journal_size"),
            bulk_bytes: self.size("bulk_size"),
        }
    }

    fn size(&self, key: &str) -> u64 {
        let Some(node) = self.root.get(key) else { return SIZE };
        let size = Section::new(self.report, node, &[], "the file").value::<SizeConfig>(key);
        let bytes = size.map_or(SIZE, SizeConfig::bytes);
        if bytes < LEAST {
            let message = format!("`{key}` is too small; it must be at least \"1MiB\"");
            self.report.note(Problem::new(ConfigErrorKind::InvalidValue, &node.span, message));
        }
        bytes
    }
}
