//! What each of Slack's answers means to the lane: recorded ones, and every error code that is known.

use common::{CHANNEL, HOOK, TOKEN, asked, bot, error, kind, outcome, said, step, told, webhook};
use recorded::{Recorded, recorded};
use serde_json::{Value, json};
use tidegate_base::Secret;
use tidegate_http::{Dialect, ProbeStep, Step};
use tidegate_sink::SinkErrorKind::{Misconfigured, Throttled, Unauthorized, Unavailable, Unconfirmed, Unreachable};
use tidegate_sink::{Delivery, Outcome};
use tidegate_sink_slack::Slack;
use tidegate_testkit::sample;

mod common;
#[path = "../../../http/tests/guest/recorded.rs"]
mod recorded;

/// Whether what follows after `one` is of its class.
fn holds(dialect: &Slack, delivery: &Delivery, one: &Recorded) -> bool {
    // A layout that does not please is tried once more as plain text.
    let mut answers = vec![one.answer.clone()];
    if one.class == "reject" && matches!(step(dialect, delivery, &answers), Ok(Step::Send { .. })) {
        answers.push(one.answer.clone());
    }
    if one.class == "replace" {
        return asked(dialect, delivery, &answers).0 == "chat.postMessage";
    }
    let outcome = outcome(dialect, delivery, &answers);
    if let Outcome::Failed(error) = &outcome
        && (one.wait.is_some() && error.retry_after() != one.wait)
    {
        return false;
    }
    let kind = kind(&outcome);
    match one.class.as_str() {
        "delivered" => match outcome {
            Outcome::Accepted(Some(receipt)) if !one.keep.is_null() => {
                receipt.read::<Value>().expect("JSON") == one.keep
            }
            Outcome::Accepted(receipt) => receipt.is_some(),
            _ => false,
        },
        "reject" => matches!(outcome, Outcome::Rejected(reason) if reason.answer.is_some()),
        "pause" => matches!(kind, Some(Unauthorized | Misconfigured)),
        "throttled" => kind == Some(Throttled),
        "retry" => matches!(kind, Some(Unavailable | Unreachable)),
        "unconfirmed" => kind.is_some_and(tidegate_sink::SinkErrorKind::may_have_applied),
        other => panic!("a class that is not known: {other}"),
    }
}

#[test]
fn each_recorded_answer_of_the_web_api_is_of_its_class() {
    let mut seen = 0;
    for one in recorded(include_str!("answers/bot.json")) {
        let delivery = match one.name.split('.').nth(1) {
            Some("postMessage") => sample::delivery(sample::issue()),
            Some("update") => told(sample::issue()),
            _ => continue,
        };
        assert!(holds(&bot(), &delivery, &one), "{}: not {}", one.name, one.class);
        seen += 1;
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn each_recorded_answer_of_a_webhook_is_of_its_class() {
    for one in recorded(include_str!("answers/webhook.json")) {
        assert!(holds(&webhook(), &sample::delivery(sample::issue()), &one), "{}: not {}", one.name, one.class);
    }
}

#[test]
fn each_recorded_answer_to_a_probe_is_of_its_class() {
    for one in recorded(include_str!("answers/bot.json")).iter().filter(|one| one.name.starts_with("auth.test")) {
        let next = bot().probe(std::slice::from_ref(&one.answer), common::now());
        match (one.class.as_str(), next) {
            ("delivered", Ok(ProbeStep::Done(probe))) => {
                let proven = probe.proven().join("; ");
                assert!(proven.contains("tidegate in the workspace Example Workspace"), "{proven}");
                let unproven = probe.unproven().join("; ");
                assert!(unproven.contains(CHANNEL) && unproven.contains("metadata.message:read"), "{unproven}");
            }
            ("pause", Err(error)) => assert_eq!(error.kind(), Unauthorized),
            (class, next) => panic!("{}: not {class}: {next:?}", one.name),
        }
    }
}

#[test]
fn every_known_code_has_its_class() {
    let unauthorized = "not_authed invalid_auth account_inactive token_revoked token_expired missing_scope \
        not_allowed_token_type no_permission access_denied accesslimited app_access_restricted org_login_required \
        ekm_access_denied enterprise_is_restricted two_factor_setup_required";
    let misconfigured = "team_not_found messages_tab_disabled channel_not_found not_in_channel is_archived \
        restricted_action restricted_action_read_only_channel restricted_action_thread_only_channel \
        deprecated_endpoint method_deprecated unknown_method";
    let unsure = "service_unavailable fatal_error internal_error update_failed external_channel_migrating \
        streaming_state_conflict";
    let table = [
        (unauthorized, Unauthorized),
        (misconfigured, Misconfigured),
        ("ratelimited rate_limited message_limit_exceeded", Throttled),
        ("request_timeout team_added_to_org", Unreachable),
        (unsure, Unavailable),
    ];
    for (codes, want) in table {
        for code in codes.split_whitespace() {
            for delivery in [sample::delivery(sample::issue()), told(sample::issue())] {
                assert_eq!(kind(&outcome(&bot(), &delivery, &[error(code)])), Some(want), "{code}");
            }
        }
    }
    let unfit = "msg_too_long invalid_blocks invalid_blocks_format msg_blocks_too_long invalid_attachments \
        too_many_attachments attachment_payload_limit_exceeded block_mismatch invalid_arguments";
    for code in unfit.split_whitespace() {
        let (_, body) = asked(&bot(), &told(sample::issue()), &[error(code)]);
        assert_eq!(body["attachments"], json!([]), "{code}: not as plain text");
    }
    let rejected = "no_text metadata_too_large invalid_metadata_format markdown_text_conflict invalid_arg_name \
        invalid_array_arg invalid_charset invalid_form_data invalid_post_type missing_post_type something_new";
    for code in rejected.split_whitespace() {
        let outcome = outcome(&bot(), &told(sample::issue()), &[error(code)]);
        assert!(matches!(outcome, Outcome::Rejected(_)), "{code}: {outcome:?}");
    }
    for code in "message_not_found cant_update_message edit_window_closed is_inactive".split_whitespace() {
        assert_eq!(asked(&bot(), &told(sample::issue()), &[error(code)]).0, "chat.postMessage", "{code}");
        let posted = outcome(&bot(), &sample::delivery(sample::issue()), &[error(code)]);
        assert!(matches!(posted, Outcome::Rejected(_)), "{code}: {posted:?}");
    }
}

#[test]
fn an_answer_that_says_nothing_is_no_success() {
    let table = [
        (said(200, &json!("")), Unconfirmed),
        (said(200, &json!({})), Unconfirmed),
        (said(200, &json!({ "ok": true })), Unconfirmed),
        (said(200, &json!({ "ok": "true", "ts": "1.0" })), Unconfirmed),
        (said(200, &json!({ "ok": false })), Unconfirmed),
        (said(204, &json!("")), Unconfirmed),
        (said(302, &json!("")), Misconfigured),
        (said(404, &json!("<html>")), Misconfigured),
        (said(410, &json!("")), Misconfigured),
        (said(500, &json!({ "ok": true, "ts": "1.0" })), Unavailable),
        (said(503, &json!({ "ok": false, "error": "invalid_auth" })), Unavailable),
        (said(401, &json!({ "ok": false, "error": "channel_not_found" })), Misconfigured),
    ];
    for (answer, want) in table {
        let outcome = outcome(&bot(), &sample::delivery(sample::issue()), std::slice::from_ref(&answer));
        assert_eq!(kind(&outcome), Some(want), "{answer:?}");
    }
}

#[test]
fn a_refusal_says_what_to_do_in_one_line_and_no_secret() {
    let odd = format!("{TOKEN}\n{}", "x".repeat(500));
    let answers = [
        said(200, &json!({ "ok": false, "error": "missing_scope", "needed": "chat:write", "provided": TOKEN })),
        said(200, &json!({ "ok": false, "error": TOKEN })),
        said(200, &json!({ "ok": false, "error": odd })),
        said(500, &json!(odd)),
        error("invalid_auth"),
    ];
    for answer in answers {
        let outcome = outcome(&bot(), &sample::delivery(sample::issue()), &[answer]);
        let (text, all) = match &outcome {
            Outcome::Failed(error) => (error.to_string(), format!("{error:?}")),
            Outcome::Rejected(reason) => (reason.to_string(), format!("{reason:?}")),
            other => panic!("{other:?}"),
        };
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!format!("{text}{all}").contains("s3cret"), "{all}");
    }
    let said_of = |code: &str| match outcome(&bot(), &sample::delivery(sample::issue()), &[error(code)]) {
        Outcome::Failed(error) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        said_of("invalid_auth"),
        "Slack says invalid_auth; the token is not good: copy the app's bot token anew into `token`: unauthorized"
    );
    assert!(said_of("not_in_channel").contains("invite the app"));

    for body in [HOOK, "no token s3cretHook here"] {
        for status in [200, 400, 403, 404, 500] {
            let delivery = sample::delivery(sample::issue());
            let outcome = outcome(&webhook(), &delivery, &[said(status, &json!(body))]);
            assert!(!format!("{outcome:?}").contains("s3cretHook"), "{outcome:?}");
        }
    }
    assert!(!format!("{:?} {:?}", bot(), webhook()).contains("s3cret"));

    // A token that could be a word of Slack's.
    let word = Slack::bot(CHANNEL, Secret::literal("s3cret_word")).build().expect("a dialect");
    let echoed = outcome(&word, &sample::delivery(sample::issue()), &[error("s3cret_word")]);
    assert!(!format!("{echoed:?}").contains("s3cret_word"), "{echoed:?}");
}

#[test]
fn no_part_of_a_webhook_is_repeated_however_it_is_written() {
    let forms = [
        HOOK.to_owned(),
        format!("{HOOK}/"),
        format!("{HOOK}//"),
        format!("{HOOK}?wait=1"),
        format!("{HOOK}/?key=s3cretHook2"),
        HOOK.replace("Hook", "%48ook"),
        HOOK.replace("/s3cretHook", "%2Fs3cretHook"),
        HOOK.replace("T000", "s3cretTeam"),
        HOOK.replace("https://", "https://user:s3cretHook1@"),
    ];
    for url in forms {
        let dialect = Slack::webhook(Secret::literal(url.clone())).build().expect("a dialect");
        let path = url.rsplit_once("hooks.slack.com").expect("a path").1;
        let quoted = json!(url).to_string().replace('/', "\\/");
        let secret = path.trim_end_matches('/').rsplit(['/', '=']).next().expect("a part");
        let echoes = [
            url.clone(),
            quoted,
            path.to_owned(),
            format!("POST {path} HTTP/1.1"),
            format!("no hook {secret} here"),
            "no hook s3cretHook here".to_owned(),
            path.replace("%48", "H").replace("%2F", "/"),
            path.replace('/', "%2F"),
            path.split('?').next().expect("a path").to_owned(),
        ];
        for (echo, status) in
            echoes.iter().flat_map(|echo| [200, 302, 400, 403, 404, 429, 500].map(|status| (echo, status)))
        {
            let answer = said(status, &json!(echo));
            let told = outcome(&dialect, &sample::delivery(sample::issue()), std::slice::from_ref(&answer));
            let probed = dialect.probe(&[answer], common::now());
            let shown = format!("{told:?} {probed:?}");
            assert!(!shown.contains("s3cret"), "{url}: {status} {echo}: {shown}");
        }
    }
}

#[test]
fn a_token_is_repeated_in_no_form() {
    for token in [TOKEN, "xoxb-s3cret/t0ken", "xoxb-s3cret é+t0ken"] {
        let dialect = Slack::bot(CHANNEL, Secret::literal(token)).build().expect("a dialect");
        let quoted = json!(token).to_string();
        let coded = token.replace('/', "%2F").replace(' ', "%20").replace('é', "%C3%A9").replace('+', "%2B");
        for echo in [token.to_owned(), format!("Bearer {token}"), quoted, coded] {
            let word = said(200, &json!({ "ok": false, "error": &echo, "needed": &echo, "provided": &echo }));
            let scope =
                said(200, &json!({ "ok": false, "error": "missing_scope", "needed": &echo, "provided": &echo }));
            let user = said(200, &json!({ "ok": true, "user": &echo, "team": &echo }));
            let answers = [200, 302, 400, 403, 429, 500].map(|status| said(status, &json!(&echo)));
            for answer in answers.into_iter().chain([word, scope, user]) {
                let told = outcome(&dialect, &sample::delivery(sample::issue()), std::slice::from_ref(&answer));
                let probed = dialect.probe(std::slice::from_ref(&answer), common::now());
                let shown = format!("{told:?} {probed:?}");
                assert!(!shown.contains("s3cret"), "{token}: {answer:?}: {shown}");
            }
        }
    }
}

#[test]
fn a_webhook_that_refuses_without_a_word_is_told_without_one() {
    for status in [400, 403, 404, 410, 429, 500] {
        let outcome = outcome(&webhook(), &sample::delivery(sample::issue()), &[said(status, &json!(" "))]);
        let text = match &outcome {
            Outcome::Failed(error) => error.to_string(),
            Outcome::Rejected(reason) => reason.to_string(),
            other => panic!("{other:?}"),
        };
        assert!(text.contains(&status.to_string()) && !text.contains("()") && !text.contains("said"), "{text}");
    }
}

#[test]
fn a_probe_that_is_refused_names_the_token_and_what_to_do() {
    let probed = |answer| bot().probe(&[answer], common::now()).expect_err("refused").to_string();
    for answer in
        [error("something_new"), error("invalid_arguments"), error("message_not_found"), said(400, &json!("?"))]
    {
        let text = probed(answer);
        assert!(!text.contains("message:") && !text.contains("the message"), "{text}");
        assert!(text.contains("check that `token` is the app's bot token"), "{text}");
    }
    assert!(probed(error("something_new")).starts_with("Slack refuses the token: something_new"));
    assert!(probed(error("token_revoked")).contains("the token is not good"));
}

#[test]
fn too_much_at_once_says_how_long_slack_wants_to_be_left_alone() {
    let told = |answer| match outcome(&bot(), &sample::delivery(sample::issue()), &[answer]) {
        Outcome::Failed(error) => error.to_string(),
        other => panic!("{other:?}"),
    };
    let mut limited = error("ratelimited");
    assert_eq!(told(limited.clone()), "Slack says ratelimited: throttled");
    limited.headers_mut().insert("retry-after", "30".parse().expect("a value"));
    assert_eq!(told(limited), "Slack says ratelimited; it wants to be left alone for 30 s: throttled");
    assert!(told(error("message_limit_exceeded")).contains("for 1 min"));
}

#[test]
fn a_probe_finds_a_token_without_the_scope_to_write() {
    let mut answer = said(200, &json!({ "ok": true, "team": "Example", "user": "tidegate" }));
    answer.headers_mut().insert("x-oauth-scopes", "channels:read, channels:history".parse().expect("a value"));
    let error = bot().probe(std::slice::from_ref(&answer), common::now()).expect_err("no scope");
    assert_eq!(error.kind(), Unauthorized);

    let all = "chat:write,groups:history,metadata.message:read";
    answer.headers_mut().insert("x-oauth-scopes", all.parse().expect("a value"));
    match bot().probe(&[answer], common::now()).expect("a probe") {
        ProbeStep::Done(probe) => assert_eq!((probe.proven().len(), probe.unproven().len()), (3, 1), "{probe:?}"),
        other @ ProbeStep::Send { .. } => panic!("{other:?}"),
    }
}

#[test]
fn a_webhook_is_probed_without_a_message() {
    let dialect = webhook();
    let ProbeStep::Send { request, .. } = dialect.probe(&[], common::now()).expect("a probe") else { panic!("done") };
    assert_eq!(&request.body()[..], b"{}");
    let probed = |status, body: &str| match dialect.probe(&[said(status, &json!(body))], common::now()) {
        Ok(ProbeStep::Done(probe)) => Ok(probe),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error),
    };
    for word in ["no_text", "invalid_payload", "no_text\n"] {
        let probe = probed(400, word).expect("alive");
        assert_eq!((probe.proven(), probe.unproven().len()), (&["the webhook is there".into()][..], 1), "{word}");
    }
    for (status, body) in
        [(400, "<html>Bad Request"), (400, ""), (400, "too_many_attachments"), (200, "ok"), (422, "no_text")]
    {
        let probe = probed(status, body).expect("nothing is known");
        let unproven = probe.unproven().join("; ");
        assert_eq!((probe.proven().len(), unproven.contains("not checked")), (0, true), "{probe:?}");
        assert!(unproven.contains(&status.to_string()) && unproven.contains(body), "{probe:?}");
        assert!(!unproven.contains("()"), "{probe:?}");
    }
    for (status, body, want, checked) in [
        (404, "no_service", Misconfigured, true),
        (404, "", Misconfigured, true),
        (403, "invalid_token", Misconfigured, true),
        (302, "", Misconfigured, true),
        (200, "<html>Please log in", Unconfirmed, false),
        (200, "", Unconfirmed, false),
        (429, "", Throttled, false),
        (500, "no_text", Unavailable, false),
    ] {
        let error = probed(status, body).expect_err("not alive");
        assert_eq!((error.kind(), error.to_string().contains("was not checked")), (want, !checked), "{error}");
        assert!(error.to_string().contains(&status.to_string()) && error.to_string().contains(body), "{error}");
        assert!(!error.to_string().contains("()"), "{error}");
    }
}
