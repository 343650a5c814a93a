//! What a sink says of itself and of how a delivery went.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::DateTime;
use futures::FutureExt;
use serde::{Deserialize, Serialize};
use tidegate_event::{Event, EventKind, Notification};
use tidegate_sink::{
    Delivery, DeliveryId, EventKinds, Keeps, Outcome, Probe, Profile, Rate, Reason, Receipt, ReceiptError, Sink,
    SinkError, SinkErrorKind,
};

/// All sets of kinds.
fn all_sets() -> Vec<EventKinds> {
    (0..16)
        .map(|bits: usize| {
            EventKind::ALL.into_iter().zip(0..).filter(|(_, bit)| bits >> bit & 1 == 1).map(|(kind, _)| kind).collect()
        })
        .collect()
}

#[test]
fn a_set_holds_the_kinds_it_was_made_of() {
    assert_eq!(EventKinds::from([]), EventKinds::NONE);
    assert_eq!(EventKinds::default(), EventKinds::NONE);
    assert_eq!(EventKinds::from(EventKind::ALL), EventKinds::ALL);
    assert_eq!(EventKinds::from([EventKind::Log, EventKind::Log]), EventKinds::from([EventKind::Log]));
    for set in all_sets() {
        let kinds: Vec<EventKind> = set.iter().collect();
        assert!(kinds.is_sorted_by(|one, next| one < next), "in the order of the kinds: {kinds:?}");
        assert_eq!(EventKind::ALL.map(|kind| set.contains(kind)), EventKind::ALL.map(|kind| kinds.contains(&kind)));
        assert_eq!(set.is_empty(), kinds.is_empty());
        assert_eq!(kinds.into_iter().collect::<EventKinds>(), set);
    }
}

#[test]
fn an_intersection_holds_what_both_hold() {
    for one in all_sets() {
        for other in all_sets() {
            for kind in EventKind::ALL {
                let both = one.contains(kind) && other.contains(kind);
                assert_eq!(one.intersection(other).contains(kind), both, "{kind} in {one:?} and {other:?}");
            }
        }
        assert_eq!(one.intersection(EventKinds::ALL), one);
        assert_eq!(one.intersection(EventKinds::NONE), EventKinds::NONE);
    }
}

#[test]
fn a_set_reads_as_its_kinds() {
    assert_eq!(format!("{:?}", EventKinds::from([EventKind::Metric, EventKind::Issue])), "{Issue, Metric}");
}

#[test]
fn a_profile_has_the_defaults_of_its_table() {
    let profile = Profile::new("stdout");
    assert_eq!(&**profile.destination(), "stdout");
    assert_eq!(profile.kinds(), EventKinds::ALL);
    assert_eq!((profile.batch(), profile.batch_bytes(), profile.concurrency()), (1, 1024 * 1024, 1));
    assert_eq!((profile.rate(), profile.update_interval()), (None, Duration::ZERO));
    assert_eq!((profile.deduplicates(), profile.keeps()), (false, Keeps::Messages));
}

#[test]
fn a_profile_never_says_that_nothing_goes() {
    let profile = Profile::new("stdout").with_batch(0).with_batch_bytes(0).with_concurrency(0);
    assert_eq!((profile.batch(), profile.batch_bytes(), profile.concurrency()), (1, 1, 1));
    let rate = Rate::new(0, Duration::ZERO);
    assert_eq!((rate.calls(), rate.per()), (1, Duration::from_millis(1)));
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Message {
    channel: String,
    ts: String,
}

#[test]
fn a_receipt_comes_back_as_it_went() {
    let message = Message { channel: "C0123456789".to_owned(), ts: "1795489200.000100 é".to_owned() };
    let receipt = Receipt::new(&message).unwrap();
    assert_eq!(receipt.as_str(), r#"{"channel":"C0123456789","ts":"1795489200.000100 é"}"#);
    assert_eq!(receipt.read::<Message>().unwrap(), message);

    let stored: Receipt = serde_json::from_str(&serde_json::to_string(&receipt).unwrap()).unwrap();
    assert_eq!(stored, receipt);
    assert_eq!(stored.read::<Message>().unwrap(), message);
}

#[test]
fn a_receipt_of_another_shape_is_an_error_and_not_a_guess() {
    let error = Receipt::new(&"text").unwrap().read::<Message>().unwrap_err();
    assert_does_not_repeat_its_source(&error);
    let unwritable = std::collections::BTreeMap::from([((1, 2), 3)]);
    assert_does_not_repeat_its_source(&Receipt::new(&unwritable).unwrap_err());
}

#[test]
fn a_failure_may_have_applied_only_where_no_answer_says_otherwise() {
    for (kind, may_have_applied) in [
        (SinkErrorKind::Unreachable, false),
        (SinkErrorKind::Unconfirmed, true),
        (SinkErrorKind::Throttled, false),
        (SinkErrorKind::Unavailable, true),
        (SinkErrorKind::Unauthorized, false),
        (SinkErrorKind::Misconfigured, false),
        (SinkErrorKind::Gone, false),
    ] {
        assert_eq!(kind.may_have_applied(), may_have_applied, "{kind}");
        assert!(SinkErrorKind::ALL.contains(&kind));
    }
}

#[test]
fn an_error_says_what_happened_on_one_line_and_leaves_its_cause_to_the_source() {
    for kind in SinkErrorKind::ALL {
        let error = SinkError::new(kind, "posting to slack:C1")
            .with_source(std::io::Error::other("the cause"))
            .with_retry_after(Duration::from_secs(30));
        assert_eq!(error.to_string(), format!("posting to slack:C1: {kind}"));
        assert_does_not_repeat_its_source(&error);
        assert_eq!((error.kind(), error.context()), (kind, "posting to slack:C1"));
        assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
        assert_eq!(error.clone().source().map(ToString::to_string), Some("the cause".to_owned()));
    }
}

fn assert_does_not_repeat_its_source(error: &dyn Error) {
    let (said, source) = (error.to_string(), error.source().expect("a source").to_string());
    assert!(!said.contains(&source), "{said:?} and {source:?}");
    assert!(!said.contains('\n'), "{said:?}");
}

#[test]
fn a_reason_reads_with_the_words_of_the_service() {
    let reason = Reason::new("the channel is archived");
    assert_eq!(reason.to_string(), "the channel is archived");
    let answered = reason.with_answer("is_archived");
    assert_eq!(answered.to_string(), "the channel is archived (the service said: is_archived)");
    let stored: Reason = serde_json::from_str(&serde_json::to_string(&answered).unwrap()).unwrap();
    assert_eq!(stored, answered);
}

#[test]
fn a_probe_tells_what_is_certain_from_what_is_not() {
    let probe = Probe::new().with_proven("reached").with_unproven("may post").with_proven("token valid");
    assert_eq!(probe.proven(), ["reached", "token valid"]);
    assert_eq!(probe.unproven(), ["may post"]);
}

/// Answers with what only it was told, so that a wrapper cannot make it up.
struct Counting(Profile);

#[async_trait]
impl Sink for Counting {
    fn profile(&self) -> &Profile {
        &self.0
    }

    async fn deliver(&self, batch: &[Delivery]) -> Result<Vec<Outcome>, SinkError> {
        Ok(batch.iter().map(|delivery| Outcome::Rejected(Reason::new(delivery.id.to_string()))).collect())
    }

    async fn probe(&self) -> Result<Probe, SinkError> {
        Err(SinkError::new(SinkErrorKind::Gone, "probing"))
    }
}

fn assert_forwards(sink: &impl Sink) {
    let event: Event = Notification::new("id", "kind", "", DateTime::UNIX_EPOCH).into();
    let delivery = Delivery::new(DeliveryId::new("test", "1"), Arc::new(event));
    assert_eq!(&**sink.profile().destination(), "counting");
    let outcomes = sink.deliver(&[delivery.clone(), delivery.clone()]).now_or_never().unwrap().unwrap();
    assert_eq!(outcomes.len(), 2);
    assert!(matches!(&outcomes[0], Outcome::Rejected(reason) if reason.message == delivery.id.to_string()));
    assert_eq!(sink.probe().now_or_never().unwrap().unwrap_err().kind(), SinkErrorKind::Gone);
}

#[test]
fn a_boxed_or_shared_sink_is_that_sink() {
    let sink = || Counting(Profile::new("counting"));
    assert_forwards(&sink());
    assert_forwards(&Box::new(sink()));
    assert_forwards(&Arc::new(sink()));
    assert_forwards(&(Box::new(sink()) as Box<dyn Sink>));
    assert_forwards(&(Arc::new(sink()) as Arc<dyn Sink>));
    assert_forwards(&Box::new(Arc::new(Box::new(sink()) as Box<dyn Sink>)));
}

#[test]
fn a_delivery_says_what_is_known_of_earlier_ones() {
    let event: Arc<Event> = Arc::new(Notification::new("id", "kind", "", DateTime::UNIX_EPOCH).into());
    let first = Delivery::new(DeliveryId::new("test", "1"), event);
    assert_eq!((first.prior.clone(), first.maybe_applied), (None, false));
    let receipt = Receipt::new(&1).unwrap();
    let later = first.with_prior(receipt.clone()).with_maybe_applied();
    assert_eq!((later.prior, later.maybe_applied), (Some(receipt), true));
}

#[test]
fn all_parts_go_between_threads() {
    fn is_send_and_sync<T: Send + Sync + 'static>() {}
    fn is_send(_: impl Send) {}
    is_send_and_sync::<Box<dyn Sink>>();
    is_send_and_sync::<Arc<dyn Sink>>();
    is_send_and_sync::<Delivery>();
    is_send_and_sync::<Outcome>();
    is_send_and_sync::<Profile>();
    is_send_and_sync::<SinkError>();
    is_send_and_sync::<ReceiptError>();
    is_send(Counting(Profile::new("counting")).deliver(&[]));
}
