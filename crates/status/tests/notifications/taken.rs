//! What is taken, and what becomes of it.

use chrono::TimeDelta;
use tidegate_event::{Notification, Resource, Severity};

use crate::world::{World, ask, now};

/// `kind` about the cluster `orders`.
fn about_orders(id: &str, kind: &str, more: &str) -> String {
    format!(r#"{{"id":"{id}","kind":"{kind}","resource":{{"cluster":"orders"}}{more}}}"#)
}

#[tokio::test]
async fn a_notification_is_in_the_journal_as_it_was_said() {
    let world = World::new().await;
    let body = r#"{"id":"backup-118","revision":3,"kind":"backup","severity":"warning","message":"Backup skipped.",
        "resource":{"cluster":"orders","node":"a:2113","part":"/var"},"at":"2026-11-24T04:59:59.1239+02:00"}"#;
    world.post(body).await.assert_taken("backup-118", 3);
    let resource = Resource::new().with_cluster("orders").with_node("a:2113").with_part("/var");
    let said = Notification::new("backup-118", "backup", "Backup skipped.", now() - TimeDelta::milliseconds(877));
    let said = said.with_revision(3).with_severity(Severity::Warning).with_resource(resource);
    assert_eq!(world.journal().await, [said]);
}

#[tokio::test]
async fn what_is_left_out_or_null_has_its_default() {
    let world = World::new().await;
    world.post(r#"{"id":"a","kind":"k","message":"m"}"#).await.assert_taken("a", 0);
    let nothing = r#"{"id":"b","kind":"k","message":"m","revision":null,"severity":null,"resource":null,"at":null}"#;
    world.post(nothing).await.assert_taken("b", 0);
    let said = |id| Notification::new(id, "k", "m", now());
    assert_eq!(world.journal().await, [said("a"), said("b")]);
}

#[tokio::test]
async fn the_control_planes_events_have_a_message_to_the_letter_and_a_fate() {
    let world = World::new().await;
    world.post(&about_orders("1", "volumes-provision-failed", "")).await.assert_taken("1", 0);
    assert_eq!(world.retired().await, [""; 0]);
    let own = r#","message":"Cluster instances failed to provision","severity":null"#;
    world.post(&about_orders("2", "instances-provision-failed", own)).await.assert_taken("2", 0);
    assert_eq!(world.retired().await, ["cluster orders: Cluster instances failed to provision"]);
    world.post(&about_orders("3", "cluster-available", r#","severity":"warning""#)).await.assert_taken("3", 0);
    assert_eq!(world.retired().await, [""; 0]);

    let journal = world.journal().await;
    let told: Vec<_> = journal.iter().map(|said| (&*said.message, said.severity)).collect();
    let wanted = [
        ("Cluster volumes failed to provision", Severity::Error),
        ("Cluster instances failed to provision", Severity::Error),
        ("Cluster is available again", Severity::Warning),
    ];
    assert_eq!(told, wanted);
}

#[tokio::test]
async fn the_same_id_twice_is_acknowledged_twice_and_told_once() {
    let world = World::new().await;
    let (failed, revised) = (about_orders("1", "instances-provision-failed", ""), r#","revision":2"#);
    world.post(&failed).await.assert_taken("1", 0);
    world.post(&failed).await.assert_taken("1", 0);
    world.post(&about_orders("2", "cluster-available", "")).await.assert_taken("2", 0);
    // The network had kept a copy.
    world.post(&failed).await.assert_taken("1", 0);
    assert_eq!(world.retired().await, [""; 0], "a copy undoes nothing");
    assert_eq!(world.journal().await.len(), 2);

    world.post(&about_orders("1", "instances-provision-failed", revised)).await.assert_taken("1", 2);
    assert_eq!((world.retired().await.len(), world.journal().await.len()), (1, 3));
    world.post(&failed).await.assert_taken("1", 0);
    assert_eq!(world.journal().await.len(), 3);
}

#[tokio::test]
async fn the_same_id_many_times_at_once_is_told_once() {
    let world = World::new().await;
    let failed = about_orders("1", "instances-provision-failed", "");
    for answer in futures::future::join_all((0..16).map(|_| world.post(&failed))).await {
        answer.assert_taken("1", 0);
    }
    assert_eq!((world.retired().await.len(), world.journal().await.len()), (1, 1));
}

#[tokio::test]
async fn one_id_for_two_things_is_a_conflict() {
    let world = World::new().await;
    world.post(&about_orders("1", "instances-provision-failed", "")).await.assert_taken("1", 0);
    let (code, reasons) = world.post(&about_orders("1", "cluster-available", "")).await.refused();
    assert_eq!((code, reasons.len()), (409, 1));
    assert!(reasons[0].contains("`id` \"1\" with `revision` 0 was taken as something else"), "{reasons:?}");
    assert_eq!(world.retired().await.len(), 1);
}

#[tokio::test]
async fn whoever_uses_another_method_or_path_is_told_what_there_is() {
    let world = World::new().await;
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
        let answer = ask(world.address, &format!("{method} /v1/notifications"), "host: localhost\r\n", "").await;
        assert_eq!(answer.code, 405, "{answer:?}");
        assert!(answer.head.contains("\r\nallow: post"), "{answer:?}");
        assert_eq!(answer.head.matches("allow:").count(), 1, "{answer:?}");
        assert!(method == "HEAD" || answer.refused().1 == [format!("found {method}; notifications are said by POST")]);
    }
    let answer = ask(world.address, "POST /v1/notification", "host: localhost\r\n", "").await;
    assert_eq!(answer.code, 404);
    assert!(answer.body.contains("there are /health/live, /health/ready and /v1/notifications"), "{answer:?}");
}
