//! The model services behave like the real ones.

use std::time::Duration;

use futures::FutureExt;
use futures::executor::block_on;
use tidegate_base::Random;
use tidegate_event::{EventKind, Severity};
use tidegate_sink::{Delivery, Outcome, Profile, Receipt, Sink, SinkErrorKind};
use tidegate_testkit::faults::{Fault, RandomFaults, Rates, Script};
use tidegate_testkit::model::{AlertService, BatchService, MessageService, Subject, Telling};
use tidegate_testkit::sample::{self, Episode};

/// Delivers one item, which is accepted.
fn accepted(sink: &impl Sink, delivery: &Delivery) -> Option<Receipt> {
    match block_on(sink.deliver(std::slice::from_ref(delivery))).as_deref() {
        Ok([Outcome::Accepted(receipt)]) => receipt.clone(),
        other => panic!("not accepted: {other:?}"),
    }
}

fn lost() -> Script {
    Script::new([Fault::lost(SinkErrorKind::Unconfirmed)])
}

#[test]
fn a_message_is_posted_once_and_then_edited() {
    let chat = MessageService::new("chat");
    let disk = Episode::new("disk-usage");

    let receipt = accepted(&chat, &sample::delivery(disk.open())).unwrap();
    assert_eq!(chat.open(), [disk.id()]);
    let worse = sample::delivery(disk.update_at(Severity::Critical)).with_prior(receipt.clone());
    assert_eq!(accepted(&chat, &worse), Some(receipt.clone()));
    assert_eq!(chat.messages()[0].last().unwrap().severity(), Some(Severity::Critical));
    accepted(&chat, &sample::delivery(disk.close()).with_prior(receipt));

    let posts = chat.posts(disk.id());
    assert_eq!(posts.len(), 1);
    assert_eq!(posts[0].history.iter().map(Telling::sequence).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(!posts[0].is_open() && chat.open().is_empty() && chat.open_messages().is_empty());
}

#[test]
fn without_a_prior_each_telling_is_a_message_of_its_own() {
    let chat = MessageService::new("chat");
    let disk = Episode::new("disk-usage");
    accepted(&chat, &sample::delivery(disk.open()));
    accepted(&chat, &sample::delivery(disk.update()));
    assert_eq!(chat.posts(disk.id()).len(), 2);
}

#[test]
fn what_may_have_been_posted_is_looked_up_by_its_episode() {
    let chat = MessageService::new("chat").with_faults(lost());
    let (disk, other) = (Episode::numbered("disk-usage", 1), Episode::numbered("disk-usage", 2));
    let open = sample::delivery(disk.open());
    assert!(block_on(chat.deliver(std::slice::from_ref(&open))).is_err());
    assert_eq!(chat.posts(disk.id()).len(), 1, "applied, and the answer lost");

    accepted(&chat, &sample::delivery(other.open()).with_maybe_applied());
    accepted(&chat, &open.with_maybe_applied());
    assert_eq!((chat.posts(disk.id()).len(), chat.posts(other.id()).len()), (1, 1));
    assert!(!chat.messages()[0].marked);
}

#[test]
fn without_a_lookup_it_posts_once_more_and_says_so() {
    let chat = MessageService::new("chat").with_lookup(false).with_faults(lost());
    let disk = Episode::new("disk-usage");
    block_on(chat.deliver(&[sample::delivery(disk.open())])).unwrap_err();
    accepted(&chat, &sample::delivery(disk.close()).with_maybe_applied());

    let posts = chat.posts(disk.id());
    assert_eq!(
        posts.iter().map(|post| (post.marked, post.is_open())).collect::<Vec<_>>(),
        [(false, true), (true, false)]
    );
    assert!(chat.open().is_empty(), "the last word is that it is closed");
    assert_eq!(chat.open_messages().len(), 1, "and one message nobody can edit");
}

#[test]
fn a_message_that_is_gone_is_posted_anew_after_a_lookup() {
    let chat = MessageService::new("chat");
    let disk = Episode::new("disk-usage");
    let first = accepted(&chat, &sample::delivery(disk.open())).unwrap();
    assert!(chat.delete(1) && !chat.delete(1));
    assert!(chat.open_messages().is_empty(), "nobody sees it");

    let second = accepted(&chat, &sample::delivery(disk.update()).with_prior(first.clone())).unwrap();
    assert_eq!(chat.posts(disk.id()).len(), 2);
    let found = accepted(&chat, &sample::delivery(disk.update()).with_prior(first)).unwrap();
    assert_eq!((found, chat.posts(disk.id()).len()), (second, 2), "the look-up finds the second");
}

#[test]
fn a_receipt_of_another_episode_makes_a_mixed_message() {
    let chat = MessageService::new("chat");
    let (one, next) = (Episode::new("disk-usage"), Episode::of(sample::key("disk-usage"), sample::episode(2)));
    let receipt = accepted(&chat, &sample::delivery(one.open())).unwrap();
    assert!(!chat.messages()[0].is_mixed());
    accepted(&chat, &sample::delivery(next.open()).with_prior(receipt));
    assert!(chat.messages()[0].is_mixed());

    let receipt = accepted(&chat, &sample::delivery(sample::notification("n-1"))).unwrap();
    assert!(!chat.messages()[1].is_mixed());
    accepted(&chat, &sample::delivery(sample::notification("n-2")).with_prior(receipt));
    assert!(chat.messages()[1].is_mixed());
}

#[test]
fn a_receipt_of_another_shape_is_as_good_as_none() {
    let chat = MessageService::new("chat");
    let odd = Receipt::new(&"of an older version").unwrap();
    accepted(&chat, &sample::delivery(sample::issue()).with_prior(odd));
    assert_eq!(chat.messages().len(), 1);
}

#[test]
fn a_notification_is_one_message_over_its_revisions() {
    let chat = MessageService::new("chat");
    let receipt = accepted(&chat, &sample::delivery(sample::notification("n-1"))).unwrap();
    accepted(&chat, &sample::delivery(sample::notification("n-1").with_revision(1)).with_prior(receipt));
    let messages = chat.about(&Subject::Notification("n-1".to_owned()));
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].last().unwrap().sequence(), 1);
    assert!(chat.open().is_empty() && !messages[0].is_mixed());
}

#[test]
fn an_alert_is_known_by_its_key() {
    let pager = AlertService::new("pager");
    let disk = Episode::new("disk-usage");
    let open = sample::delivery(disk.open());
    accepted(&pager, &open);
    accepted(&pager, &open);
    accepted(&pager, &sample::delivery(disk.update_at(Severity::Critical)));
    assert_eq!(pager.open(), [disk.key().id()]);

    let alerts = pager.alerts(disk.key());
    assert_eq!((alerts.len(), alerts[0].updates.len()), (1, 2));
    assert_eq!(alerts[0].severity(), Some(Severity::Critical));

    let close = sample::delivery(disk.close());
    accepted(&pager, &close);
    accepted(&pager, &close);
    assert_eq!((pager.open().len(), pager.idle_closes()), (0, 1));
}

#[test]
fn an_open_event_after_the_close_wakes_somebody_again() {
    let pager = AlertService::new("pager");
    let disk = Episode::new("disk-usage");
    let open = sample::delivery(disk.open());
    accepted(&pager, &open);
    accepted(&pager, &sample::delivery(disk.close()));
    accepted(&pager, &open);
    assert_eq!(pager.opened_for(disk.id()).len(), 2, "which the checker takes as a broken promise");
    assert_eq!(pager.open().len(), 1);
}

#[test]
fn an_alert_that_outlives_its_episode_shows_both() {
    let pager = AlertService::new("pager");
    let (one, next) = (Episode::new("disk-usage"), Episode::of(sample::key("disk-usage"), sample::episode(2)));
    accepted(&pager, &sample::delivery(one.open()));
    accepted(&pager, &sample::delivery(next.open()));
    assert_eq!(pager.all()[0].episodes(), [one.id(), next.id()]);
    assert!(pager.close_by_hand(one.key()) && !pager.close_by_hand(one.key()));
    assert!(pager.open().is_empty());
}

#[test]
fn a_notification_is_an_alert_that_nothing_closes() {
    let pager = AlertService::new("pager");
    accepted(&pager, &sample::delivery(sample::notification("n-1")));
    accepted(&pager, &sample::delivery(sample::notification("n-1").with_revision(1)));
    assert_eq!(pager.alerts_by("n-1").len(), 1);
    assert!(pager.open().is_empty());
}

#[test]
fn a_batch_counts_what_comes_again() {
    let logs = BatchService::new("logs").with_faults(Script::new([
        Fault::partial(2, Fault::fail(SinkErrorKind::Unavailable)),
        Fault::partial(1, Fault::lost(SinkErrorKind::Unconfirmed)),
    ]));
    let batch: Vec<Delivery> = (0..3).map(|n| sample::delivery(sample::event(EventKind::Log, n))).collect();

    let outcomes = block_on(logs.deliver(&batch)).unwrap();
    assert!(matches!(outcomes[..], [Outcome::Accepted(_), Outcome::Accepted(_), Outcome::Failed(_)]), "{outcomes:?}");
    assert_eq!((logs.len(), logs.count(batch[2].id)), (2, 0));

    let outcomes = block_on(logs.deliver(&batch[1..])).unwrap();
    assert!(matches!(outcomes[..], [Outcome::Accepted(_), Outcome::Failed(_)]), "{outcomes:?}");
    assert_eq!(batch.iter().map(|item| logs.count(item.id)).collect::<Vec<_>>(), [1, 2, 1]);
    assert_eq!(logs.repeated().len(), 1);
    assert_eq!(
        logs.items().iter().map(|item| item.id).collect::<Vec<_>>(),
        batch.iter().map(|item| item.id).collect::<Vec<_>>()
    );
}

#[test]
fn each_fault_does_what_it_says() {
    let batch = [sample::delivery(sample::log("one")), sample::delivery(sample::log("two"))];
    let told = |fault: Fault| {
        let logs = BatchService::new("logs").with_faults(Script::new([fault]));
        let answer = logs.deliver(&batch).now_or_never();
        (answer, logs)
    };
    for kind in SinkErrorKind::ALL {
        let (answer, logs) = told(Fault::fail(kind));
        assert_eq!((answer.unwrap().unwrap_err().kind(), logs.len()), (kind, 0));
    }
    for kind in SinkErrorKind::ALL.into_iter().filter(|kind| kind.may_have_applied()) {
        let (answer, logs) = told(Fault::lost(kind));
        assert_eq!((answer.unwrap().unwrap_err().kind(), logs.len()), (kind, 2));
    }
    let (answer, logs) = told(Fault::throttled(Duration::from_secs(30)));
    assert_eq!((answer.unwrap().unwrap_err().retry_after(), logs.len()), (Some(Duration::from_secs(30)), 0));

    let (answer, logs) = told(Fault::Reject);
    assert!(matches!(answer.unwrap().unwrap()[..], [Outcome::Rejected(_), Outcome::Rejected(_)]));
    assert_eq!((logs.len(), logs.rejected().len()), (0, 2));
    let (answer, logs) = told(Fault::Untouched);
    assert!(matches!(answer.unwrap().unwrap()[..], [Outcome::Untouched, Outcome::Untouched]) && logs.is_empty());

    for applied in [false, true] {
        let (answer, logs) = told(Fault::Hang { applied });
        assert!(answer.is_none());
        assert_eq!(logs.is_empty(), !applied);
    }
    assert!(std::panic::catch_unwind(|| told(Fault::Panic)).is_err());
}

#[test]
#[should_panic(expected = "throttled was never applied")]
fn a_fault_that_no_service_shows_is_refused() {
    let logs = BatchService::new("logs").with_faults(Script::new([Fault::lost(SinkErrorKind::Throttled)]));
    let _ = block_on(logs.deliver(&[sample::delivery(sample::log("one"))]));
}

#[test]
fn a_service_outlives_what_sent_to_it_and_keeps_its_course_of_faults() {
    let faults = RandomFaults::new(Random::seeded(7), Rates::ROUGH);
    let logs = BatchService::new("logs").with_faults(faults.clone());
    let failures = |logs: BatchService, from: u32| {
        let fails = |n| {
            let item = sample::delivery(sample::event(EventKind::Log, n));
            !matches!(logs.deliver(&[item]).now_or_never(), Some(Ok(outcomes)) if matches!(outcomes[0], Outcome::Accepted(_)))
        };
        (from..from + 1_000).map(fails).filter(|failed| *failed).count()
    };
    let first = failures(logs.clone(), 0);
    assert!((280..420).contains(&first), "a third or so, a single item having no partial fault: {first}");
    faults.stop();
    assert_eq!(failures(logs.clone(), 1_000), 0);
    faults.resume();
    assert!(failures(logs.clone(), 2_000) > 0);
    assert!(logs.len() > 2_000 && logs.breaches().is_empty(), "{:?}", logs.breaches());
}

#[test]
fn a_caller_that_does_not_keep_to_the_profile_is_seen() {
    let chat = MessageService::new("chat").with_profile(
        Profile::new("chat")
            .with_kinds([EventKind::Issue].into())
            .with_batch(2)
            .with_batch_bytes(2_000)
            .with_concurrency(1),
    );
    let chat = chat.with_faults(|_: &[Delivery]| Fault::Hang { applied: false });
    let disk = Episode::new("disk-usage");
    let (open, close) = (sample::delivery(disk.open()), sample::delivery(disk.close()));

    let first = [open.clone()];
    let mut under_way = chat.deliver(&first);
    assert!((&mut under_way).now_or_never().is_none() && chat.breaches().is_empty());
    let _ = chat.deliver(std::slice::from_ref(&close)).now_or_never();
    drop(under_way);
    let _ = chat.deliver(&[open.clone(), close]).now_or_never();
    let items: Vec<Delivery> = (0..9).map(|n| sample::delivery(sample::event(EventKind::Log, n))).collect();
    let _ = chat.deliver(&items).now_or_never();

    let breaches = chat.breaches().join("\n");
    for word in ["2 calls at once", "under way", "twice in one batch", "9 items", "bytes, where", "a log, which"] {
        assert!(breaches.contains(word), "{word} in {breaches}");
    }
    assert_eq!((chat.most_at_once(), chat.calls()), (2, 4));
}

#[test]
fn a_lookup_that_lags_does_not_see_the_last_posts() {
    let chat = MessageService::new("chat").with_lookup_lag(2);
    let disk = Episode::new("disk-usage");
    let open = sample::delivery(disk.open());
    let posts = |expected: usize| {
        accepted(&chat, &open.clone().with_maybe_applied());
        assert_eq!(chat.posts(disk.id()).len(), expected);
    };
    // The first post is seen two tellings later.
    [1, 2, 3, 3].into_iter().for_each(posts);
}

#[test]
fn a_queue_is_worked_off_later_and_in_order() {
    let pager = AlertService::new("pager").with_queue(2);
    let disk = Episode::new("disk-usage");
    accepted(&pager, &sample::delivery(disk.open()));
    accepted(&pager, &sample::delivery(disk.update()));
    assert!(pager.open().is_empty(), "accepted, and shown nowhere yet");
    accepted(&pager, &sample::delivery(disk.close()));
    assert_eq!(pager.open(), [disk.key().id()]);
    pager.settle();
    assert!(pager.open().is_empty());
    assert_eq!(pager.alerts(disk.key())[0].history().map(Telling::sequence).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn a_lookup_passes_over_what_is_gone_and_marks_nothing() {
    let chat = MessageService::new("chat");
    let disk = Episode::new("disk-usage");
    accepted(&chat, &sample::delivery(disk.open()).with_maybe_applied());
    assert!(!chat.messages()[0].marked, "it was looked for, so it is no repetition");
    accepted(&chat, &sample::delivery(disk.update()));
    assert!(chat.delete(2));
    accepted(&chat, &sample::delivery(disk.update()).with_maybe_applied());
    assert_eq!(chat.posts(disk.id()).iter().map(|post| post.history.len()).collect::<Vec<_>>(), [2, 1]);
}
