use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::operation::RequestId;
use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt;
use tidegate_aws::{AwsConnection, AwsFailure, Part as _, Refusals, Suspicion, Verdict};
use tidegate_base::Clock;
use tidegate_sink::{Delivery, Outcome, Probe, Profile, Sink, SinkError, SinkErrorKind};
use tokio::sync::{Mutex, OnceCell};

use crate::answer::{ALREADY_ACCEPTED, CREATE_GROUP, CREATE_STREAM, EXISTS, NOT_FOUND, PUT, Refused, SEQUENCE_TOKEN};
use crate::pack::{Call, Packing, Stream, pack, streams};
use crate::tally::Tally;
use crate::{CloudWatchLogsBuilder, Oversize, probe};

/// How often what is missing is made and the call sent again: what was made may not be there at once.
const ROUNDS: usize = 2;

/// The status of somebody on the way who takes no request so large.
const TOO_LARGE: u16 = 413;

/// After so long a delivery begins no call any more: what is left is offered again, and what was taken counts. A lane gives
/// a whole delivery up after two minutes.
const LONGEST: TimeDelta = TimeDelta::minutes(1);

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) group: String,
    pub(crate) create_group: bool,
    pub(crate) oversize: Oversize,
    pub(crate) streams: usize,
    pub(crate) event_bytes: usize,
}

/// A [`Sink`] that writes into a log group. See the [crate](crate).
///
/// It keeps nothing between calls but connections, credentials and whether it was throttled, so that a call may be dropped
/// at any await. The calls of one stream go one after the other; those of several streams go at once, or one after the
/// other once it was throttled. After one that failed no other is begun.
pub struct CloudWatchLogs {
    profile: Profile,
    pub(crate) aws: AwsConnection,
    pub(crate) settings: Settings,
    client: OnceCell<Client>,
    /// One at a time makes what is missing.
    making: Mutex<()>,
    /// The last delivery was throttled: in the next one stream is written to at a time, so that nothing is under way beside
    /// what is throttled again.
    cautious: AtomicBool,
    suspicion: Suspicion,
}

/// What the streams of one delivery share.
struct Course<'a> {
    packing: Packing,
    clock: &'a dyn Clock,
    /// When it has taken long enough.
    until: DateTime<Utc>,
    failed: AtomicBool,
    throttled: AtomicBool,
    /// Something was not sent.
    unfinished: AtomicBool,
    refusals: Refusals<'a>,
}

/// Why a call was not taken.
enum Trouble {
    /// It will never be taken as it is.
    Refused(AwsFailure),
    Failed(SinkError),
    /// Another stream failed, or it took too long, before it was taken, and it surely was not.
    Left,
}

impl From<AwsFailure> for Trouble {
    fn from(failure: AwsFailure) -> Self {
        if failure.is_refused() { Self::Refused(failure) } else { Self::Failed(failure.into()) }
    }
}

impl CloudWatchLogs {
    /// Writes into `group` over `connection`.
    pub fn builder(connection: AwsConnection, group: impl Into<String>) -> CloudWatchLogsBuilder {
        CloudWatchLogsBuilder::new(connection, group.into())
    }

    pub(crate) fn new(profile: Profile, aws: AwsConnection, settings: Settings) -> Self {
        Self {
            profile,
            aws,
            settings,
            client: OnceCell::new(),
            making: Mutex::new(()),
            cautious: AtomicBool::new(false),
            suspicion: Suspicion::default(),
        }
    }

    pub(crate) async fn client(&self) -> Result<&Client, SinkError> {
        self.client.get_or_try_init(async || self.aws.config().await.map(Client::new)).await
    }

    /// What became of each item of `stream`, once for each of its events at least.
    async fn write(
        &self,
        client: &Client,
        batch: &[Delivery],
        stream: Stream,
        course: &Course<'_>,
    ) -> Vec<(usize, Outcome)> {
        if course.is_over() {
            course.unfinished.store(true, Ordering::Relaxed);
            return stream.items.into_iter().map(|item| (item, Outcome::Untouched)).collect();
        }
        let (mut calls, mut outcomes) = pack(batch, &stream.items, course.packing);
        while let Some(call) = calls.pop_front() {
            let put = match course.go_on() {
                Ok(()) => self.put(client, &stream.name, &call, course).await,
                left => left.map(|()| Refused::default()),
            };
            match put {
                Ok(refused) => {
                    course.refusals.taken();
                    outcomes.extend(call.items.iter().enumerate().map(|(place, item)| (*item, refused.outcome(place))));
                }
                Err(Trouble::Refused(failure)) if call.size() == 1 && failure.status() == Some(TOO_LARGE) => {
                    course.refusals.too_large(call.items, &failure.reason());
                }
                Err(Trouble::Refused(failure)) => {
                    let items = call.items.clone();
                    if !course.refusals.refused(call, &failure.reason(), &mut calls) {
                        // What comes behind it would go before it.
                        outcomes.extend(untouched(items, calls));
                        return outcomes;
                    }
                }
                Err(Trouble::Failed(error)) => {
                    calls.push_front(call);
                    return outcomes_of_failure(outcomes, calls, &course.fail(error));
                }
                Err(Trouble::Left) => {
                    course.unfinished.store(true, Ordering::Relaxed);
                    outcomes.extend(untouched(call.items, calls));
                    return outcomes;
                }
            }
        }
        outcomes
    }

    /// One call, and what must be made for it.
    async fn put(&self, client: &Client, stream: &str, call: &Call, course: &Course<'_>) -> Result<Refused, Trouble> {
        let (mut made, mut again) = (0, false);
        loop {
            let put = || {
                let request = client.put_log_events().log_group_name(&self.settings.group).log_stream_name(stream);
                request.set_log_events(Some(call.events.clone())).send()
            };
            let failure = match self.aws.call(&PUT, put).await {
                // An empty answer of somebody on the way reads as consent, and has no such id.
                Ok(done) if done.request_id().is_none() => return Err(Trouble::Failed(not_cloudwatch())),
                Ok(done) => return Ok(Refused::read(done.rejected_log_events_info())),
                Err(failure) => failure,
            };
            match failure.code() {
                Some(ALREADY_ACCEPTED) => return Ok(Refused::default()),
                Some(SEQUENCE_TOKEN) if !again => again = true,
                Some(NOT_FOUND) if made < ROUNDS => {
                    made += 1;
                    self.make(client, stream, course).await?;
                }
                Some(NOT_FOUND) => return Err(Trouble::Failed(self.not_there_yet(stream))),
                _ => return Err(failure.into()),
            }
            course.go_on()?;
        }
    }

    /// Makes the stream, and the group where that is missing too and may be made.
    async fn make(&self, client: &Client, stream: &str, course: &Course<'_>) -> Result<(), Trouble> {
        let _one_at_a_time = self.making.lock().await;
        course.go_on()?;
        let failure = match self.make_stream(client, stream).await {
            Ok(()) => return Ok(()),
            Err(failure) => failure,
        };
        if failure.code() != Some(NOT_FOUND) {
            return Err(Trouble::Failed(failure.into()));
        }
        if !self.settings.create_group {
            return Err(Trouble::Failed(self.no_group()));
        }
        course.go_on()?;
        let create = || client.create_log_group().log_group_name(&self.settings.group).send();
        taken(self.aws.call(&CREATE_GROUP, create).await).map_err(|failure| Trouble::Failed(failure.into()))?;
        course.go_on()?;
        self.make_stream(client, stream).await.map_err(|failure| {
            Trouble::Failed(if failure.code() == Some(NOT_FOUND) { self.not_there_yet(stream) } else { failure.into() })
        })
    }

    async fn make_stream(&self, client: &Client, stream: &str) -> Result<(), AwsFailure> {
        let group = &self.settings.group;
        let create = || client.create_log_stream().log_group_name(group).log_stream_name(stream).send();
        taken(self.aws.call(&CREATE_STREAM, create).await)
    }

    pub(crate) fn no_group(&self) -> SinkError {
        let (group, place) = (&self.settings.group, self.aws.region());
        let context = format!(
            "there is no log group `{group}` in {place}; create it, or set `create_group = true` and allow {} in IAM; or is \
             `group_name` or `region` another?",
            CREATE_GROUP.action
        );
        SinkError::new(SinkErrorKind::Misconfigured, context)
    }

    fn not_there_yet(&self, stream: &str) -> SinkError {
        let context =
            format!("the log stream `{stream}` of `{}` was created and is not there yet", self.settings.group);
        SinkError::new(SinkErrorKind::Unavailable, context)
    }
}

impl<'a> Course<'a> {
    fn new(packing: Packing, clock: &'a dyn Clock, refusals: Refusals<'a>) -> Self {
        Self {
            packing,
            clock,
            until: clock.now() + LONGEST,
            failed: AtomicBool::new(false),
            throttled: AtomicBool::new(false),
            unfinished: AtomicBool::new(false),
            refusals,
        }
    }

    /// Takes note of a failure, which ends the delivery.
    fn fail(&self, error: SinkError) -> SinkError {
        self.failed.store(true, Ordering::Relaxed);
        if error.kind() == SinkErrorKind::Throttled {
            self.throttled.store(true, Ordering::Relaxed);
        }
        error
    }

    /// Whether nothing is sent any more.
    fn is_over(&self) -> bool {
        self.failed.load(Ordering::Relaxed) || self.clock.now() > self.until
    }

    /// Nothing, where something may be sent.
    fn go_on(&self) -> Result<(), Trouble> {
        if self.is_over() { Err(Trouble::Left) } else { Ok(()) }
    }
}

fn not_cloudwatch() -> SinkError {
    let context = "what answered PutLogEvents is not CloudWatch Logs; check `endpoint` and the proxy";
    SinkError::new(SinkErrorKind::Unconfirmed, context)
}

/// What was made, by us or by somebody else.
fn taken<T>(made: Result<T, AwsFailure>) -> Result<(), AwsFailure> {
    match made {
        Err(failure) if failure.code() == Some(EXISTS) => Ok(()),
        made => made.map(drop),
    }
}

/// Of an item that is several events some may have been taken: that one of them was not must be told as well.
fn untouched(items: Vec<usize>, calls: VecDeque<Call>) -> impl Iterator<Item = (usize, Outcome)> {
    let left = items.into_iter().chain(calls.into_iter().flat_map(|call| call.items));
    left.map(|item| (item, Outcome::Untouched))
}

/// `outcomes` with those of `calls`, the first of which failed with `error`. Where the lane waits before it tries an item
/// again that failed so, what follows it must wait as well: it would go before it.
fn outcomes_of_failure(
    mut outcomes: Vec<(usize, Outcome)>,
    mut calls: VecDeque<Call>,
    error: &SinkError,
) -> Vec<(usize, Outcome)> {
    let behind = if error.kind().backs_off() {
        let behind = SinkError::new(SinkErrorKind::Unreachable, "not sent, for what comes before it failed");
        Outcome::Failed(behind.with_source(error.clone()))
    } else {
        Outcome::Untouched
    };
    let failed = calls.pop_front().into_iter().flat_map(|call| call.items);
    outcomes.extend(failed.map(|item| (item, Outcome::Failed(error.clone()))));
    let rest = calls.into_iter().flat_map(|call| call.items);
    outcomes.extend(rest.map(|item| (item, behind.clone())));
    outcomes
}

#[async_trait]
impl Sink for CloudWatchLogs {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let client = self.client().await?;
        let mut tally = Tally::new(batch.len());
        let packing =
            Packing { now: self.aws.now(), limit: self.settings.event_bytes, oversize: self.settings.oversize };
        let course = Course::new(packing, self.aws.clock(), self.suspicion.delivery());
        let at_once = if self.cautious.load(Ordering::Relaxed) { 1 } else { self.settings.streams };
        let writing = streams(batch).into_iter().map(|stream| self.write(client, batch, stream, &course));
        let written = futures::stream::iter(writing).buffer_unordered(at_once);
        let written = written.for_each(|outcomes| {
            for (item, outcome) in outcomes {
                tally.note(item, outcome);
            }
            std::future::ready(())
        });
        written.await;
        self.cautious.store(course.throttled.load(Ordering::Relaxed), Ordering::Relaxed);
        if course.failed.into_inner() && course.refusals.is_unheard(tally.noted()) {
            return Ok(tally.outcomes());
        }
        match course.refusals.verdict(!course.unfinished.into_inner()) {
            Verdict::Vain(error) => Err(error),
            Verdict::Rejected(rejected) => {
                for (item, reason) in rejected {
                    tally.note(item, Outcome::Rejected(reason));
                }
                Ok(tally.outcomes())
            }
        }
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        probe::ask(self).await
    }
}

impl fmt::Debug for CloudWatchLogs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudWatchLogs")
            .field("destination", self.profile.destination())
            .field("aws", &self.aws)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
