use super::*;

#[test]
fn the_defaults_are_those_of_the_table() {
    let policy = Policy::new();
    assert_eq!(policy.update_interval, None);
    assert_eq!(policy.linger, None);
    assert_eq!(policy.backoff, (Duration::from_secs(1), Duration::from_mins(5)));
    assert_eq!(policy.delivery_timeout, Duration::from_mins(2));
    assert_eq!(policy.max_age, Duration::from_hours(24));
    assert_eq!((policy.window_bytes, policy.buffer_bytes), (64 << 20, 8 << 20));
}

#[test]
fn a_backoff_never_ends_below_where_it_begins() {
    let policy = Policy::new().with_backoff(Duration::from_secs(10), Duration::from_secs(1));
    assert_eq!(policy.backoff, (Duration::from_secs(10), Duration::from_secs(10)));
}
