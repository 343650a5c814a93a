use serde_json::Value;
use tidegate_sink::Receipt;
use tidegate_testkit::sample::{self, Episode};

use super::*;

fn packed(batch: &[Delivery], most: usize) -> Vec<Parcel> {
    let mut outcomes = vec![Outcome::Untouched; batch.len()];
    pack(batch, most, &mut outcomes)
}

fn json(parcel: &Parcel) -> Value {
    serde_json::from_slice(&parcel.message().body).expect("JSON")
}

fn lines(range: std::ops::Range<u32>) -> Vec<Delivery> {
    range.map(|number| sample::delivery(sample::log(&format!("line {number}")))).collect()
}

#[test]
fn the_first_that_is_taken_of_an_episode_opens_it() {
    let disk = Episode::new("disk-usage");
    let told = receipt().expect("JSON");
    let first = sample::delivery(disk.open());
    let later = sample::delivery(disk.update());
    let closed = sample::delivery(disk.close());
    for (delivery, r#type) in [
        (first.clone(), "issue.opened"),
        (first.with_maybe_applied(), "issue.opened"),
        (later.clone(), "issue.opened"),
        (later.clone().with_prior(Receipt::new(&"another version's").expect("JSON")), "issue.opened"),
        (later.with_prior(told.clone()), "issue.updated"),
        (closed.clone(), "issue.closed"),
        (closed.with_prior(told.clone()), "issue.closed"),
        (sample::delivery(sample::notification("n")), "notification.created"),
        (sample::delivery(sample::notification("n").with_revision(1)).with_prior(told), "notification.updated"),
    ] {
        let body = json(&packed(&[delivery], 1_000)[0]);
        assert_eq!(body["type"], r#type, "{body}");
    }
}

#[test]
fn logs_and_metrics_go_together_and_others_by_themselves_in_the_order_of_their_first() {
    let batch = [
        sample::delivery(sample::log("one")),
        sample::delivery(sample::issue()),
        sample::delivery(sample::metric("system.load.1m", 1.0)),
        sample::delivery(sample::log("two")),
        sample::delivery(sample::notification("n-1")),
        sample::delivery(sample::metric("system.load.1m", 2.0)),
    ];
    let parcels = packed(&batch, 10_000);
    let places: Vec<Vec<usize>> = parcels.iter().map(|parcel| parcel.places().collect()).collect();
    assert_eq!(places, [vec![0, 3], vec![1], vec![2, 5], vec![4]]);
    let logs = json(&parcels[0]);
    assert_eq!((&logs["type"], &logs["data"]["logs"][1]["message"]), (&"log.batch".into(), &"two".into()));
    assert_eq!(logs["data"]["logs"][1]["id"], batch[3].id.to_string());
    let metrics = json(&parcels[2]);
    assert_eq!((&metrics["type"], &metrics["data"]["metrics"][1]["value"]), (&"metric.batch".into(), &2.0.into()));
    assert_eq!(metrics["timestamp"], "2026-11-24T03:00:00.000Z");
}

#[test]
fn a_body_is_no_longer_than_it_may_be_and_one_long_line_goes_whole() {
    let mut batch = lines(0..50);
    batch.insert(20, sample::delivery(sample::log(&"x".repeat(5_000))));
    let parcels = packed(&batch, 2_000);
    let order: Vec<usize> = parcels.iter().flat_map(Parcel::places).collect();
    assert!(order.is_sorted() && order.len() == 51);
    for parcel in &parcels {
        let size = parcel.message().body.len();
        assert!(size <= 2_000 || parcel.items.len() == 1, "{size} bytes, {} items", parcel.items.len());
        assert!(size > 1_500 || parcel.items.len() == 1 || parcel.places().any(|place| [19, 50].contains(&place)));
    }
}

#[test]
fn an_id_is_that_of_the_items_and_of_nothing_else() {
    let (all, again, fewer) = (packed(&lines(0..3), 9_000), packed(&lines(0..3), 9_000), packed(&lines(0..2), 9_000));
    let (all, again, fewer) = (all[0].message(), again[0].message(), fewer[0].message());
    assert!(all.id == again.id && all.body == again.body);
    assert_ne!(all.id, fewer.id);
    let other = packed(&[lines(0..3), lines(2..3)].concat()[1..], 9_000)[0].message();
    assert_ne!(all.id, other.id);
    let issue = sample::delivery(sample::issue());
    assert_eq!(packed(std::slice::from_ref(&issue), 9_000)[0].message().id, issue.id.to_string());
}

#[test]
fn halves_are_in_order() {
    let parcel = packed(&lines(0..5), 9_000).remove(0);
    let (first, second) = parcel.halves();
    let places = |parcel: &Parcel| parcel.places().collect::<Vec<_>>();
    assert_eq!((places(&first), places(&second)), (vec![0, 1], vec![2, 3, 4]));
    let (one, _) = first.halves();
    assert!(!one.is_many() && second.is_many());
}
