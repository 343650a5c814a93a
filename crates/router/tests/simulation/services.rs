use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tidegate_base::Random;
use tidegate_event::{EventKind, Severity};
use tidegate_router::{Integration, Policy, Subscription};
use tidegate_sink::{Delivery, Keeps, Profile, SinkErrorKind};
use tidegate_testkit::Crash;
use tidegate_testkit::faults::{Fault, Faults, RandomFaults, Rates};
use tidegate_testkit::model::{AlertService, BatchService, MessageService};

use crate::check::BLIND_WINDOW;

/// What an integration takes, as a schedule changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Filter {
    Everything,
    Urgent,
    Muted,
    /// Not of issues and notifications at all.
    Elsewhere,
}

impl Filter {
    pub(crate) fn draw(random: &mut Random) -> Self {
        match random.below(5) {
            0 => Self::Urgent,
            1 => Self::Muted,
            2 => Self::Elsewhere,
            _ => Self::Everything,
        }
    }

    fn subscription(self) -> Subscription {
        let all = Subscription::new([EventKind::Issue, EventKind::Notification]);
        match self {
            Self::Everything => all,
            Self::Urgent => all.with_min_severity(Severity::Critical),
            Self::Muted => all.with_mute(true),
            Self::Elsewhere => Subscription::new([EventKind::Log]),
        }
    }
}

/// A destination that may be moved: the services it sent to, the present one last.
pub(crate) struct Moving<S> {
    pub(crate) services: Vec<Moved<S>>,
    pub(crate) filter: Filter,
}

/// A service, and how much had become durable when the integration was moved to it.
pub(crate) struct Moved<S> {
    pub(crate) service: S,
    pub(crate) since: usize,
}

impl<S> Moving<S> {
    fn new(service: S) -> Self {
        Self { services: vec![Moved { service, since: 0 }], filter: Filter::Everything }
    }

    pub(crate) fn now(&self) -> &Moved<S> {
        self.services.last().expect("it begins with one and only grows")
    }
}

/// All services, and the faults on the way to them.
pub(crate) struct Services {
    /// Alerts by key; moved and filtered.
    pub(crate) pager: Moving<AlertService>,
    /// Messages that can be looked up; moved and filtered.
    pub(crate) chat: Moving<MessageService>,
    /// Messages that cannot be looked up.
    pub(crate) blind: MessageService,
    /// Messages, and never a fault: what is late here was delayed by another.
    pub(crate) calm: MessageService,
    /// Logs.
    pub(crate) archive: BatchService,
    pub(crate) faults: RandomFaults,
    pub(crate) dead: RandomFaults,
    /// The receivers of pager and chat want no more.
    pub(crate) gone: Arc<AtomicBool>,
}

impl Services {
    pub(crate) fn new(random: &mut Random) -> Self {
        let rejected = if random.one_in(3) { 200 } else { 20 };
        let rates = Rates { rejected, ..Rates::ROUGH };
        let faults = RandomFaults::new(random.fork(), rates);
        // Nothing gets through, and now and then an answer is lost.
        let dead = RandomFaults::new(random.fork(), Rates { unreachable: 600, after: 100, hang: 300, ..Rates::NONE });
        dead.stop();
        Self {
            pager: Moving::new(pager(1, random)),
            chat: Moving::new(chat(1, random)),
            blind: MessageService::new("blind").with_lookup(false).with_profile(profile("blind", 30, 1)),
            calm: MessageService::new("calm").with_profile(profile("calm", 300, 4)),
            archive: BatchService::new("archive").with_profile(
                Profile::new("archive").with_kinds([EventKind::Log].into()).with_batch(3).with_concurrency(2),
            ),
            faults,
            dead,
            gone: Arc::default(),
        }
    }

    pub(crate) fn move_pager(&mut self, since: usize, random: &mut Random) {
        let service = pager(self.pager.services.len() + 1, random);
        self.pager.services.push(Moved { service, since });
    }

    pub(crate) fn move_chat(&mut self, since: usize, random: &mut Random) {
        let service = chat(self.chat.services.len() + 1, random);
        self.chat.services.push(Moved { service, since });
    }

    pub(crate) fn pager_integration(&self, crash: &Crash) -> Integration {
        let service = self.pager.now().service.clone().with_faults(self.course(true)).with_crash(crash.clone());
        Integration::new("pager", service, self.pager.filter.subscription())
    }

    pub(crate) fn chat_integration(&self, crash: &Crash) -> Integration {
        let service = self.chat.now().service.clone().with_faults(self.course(true)).with_crash(crash.clone());
        Integration::new("chat", service, self.chat.filter.subscription())
    }

    pub(crate) fn integrations(&self, crash: &Crash) -> Vec<Integration> {
        let everything = Filter::Everything.subscription();
        let blind = self.blind.clone().with_faults(self.course(false)).with_crash(crash.clone());
        let archive = self.archive.clone().with_faults(self.course(false)).with_crash(crash.clone());
        vec![
            self.pager_integration(crash),
            self.chat_integration(crash),
            Integration::new("blind", blind, everything.clone())
                .with_policy(Policy::new().with_window_bytes(BLIND_WINDOW)),
            Integration::new("calm", self.calm.clone().with_crash(crash.clone()), everything),
            Integration::new("archive", archive, Subscription::new([EventKind::Log])),
        ]
    }

    /// The dead phase on top of the usual faults; a receiver that may be gone on top of both.
    fn course(&self, may_be_gone: bool) -> impl Faults + use<> {
        let (mut dead, mut usual) = (self.dead.clone(), self.faults.clone());
        let gone = Arc::clone(&self.gone);
        move |batch: &[Delivery]| {
            if may_be_gone && gone.load(Ordering::Relaxed) {
                return Fault::fail(SinkErrorKind::Gone);
            }
            match dead.next(batch) {
                Fault::None => usual.next(batch),
                fault => fault,
            }
        }
    }

    /// What a caller did that no profile allows.
    pub(crate) fn breaches(&self) -> Vec<String> {
        let pagers = self.pager.services.iter().flat_map(|moved| moved.service.breaches());
        let chats = self.chat.services.iter().flat_map(|moved| moved.service.breaches());
        let others = [self.blind.breaches(), self.calm.breaches(), self.archive.breaches()];
        pagers.chain(chats).chain(others.into_iter().flatten()).collect()
    }
}

fn pager(number: usize, random: &mut Random) -> AlertService {
    let destination = format!("pager-{number}");
    let profile = profile(&destination, 60, 1 + random.below(4)).with_deduplication().with_keeps(Keeps::Alerts);
    AlertService::new(&destination).with_profile(profile)
}

fn chat(number: usize, random: &mut Random) -> MessageService {
    let destination = format!("chat-{number}");
    MessageService::new(&destination).with_profile(profile(&destination, 60, 1 + random.below(4)))
}

fn profile(destination: &str, update_seconds: u64, concurrency: u64) -> Profile {
    Profile::new(destination)
        .with_kinds([EventKind::Issue, EventKind::Notification].into())
        .with_concurrency(usize::try_from(concurrency).expect("a small number"))
        .with_batch(if concurrency == 3 { 2 } else { 1 })
        .with_update_interval(Duration::from_secs(update_seconds))
}
