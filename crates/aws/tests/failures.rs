//! What failures mean, over the SDK's own errors; and that credentials and clocks are tried once more.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use chrono::TimeDelta;
use tidegate_aws::{AwsConnection, AwsFailure, Meaning, Operation, Service};
use tidegate_base::{Clock, Secret};
use tidegate_sink::SinkErrorKind::{
    self, Misconfigured, Throttled, Unauthorized, Unavailable, Unconfirmed, Unreachable,
};
use tidegate_testkit::ManualClock;

const SECRET: &str = "s3cret/wJalrXUtnFEMI";

static SERVICE: Service =
    Service { name: "Some Service", corrections: &[("LimitExceededException", Meaning::Failed(Misconfigured))] };
static PUT: Operation = Operation { service: &SERVICE, name: "PutThings", action: "some:PutThings", harmless: false };
static LOOK: Operation = Operation { service: &SERVICE, name: "ListThings", action: "some:ListThings", harmless: true };

/// An error of an operation, as the SDK has them.
#[derive(Debug)]
struct Modelled(ErrorMetadata);

impl fmt::Display for Modelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Error for Modelled {}

impl ProvideErrorMetadata for Modelled {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

type Failed = SdkError<Modelled, HttpResponse>;

fn connection() -> AwsConnection {
    let keys = (Secret::literal("AKIDEXAMPLE"), Secret::literal(SECRET));
    let builder = AwsConnection::builder().with_region("eu-west-1").with_keys(keys.0, keys.1);
    builder.with_clock(ManualClock::new()).build().expect("a connection")
}

fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &'static str) -> HttpResponse {
    let mut answer = HttpResponse::new(status.try_into().expect("a status"), SdkBody::from(body));
    for (name, value) in headers {
        answer.headers_mut().insert(*name, *value);
    }
    answer
}

fn coded(status: u16, code: &str, message: &str, headers: &[(&'static str, &'static str)]) -> Failed {
    let metadata = ErrorMetadata::builder().code(code).message(message).build();
    SdkError::service_error(Modelled(metadata), answer(status, headers, ""))
}

fn codeless(status: u16, body: &'static str) -> Failed {
    SdkError::service_error(Modelled(ErrorMetadata::builder().build()), answer(status, &[], body))
}

/// What is made of an error that comes each time, and how often it was tried.
async fn told(operation: &Operation, error: impl Fn() -> Failed) -> (AwsFailure, usize) {
    let tries = AtomicUsize::new(0);
    let send = || {
        tries.fetch_add(1, Ordering::Relaxed);
        std::future::ready(Err::<(), _>(error()))
    };
    let failure = connection().call(operation, send).await.expect_err("it fails");
    (failure, tries.into_inner())
}

async fn kind(status: u16, code: &str) -> SinkErrorKind {
    told(&PUT, || coded(status, code, "", &[])).await.0.error().kind()
}

#[tokio::test]
async fn a_code_says_more_than_a_status() {
    let throttles =
        ["Throttling", "ThrottlingException", "RequestLimitExceeded", "SlowDown", "TooManyRequestsException"];
    for code in throttles {
        for status in [400, 403, 429, 503] {
            assert_eq!(kind(status, code).await, Throttled, "{status} {code}");
        }
    }
    for (code, want) in [
        ("InternalServiceError", Unavailable),
        ("ServiceUnavailableException", Unavailable),
        ("RequestTimeout", Unavailable),
        ("UnrecognizedClientException", Unauthorized),
        ("InvalidClientTokenId", Unauthorized),
        ("AccessDenied", Unauthorized),
        ("OptInRequired", Unauthorized),
        ("ExpiredTokenException", Unauthorized),
        ("SignatureDoesNotMatch", Unauthorized),
        ("UnknownOperationException", Misconfigured),
        // The service's own word on it.
        ("LimitExceededException", Misconfigured),
    ] {
        assert_eq!(kind(400, code).await, want, "{code}");
    }
    for code in ["InvalidParameterValue", "SomethingNew"] {
        let (failure, _) = told(&PUT, || coded(400, code, "Too long.", &[])).await;
        assert!(failure.is_refused(), "{code}");
        assert_eq!((failure.code(), failure.message(), failure.status()), (Some(code), "Too long.", Some(400)));
        assert_eq!(failure.reason().answer.as_deref(), Some("Too long."));
        assert_eq!(kind(500, code).await, Unavailable);
    }
}

#[tokio::test]
async fn without_a_code_the_status_says_it() {
    for (status, want) in [
        (200, Unconfirmed),
        (302, Misconfigured),
        (400, Misconfigured),
        (401, Unauthorized),
        (403, Unauthorized),
        (404, Misconfigured),
        (407, Misconfigured),
        (408, Unavailable),
        (429, Throttled),
        (500, Unavailable),
        (502, Unavailable),
        (599, Unavailable),
    ] {
        let (failure, tries) = told(&PUT, || codeless(status, "<html>Please\nlog in.</html>")).await;
        assert_eq!((failure.error().kind(), tries), (want, 1), "{status}");
        assert!(!failure.is_refused(), "{status}: nothing is lost for it");
        assert!(failure.error().context().contains("(<html>Please log in.</html>)"), "{}", failure.error());
    }
    assert!(told(&PUT, || codeless(413, "")).await.0.is_refused());
    // What leaves no trace may be asked again.
    assert_eq!(told(&LOOK, || codeless(200, "")).await.0.error().kind(), Unreachable);
}

#[tokio::test]
async fn a_wait_is_read_in_each_of_its_forms() {
    const DATE: (&str, &str) = ("date", "Tue, 24 Nov 2026 03:00:00 GMT");
    for (headers, want) in [
        (vec![], None),
        (vec![("x-amz-retry-after", "1500")], Some(1_500)),
        (vec![("retry-after", "7")], Some(7_000)),
        (vec![("retry-after", "0.2")], Some(200)),
        (vec![("x-amz-retry-after", "10"), ("retry-after", "7")], Some(10)),
        (vec![DATE, ("retry-after", "Tue, 24 Nov 2026 03:01:00 GMT")], Some(60_000)),
        (vec![DATE, ("retry-after", "Tue, 24 Nov 2026 02:01:00 GMT")], Some(0)),
        (vec![("x-amz-retry-after", "soon"), ("retry-after", "soon")], None),
    ] {
        let (failure, _) = told(&PUT, || coded(400, "Throttling", "Rate exceeded", &headers)).await;
        assert_eq!(failure.error().retry_after(), want.map(Duration::from_millis), "{headers:?}");
    }
}

#[tokio::test]
async fn what_expired_and_what_is_signed_wrongly_is_tried_once_more() {
    for (code, tries) in [
        ("ExpiredTokenException", 2),
        ("ExpiredToken", 2),
        ("InvalidSignatureException", 2),
        ("RequestTimeTooSkewed", 2),
        ("AccessDeniedException", 1),
        ("UnrecognizedClientException", 1),
        ("ThrottlingException", 1),
        ("InternalFailure", 1),
    ] {
        assert_eq!(told(&PUT, || coded(400, code, "", &[])).await.1, tries, "{code}");
    }
    let mut answers = vec![Ok("done"), Err(coded(403, "SignatureDoesNotMatch", "", &[]))];
    let done = connection().call(&PUT, || std::future::ready(answers.pop().expect("two tries"))).await;
    assert_eq!(done.expect("the second time"), "done");
}

/// Gives another key each time.
#[derive(Debug, Default)]
struct Fresh(AtomicUsize);

impl ProvideCredentials for Fresh {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        future::ProvideCredentials::ready(Ok(Credentials::new(format!("key-{number}"), "secret", None, None, "test")))
    }
}

#[tokio::test]
async fn credentials_that_are_called_expired_are_fetched_anew_and_otherwise_kept() {
    let builder = AwsConnection::builder().with_region("eu-west-1").with_credentials(Fresh::default());
    let connection = builder.build().expect("a connection");
    let provider = connection.config().await.expect("a configuration").credentials_provider().expect("a provider");
    let tell = |code: &'static str| {
        let provider = provider.clone();
        move || {
            let provider = provider.clone();
            async move {
                let key = provider.provide_credentials().await.expect("credentials").access_key_id().to_owned();
                if key == "key-0" { Err(coded(400, code, "", &[])) } else { Ok(key) }
            }
        }
    };
    let denied = connection.call(&PUT, tell("AccessDeniedException")).await.expect_err("denied");
    assert_eq!(denied.error().kind(), Unauthorized);
    assert_eq!(connection.call(&PUT, tell("ExpiredTokenException")).await.expect("anew"), "key-1");
    assert_eq!(connection.call(&PUT, tell("ExpiredTokenException")).await.expect("kept"), "key-1");
}

#[tokio::test]
async fn a_wrong_clock_is_told_with_both_times_and_a_wrong_secret_is_not() {
    for code in ["RequestInTheFuture", "RequestExpired", "RequestTimeTooSkewed"] {
        let off = [("date", "Tue, 24 Nov 2026 04:00:00 GMT")];
        let (failure, _) = told(&PUT, || coded(403, code, "Signature expired", &off)).await;
        assert_eq!(failure.error().kind(), Misconfigured);
        let clocks =
            "this machine's clock is wrong by 1 h: it says 03:00:00, AWS says 04:00:00 (UTC); set it right, with NTP";
        assert!(failure.error().context().ends_with(clocks), "{}", failure.error());
        let right = [("date", "Tue, 24 Nov 2026 03:00:03 GMT")];
        let (failure, _) = told(&PUT, || coded(403, code, "Signature", &right)).await;
        assert_eq!(failure.error().kind(), Unauthorized);
        assert!(failure.error().context().contains("the secret above all"), "{}", failure.error());
    }
    // The second try was signed by the service's time.
    for code in ["SignatureDoesNotMatch", "InvalidSignatureException"] {
        let off = [("date", "Tue, 24 Nov 2026 04:00:00 GMT")];
        let (failure, calls) = told(&PUT, || coded(403, code, "Signature", &off)).await;
        assert_eq!((failure.error().kind(), calls), (Unauthorized, 2));
        assert!(failure.error().context().contains("the secret above all"), "{}", failure.error());
    }
}

#[tokio::test]
async fn a_denial_may_be_the_clock_and_is_tried_again_by_the_time_of_the_service() {
    let late = [("date", "Tue, 24 Nov 2026 04:00:00 GMT")];
    let denied = || coded(400, "AccessDeniedException", "Signature expired", &late);
    let (failure, calls) = told(&PUT, denied).await;
    assert_eq!((failure.meaning(), calls), (Meaning::Denied, 2));
    assert!(failure.error().context().ends_with("in IAM"), "{}", failure.error());
    let right = [("date", "Tue, 24 Nov 2026 03:00:03 GMT")];
    let (failure, calls) = told(&PUT, || coded(400, "AccessDeniedException", "no", &right)).await;
    assert_eq!((failure.meaning(), calls), (Meaning::Denied, 1));
}

#[tokio::test]
async fn words_name_the_action_and_no_secret() {
    let denied = || coded(400, "AccessDeniedException", "User: u is not authorized to perform: some:PutThings", &[]);
    let words = told(&PUT, denied).await.0.error().words();
    assert_eq!(
        words,
        "Some Service answered PutThings with AccessDeniedException (User: u is not authorized to perform: \
         some:PutThings); allow some:PutThings to whom the credentials belong, in IAM (unauthorized)"
    );
    // As AWS explains a signature: on further lines stands the request.
    let said = format!("The signature does not match {SECRET}.\nThe Canonical String:\nx-amz-security-token:t0ken\n");
    let (failure, _) = told(&PUT, || coded(403, "SignatureDoesNotMatch", &said, &[])).await;
    let shown = format!("{failure:?} {} {:?}", failure.error().words(), failure.reason());
    assert!(!shown.contains("s3cret") && !shown.contains("t0ken"), "{shown}");
    assert_eq!(failure.message(), "The signature does not match ***.");
}

#[tokio::test]
async fn without_an_answer_it_is_unconfirmed_unless_it_is_harmless() {
    let reset = || SdkError::dispatch_failure(ConnectorError::io("connection reset by peer".into()));
    let slow = || SdkError::timeout_error("too slow");
    assert_eq!(told(&PUT, reset).await.0.error().kind(), Unconfirmed);
    assert_eq!(told(&LOOK, reset).await.0.error().kind(), Unreachable);
    assert_eq!(told(&PUT, slow).await.0.error().kind(), Unconfirmed);
    let words = told(&PUT, reset).await.0.error().words();
    assert_eq!(words, "no complete answer of Some Service: connection reset by peer (unconfirmed)");
    let never = || SdkError::construction_failure("no endpoint");
    assert_eq!(told(&PUT, never).await.0.error().kind(), Misconfigured);
}

#[tokio::test]
async fn a_manual_clock_signs() {
    let clock = ManualClock::new();
    clock.advance(Duration::from_hours(1));
    let connection = AwsConnection::builder().with_region("eu-west-1").with_clock(clock).build().expect("a connection");
    assert_eq!(connection.clock().now(), ManualClock::new().now() + TimeDelta::hours(1));
    assert!(connection.skew().is_none());
}
