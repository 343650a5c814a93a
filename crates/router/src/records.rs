use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use tidegate_base::Random;
use tidegate_event::Name;
use tidegate_sink::DeliveryId;
use tidegate_store::{Change, Space, StateStore, StoreError, StoreErrorKind};

use crate::{About, Attempt, DeadLetter, RouterError, RouterErrorKind};

/// What the lanes keep for people in the state store: dead letters, and the attempts at each issue and notification; and
/// what people ask of the lanes by it: to deliver dead letters again, or all that happened since some time.
///
/// It needs no router, and does no harm to one that works over the same store.
///
/// ```
/// # use tidegate_router::{Records, RouterError};
/// # use tidegate_store::MemoryState;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), RouterError> {
/// let records = Records::new(MemoryState::new());
/// for kept in records.dead_letters(Some("ops-slack")).await?.letters {
///     println!("{} {}: {}", kept.letter.id, kept.letter.at, kept.letter.reason);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Records {
    state: Arc<dyn StateStore>,
}

/// What there is of something, and what of it cannot be read.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct DeadLetters {
    /// The letters, by when they were rejected.
    pub letters: Vec<KeptLetter>,
    /// An error for each that cannot be read, which names its record.
    pub unreadable: Vec<RouterError>,
}

/// A dead letter, and whose.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct KeptLetter {
    /// The integration whose service did not take it.
    pub integration: Name,
    /// What was not taken.
    pub letter: DeadLetter,
}

/// The attempts of all integrations at issues and notifications: at most the last twenty of each at each episode, of the
/// last seven days.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct History {
    /// By integration, each in the order of time.
    pub attempts: BTreeMap<Name, Vec<Attempt>>,
    /// An error for each that cannot be read, which names its record.
    pub unreadable: Vec<RouterError>,
}

impl Records {
    /// Those that are kept in `state`.
    pub fn new(state: impl StateStore + 'static) -> Self {
        Self { state: Arc::new(state) }
    }

    /// The dead letters of one integration, or of all.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn dead_letters(&self, integration: Option<&str>) -> Result<DeadLetters, RouterError> {
        let prefix = integration.map(|name| format!("{name}/")).unwrap_or_default();
        let mut found = DeadLetters::default();
        for (key, bytes) in self.load(Space::DeadLetter, &prefix).await? {
            match DeadLetter::read(&key, &bytes) {
                Ok(letter) => found.letters.push(KeptLetter { integration: owner(&key), letter }),
                Err(error) => found.unreadable.push(unreadable(error)),
            }
        }
        found.letters.sort_by_key(|kept| kept.letter.at);
        Ok(found)
    }

    /// The dead letter of this delivery, whosever it is.
    ///
    /// # Errors
    /// When there is none, it cannot be read, or the store cannot be.
    pub async fn dead_letter(&self, id: DeliveryId) -> Result<KeptLetter, RouterError> {
        let name = id.to_string();
        let records = self.load(Space::DeadLetter, "").await?;
        let found = records.into_iter().find(|(key, _)| key.rsplit_once('/').is_some_and(|(_, id)| id == name));
        let missing = || RouterError::new(RouterErrorKind::NotFound, format!("there is no dead letter {id}"));
        let (key, bytes) = found.ok_or_else(missing)?;
        let letter = DeadLetter::read(&key, &bytes).map_err(unreadable)?;
        Ok(KeptLetter { integration: owner(&key), letter })
    }

    /// Forgets these dead letters.
    ///
    /// # Errors
    /// When that cannot be saved.
    pub async fn drop_letters(&self, letters: &[KeptLetter]) -> Result<(), RouterError> {
        let deletion = |kept: &KeptLetter| DeadLetter::deletion(&kept.integration, kept.letter.id);
        self.save(letters.iter().map(deletion).collect()).await
    }

    /// Has these dead letters delivered again, each as another delivery: by a router that is started over this store, or
    /// by one that runs once it is [told](crate::Handle::redeliver). A letter that is taken then is forgotten, one that
    /// is rejected stays with the new reason. Of an issue or notification that has moved on nothing is told again: such a
    /// letter stays, as [`outdated`](DeadLetter::outdated). `random` makes what tells the deliveries from those before.
    ///
    /// Returns how many of them there still are.
    ///
    /// # Errors
    /// When the store cannot be read, or that cannot be saved.
    pub async fn redeliver(&self, letters: &[KeptLetter], random: &mut Random) -> Result<usize, RouterError> {
        let id = |kept: &KeptLetter| (Name::clone(&kept.integration), kept.letter.id);
        let wanted: BTreeSet<_> = letters.iter().map(id).collect();
        // As they are now: what was delivered meanwhile must not be there again.
        let mut present = self.dead_letters(None).await?.letters;
        present.retain(|kept| wanted.contains(&id(kept)));
        let asked = present.iter().map(|KeptLetter { integration, letter }| {
            // Of a letter that is asked for already this changes nothing: it may be on its way.
            let asked = letter.asked.or_else(|| Some(random.below(u64::MAX) | 1));
            DeadLetter { asked, outdated: false, ..letter.clone() }.change(integration)
        });
        self.save(asked.collect()).await?;
        Ok(present.len())
    }

    /// The attempts that `wanted` picks by what they were to tell of.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn history(&self, wanted: impl Fn(&About) -> bool + Send) -> Result<History, RouterError> {
        let mut history = History::default();
        for (key, bytes) in self.load(Space::History, "").await? {
            match Attempt::read(&key, &bytes) {
                Ok(attempt) if wanted(&attempt.about) => {
                    history.attempts.entry(owner(&key)).or_default().push(attempt);
                }
                Ok(_) => {}
                Err(error) => history.unreadable.push(unreadable(error)),
            }
        }
        for attempts in history.attempts.values_mut() {
            attempts.sort_by_key(|attempt| attempt.at);
        }
        Ok(history)
    }

    pub(crate) fn state(&self) -> &Arc<dyn StateStore> {
        &self.state
    }

    async fn load(&self, space: Space, prefix: &str) -> Result<Vec<(String, Bytes)>, RouterError> {
        let failed = |error| stores(format!("cannot read {}", what(space)), error);
        self.state.load(space, prefix).await.map_err(failed)
    }

    async fn save(&self, changes: Vec<Change>) -> Result<(), RouterError> {
        self.state.save(&changes).await.map_err(|error| stores("cannot save the dead letters".to_owned(), error))
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").finish_non_exhaustive()
    }
}

/// Whose record it is.
fn owner(key: &str) -> Name {
    key.split('/').next().unwrap_or_default().into()
}

fn what(space: Space) -> &'static str {
    if space == Space::History { "the history" } else { "the dead letters" }
}

pub(crate) fn stores(context: String, error: StoreError) -> RouterError {
    let kind = match error.kind() {
        StoreErrorKind::Damaged => RouterErrorKind::Unreadable,
        _ => RouterErrorKind::Store,
    };
    RouterError::new(kind, context).with_source(error)
}

fn unreadable(error: StoreError) -> RouterError {
    RouterError::new(RouterErrorKind::Unreadable, "a record is left out").with_source(error)
}
