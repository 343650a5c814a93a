use std::fmt;

use async_trait::async_trait;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::operation::RequestId;
use chrono::TimeDelta;
use tidegate_aws::{AwsConnection, AwsFailure, Part as _, Suspicion};
use tidegate_event::Event;
use tidegate_sink::{Delivery, DeliveryId, Outcome, Probe, Profile, Reason, Sink, SinkError, SinkErrorKind};
use tokio::sync::OnceCell;

use crate::answer::{self, LIST, PUT, Said};
use crate::course::Course;
use crate::doubt::Doubts;
use crate::labels::Chosen;
use crate::namespace::Namespaces;
use crate::origin::Origin;
use crate::parcel::Parcel;
use crate::plan::Plan;
use crate::{CloudWatchMetricsBuilder, OnUnconfirmed};

/// After so long a call sends nothing more: what is left is offered again, and what was taken counts. A lane gives a whole
/// call up after two minutes.
const CALL: TimeDelta = TimeDelta::seconds(30);
/// Why a sample is given up that may have been put.
const GIVEN_UP: &str = "CloudWatch did not answer when it was put; it may have been taken, and is not put twice \
                        (`on_unconfirmed`)";

/// Puts samples and the state of issues into Amazon CloudWatch as metrics. See the [crate](crate).
///
/// Between calls it keeps the ids of the samples that may have been put and are not to be put twice: of the calls that
/// were dropped or not answered. To forget them, as a process that ends does, is to put them again.
pub struct CloudWatchMetrics {
    profile: Profile,
    connection: AwsConnection,
    client: OnceCell<Client>,
    namespaces: Namespaces,
    labels: Chosen,
    on_unconfirmed: OnUnconfirmed,
    doubts: Doubts,
    suspicion: Suspicion,
}

impl CloudWatchMetrics {
    /// Puts over `connection`.
    pub fn builder(connection: AwsConnection) -> CloudWatchMetricsBuilder {
        CloudWatchMetricsBuilder::new(connection)
    }

    pub(crate) fn new(
        profile: Profile,
        connection: AwsConnection,
        namespaces: Namespaces,
        labels: Chosen,
        on_unconfirmed: OnUnconfirmed,
    ) -> Self {
        let (client, doubts, suspicion) = (OnceCell::new(), Doubts::default(), Suspicion::default());
        Self { profile, connection, client, namespaces, labels, on_unconfirmed, doubts, suspicion }
    }

    async fn client(&self) -> Result<&Client, SinkError> {
        self.client.get_or_try_init(|| async { Ok(Client::new(self.connection.config().await?)) }).await
    }

    async fn put(&self, client: &Client, parcel: &Parcel) -> Said {
        let namespace = self.namespaces.of(parcel.origin());
        let put = client.put_metric_data().namespace(namespace).set_metric_data(Some(parcel.datums()));
        match self.connection.call(&PUT, || put.clone().send()).await {
            // The SDK looks at no more of an answer than its status, and a page of somebody on the way may have that.
            Ok(output) if output.request_id().is_some() => Said::Taken,
            Ok(_) => Said::Failed(SinkError::new(
                SinkErrorKind::Unconfirmed,
                "what answered PutMetricData is not CloudWatch; check `endpoint` and the proxy",
            )),
            Err(failure) => answer::read(failure),
        }
    }

    /// The same, noting what is in doubt by it. What was taken stays so, and is `taken`: the lane has not heard of it before the
    /// whole call is over, which may be dropped.
    async fn put_noted(
        &self,
        client: &Client,
        parcel: &Parcel,
        batch: &[Delivery],
        taken: &mut Vec<DeliveryId>,
    ) -> Said {
        let once = self.once_only(parcel, batch);
        self.doubts.enter(&once);
        let said = self.put(client, parcel).await;
        match &said {
            Said::Taken => taken.extend(once),
            Said::Failed(error) if error.kind().may_have_applied() => {}
            Said::Failed(_) | Said::Refused(_) => self.doubts.leave(&once),
        }
        said
    }

    /// What a list of metrics proves.
    async fn listed(&self, client: &Client) -> Result<&'static str, SinkError> {
        let list = client.list_metrics().namespace(self.namespaces.of(Origin::Own));
        answer::listed(self.connection.call(&LIST, || list.clone().send()).await.map(drop))
    }

    /// Whether metrics may be put at all: a request without any is refused, or not allowed.
    async fn put_nothing(&self, client: &Client) -> Result<(), AwsFailure> {
        let namespace = self.namespaces.of(Origin::Own);
        let nothing = client.put_metric_data().namespace(namespace).set_metric_data(Some(Vec::new()));
        self.connection.call(&PUT, || nothing.clone().send()).await.map(drop)
    }

    /// Those of `parcel` that must not be put twice.
    fn once_only(&self, parcel: &Parcel, batch: &[Delivery]) -> Vec<DeliveryId> {
        let once = |delivery: &&Delivery| match &*delivery.event {
            Event::Metric(sample) => !self.on_unconfirmed.repeats(sample),
            _ => false,
        };
        parcel
            .places()
            .into_iter()
            .filter_map(|place| batch.get(place))
            .filter(once)
            .map(|delivery| delivery.id)
            .collect()
    }
}

#[async_trait]
impl Sink for CloudWatchMetrics {
    fn profile(&self) -> &Profile {
        &self.profile
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        let client = self.client().await?;
        let began = self.connection.clock().now();
        let doubtful = |delivery: &Delivery| self.doubts.has(delivery.id);
        // By AWS's clock: what is put into a wrong minute is seen by no alarm.
        let now = self.connection.now();
        let plan = Plan::new(batch, doubtful, (&self.namespaces, &self.labels), now);
        let mut course = Course::new(plan, self.suspicion.delivery());
        if course.is_over() && batch.iter().any(doubtful) {
            // Whether it takes anything again is asked before anything is given up.
            if let Err(failure) = self.put_nothing(client).await
                && !failure.is_refused()
            {
                course.end(failure.into());
            }
        }
        let mut taken = Vec::new();
        while let Some(parcel) = course.next() {
            match self.put_noted(client, &parcel, batch, &mut taken).await {
                Said::Taken => course.taken(&parcel),
                Said::Failed(error) => course.failed(&parcel, error),
                Said::Refused(refusal) => course.refused(parcel, &refusal),
            }
            if self.connection.clock().now() - began > CALL {
                break;
            }
        }
        self.doubts.leave(&taken);
        Ok(self.with_doubtful(batch, course))
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        let client = self.client().await?;
        let namespace = self.namespaces.of(Origin::Own);
        let known = self.listed(client).await?;
        let probe = answer::proven(self.put_nothing(client).await, known, namespace, &self.connection.region())?;
        Ok(self.connection.wrong_clock().into_iter().fold(probe, Probe::with_unproven))
    }
}

impl CloudWatchMetrics {
    /// The outcomes, with those of what was in doubt before this call and not put again: given up now, unless CloudWatch
    /// still does not answer. Then it fails with the rest, so that the lane hears of nothing but a failure and waits.
    fn with_doubtful(&self, batch: &[Delivery], course: Course<'_>) -> Vec<Outcome> {
        let (mut outcomes, failed) = course.into_outcomes();
        let mut known = Vec::new();
        for (delivery, outcome) in batch.iter().zip(&mut outcomes) {
            if !matches!(outcome, Outcome::Untouched) || !self.doubts.has(delivery.id) {
                continue;
            }
            *outcome = if let Some(error) = &failed {
                Outcome::Failed(error.clone())
            } else {
                known.push(delivery.id);
                Outcome::Rejected(Reason::new(GIVEN_UP))
            };
        }
        self.doubts.leave(&known);
        outcomes
    }
}

impl fmt::Debug for CloudWatchMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudWatchMetrics")
            .field("destination", self.profile.destination())
            .field("connection", &self.connection)
            .field("labels", &self.labels)
            .field("on_unconfirmed", &self.on_unconfirmed)
            .finish_non_exhaustive()
    }
}
