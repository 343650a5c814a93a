use std::cmp::Reverse;
use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tidegate_sink::{Outcome, Reason, SinkError, SinkErrorKind};

/// So many refused one by one, and nothing taken since: it is not what they hold.
const ALONE: usize = 4;

/// How many requests of one delivery are halved. Fourteen find one event among ten thousand, so that each delivery gets
/// further.
const HALVINGS: usize = 64;

/// So many found, and nothing taken beside them: no more is looked for.
const ENOUGH: usize = 16;

/// How many events a service refused since it last took one. A sink keeps one of these between its deliveries; it is
/// forgotten with the process.
#[derive(Debug, Default)]
pub struct Suspicion(AtomicUsize);

impl Suspicion {
    /// What becomes known of it by one delivery.
    pub fn delivery(&self) -> Refusals<'_> {
        let (taken, halvings) = (AtomicBool::new(false), AtomicUsize::new(HALVINGS));
        Refusals { suspicion: self, taken, halvings, found: Mutex::default() }
    }
}

/// What a service refused of one delivery, and whether for what it holds or whatever it holds.
///
/// A service that does not say which event it minds is asked again with halves of the request, until it minds one alone.
/// That one is rejected, unless it is the fourth since anything was taken: then the service would refuse any other too, and
/// none of them is to blame. So it is where 64 requests of a delivery were refused, or its time is up, and nothing was
/// taken. The whole delivery fails as [`Misconfigured`](SinkErrorKind::Misconfigured) then, and nothing is lost.
///
/// ```
/// use std::collections::VecDeque;
///
/// use tidegate_aws::{Part, Suspicion, Verdict};
/// use tidegate_sink::Reason;
///
/// struct Request(Vec<usize>);
///
/// impl Part for Request {
///     fn places(&self) -> Vec<usize> {
///         self.0.clone()
///     }
///
///     fn size(&self) -> usize {
///         self.0.len()
///     }
///
///     fn halves(mut self) -> [Self; 2] {
///         let second = self.0.split_off(self.0.len() / 2);
///         [self, Self(second)]
///     }
/// }
///
/// let suspicion = Suspicion::default(); // the sink keeps it
/// let refusals = suspicion.delivery();
/// let mut requests = VecDeque::from([Request((0..1_000).collect())]);
/// while let Some(request) = requests.pop_front() {
///     if !request.0.contains(&77) {
///         refusals.taken();
///     } else if !refusals.refused(request, &Reason::new("no"), &mut requests) {
///         break;
///     }
/// }
/// let Verdict::Rejected(rejected) = refusals.verdict(requests.is_empty()) else { panic!("something was taken") };
/// assert_eq!(rejected[0].0, 77);
/// ```
#[derive(Debug)]
pub struct Refusals<'a> {
    suspicion: &'a Suspicion,
    taken: AtomicBool,
    halvings: AtomicUsize,
    found: Mutex<Found>,
}

#[derive(Debug, Default)]
struct Found {
    /// Places, and why.
    rejected: Vec<(usize, Reason)>,
    /// Those of them that tell nothing of the service.
    too_large: BTreeSet<usize>,
    last: Option<Reason>,
    /// Something was refused that was not looked into.
    unresolved: bool,
}

/// A request that can be sent in parts.
pub trait Part: Sized {
    /// The places of its events in the delivery.
    fn places(&self) -> Vec<usize>;

    /// How many events it holds. At least one.
    fn size(&self) -> usize;

    /// Both halves of one that holds more than one.
    fn halves(self) -> [Self; 2];
}

/// What a delivery showed of what was refused.
#[derive(Debug)]
pub enum Verdict {
    /// These are rejected, by their places; all others were not refused.
    Rejected(Vec<(usize, Reason)>),
    /// Nothing is taken, whatever it is: the delivery failed.
    Vain(SinkError),
}

impl Refusals<'_> {
    /// The service took something.
    pub fn taken(&self) {
        self.taken.store(true, Ordering::Relaxed);
        self.suspicion.0.store(0, Ordering::Relaxed);
    }

    /// Whether a delivery that failed was heard at all: where nothing of it was taken, what is rejected unsent becomes
    /// untouched in `outcomes`, since an answer would be taken for one of the service, which is away. There is no
    /// [`verdict`](Self::verdict) then.
    pub fn is_unheard<'o>(&self, outcomes: impl IntoIterator<Item = &'o mut Outcome>) -> bool {
        if self.has_taken() {
            return false;
        }
        for outcome in outcomes.into_iter().filter(|outcome| matches!(outcome, Outcome::Rejected(_))) {
            *outcome = Outcome::Untouched;
        }
        true
    }

    fn has_taken(&self) -> bool {
        self.taken.load(Ordering::Relaxed)
    }

    /// `part` was refused without a word on which event is to blame: what is to be sent instead is put into `rest`. Where this
    /// gives `false`, no more is to be sent of that.
    ///
    /// The first half is looked into first, down to one event. Where that is refused alone and nothing was taken yet, the
    /// largest parts come first: whatever there is that is taken is soon found.
    #[must_use]
    pub fn refused<P: Part>(&self, part: P, reason: &Reason, rest: &mut VecDeque<P>) -> bool {
        if part.size() < 2 {
            self.named(part.places(), reason);
            return true;
        }
        let mut found = self.found();
        found.last = Some(reason.clone());
        let halve = self.halvings.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if halve.is_err() || (!self.has_taken() && found.rejected.len() >= ENOUGH) {
            found.unresolved = true;
            return false;
        }
        let [first, second] = part.halves();
        rest.push_front(second);
        rest.push_front(first);
        if !self.has_taken() && !found.rejected.is_empty() {
            rest.make_contiguous().sort_by_key(|part| Reverse(part.size()));
        }
        true
    }

    /// The event of those at `places` of the delivery is what the service minds: it was alone, or the service says so.
    pub fn named(&self, places: impl IntoIterator<Item = usize>, reason: &Reason) {
        let mut found = self.found();
        found.last = Some(reason.clone());
        found.rejected.extend(places.into_iter().map(|place| (place, reason.clone())));
    }

    /// The event at `places` is too large for somebody on the way, which says nothing of others.
    pub fn too_large(&self, places: impl IntoIterator<Item = usize>, reason: &Reason) {
        let places: Vec<usize> = places.into_iter().collect();
        self.found().too_large.extend(&places);
        self.named(places, reason);
    }

    /// What all of it shows. `finished`: all was sent that was to be sent.
    pub fn verdict(self, finished: bool) -> Verdict {
        let taken = self.has_taken();
        let Found { rejected, too_large, last, unresolved } =
            self.found.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Some(last) = last.filter(|_| !taken) else { return Verdict::Rejected(rejected) };
        let places: BTreeSet<usize> = rejected.iter().map(|(place, _)| *place).collect();
        let refused = self.suspicion.0.load(Ordering::Relaxed) + places.difference(&too_large).count();
        if unresolved || !finished || refused >= ALONE {
            self.suspicion.0.store(ALONE, Ordering::Relaxed);
            return Verdict::Vain(refuses_all(&last));
        }
        self.suspicion.0.store(refused, Ordering::Relaxed);
        Verdict::Rejected(rejected)
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refuses_all(reason: &Reason) -> SinkError {
    let context = format!(
        "whatever is sent is refused, so that it is not what the events hold; nothing was given up: {}",
        reason.message
    );
    SinkError::new(SinkErrorKind::Misconfigured, context)
}

#[cfg(test)]
mod tests;
