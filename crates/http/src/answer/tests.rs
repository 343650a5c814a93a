use super::*;

fn now() -> DateTime<Utc> {
    date("Tue, 24 Nov 2026 03:00:00 GMT").expect("a date")
}

fn answer(headers: &[(&str, &str)], body: &str) -> Response<Bytes> {
    let mut answer = Response::builder().status(429);
    for (name, value) in headers {
        answer = answer.header(*name, *value);
    }
    answer.body(Bytes::copy_from_slice(body.as_bytes())).expect("an answer")
}

fn wait(value: &str) -> Option<u64> {
    retry_after(&answer(&[("retry-after", value)], ""), now()).map(|wait| wait.as_secs())
}

#[test]
fn seconds_are_taken_to_the_second() {
    for (value, want) in [("0", 0), ("4", 4), (" 30 ", 30), ("1.0", 1), ("1.2", 2), ("0.001", 1), ("3600", 3600)] {
        assert_eq!(wait(value), Some(want), "{value}");
    }
    assert_eq!(wait("99999999999999999999999999"), Some(LONGEST_WAIT));
}

#[test]
fn a_date_is_taken_in_each_form_of_http() {
    for value in ["Tue, 24 Nov 2026 03:00:04 GMT", "Tuesday, 24-Nov-26 03:00:04 GMT", "Tue Nov 24 03:00:04 2026"] {
        assert_eq!(wait(value), Some(4), "{value}");
    }
    let single = answer(&[("retry-after", "Sun Nov  1 03:00:04 2026"), ("date", "Sun Nov  1 03:00:00 2026")], "");
    assert_eq!(retry_after(&single, now()), Some(Duration::from_secs(4)));
    assert_eq!(wait("Tue, 24 Nov 2026 02:59:00 GMT"), Some(0), "over");
    assert_eq!(wait("Tue, 24 Nov 2099 03:00:00 GMT"), Some(LONGEST_WAIT));
}

#[test]
fn a_date_is_read_against_the_clock_that_made_it() {
    let headers = [("retry-after", "Tue, 24 Nov 2026 05:00:30 GMT"), ("date", "Tue, 24 Nov 2026 05:00:00 GMT")];
    assert_eq!(retry_after(&answer(&headers, ""), now()), Some(Duration::from_secs(30)));
}

#[test]
fn part_of_a_second_of_ours_is_rounded_up() {
    let answer = answer(&[("retry-after", "Tue, 24 Nov 2026 03:00:04 GMT")], "");
    assert_eq!(retry_after(&answer, now() + chrono::TimeDelta::milliseconds(1)), Some(Duration::from_secs(4)));
}

#[test]
fn what_cannot_be_read_says_nothing() {
    for value in ["", "soon", "-1", "4 s", "4,5", "1e3", "4.", "Tue, 31 Feb 2026 03:00:04 GMT", "Tue, 24 Nov 2026"] {
        assert_eq!(wait(value), None, "{value}");
    }
    assert_eq!(retry_after(&answer(&[], ""), now()), None);
}

#[test]
fn secrets_are_masked_however_they_are_written() {
    let mut secrets = ["a\"b/c d", "key", "key-long", ""];
    let text = "raw a\"b/c d, json a\\\"b/c d, url a%22b%2Fc%20d, key-long and key";
    for _ in 0..2 {
        assert_eq!(masked(text, &secrets), "raw ***, json ***, url ***, *** and ***");
        secrets.reverse();
    }
}

#[test]
fn an_excerpt_is_one_short_line() {
    assert_eq!(excerpt(&answer(&[], " <html>\r\n\t<b>no\u{0} way\u{1b}[31m</b>  "), &[]), "<html> <b>no way [31m</b>");
    assert_eq!(excerpt(&answer(&[], ""), &[]), "");
    for body in ["é".repeat(100_000), "é è ".repeat(100_000)] {
        let line = excerpt(&answer(&[], &body), &[]);
        assert_eq!((line.chars().count(), line.ends_with('…')), (LONGEST_EXCERPT + 1, true));
    }
    let whole = "x".repeat(LONGEST_EXCERPT);
    assert_eq!(excerpt(&answer(&[], &whole), &[]), whole);
}

#[test]
fn a_secret_at_the_cut_leaves_no_part_of_it() {
    let body = format!("{} s3cret-token", "x".repeat(LONGEST_EXCERPT - 5));
    assert!(!excerpt(&answer(&[], &body), &["s3cret-token"]).contains("s3"));
}
