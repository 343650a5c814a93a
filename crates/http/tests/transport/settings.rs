use std::time::Duration;

use tidegate_http::{HttpTransport, HttpTransportBuilder, Transport as _, TransportErrorKind};
use tidegate_testkit::server::text;

use super::{SECRET, builder, failed, send, server, transport, words};

fn refused(builder: HttpTransportBuilder) -> String {
    let error = builder.build().expect_err("a setting that cannot be");
    let words = words(&error);
    assert_eq!(error.kind(), TransportErrorKind::Invalid, "{words}");
    assert!(!format!("{words} {error:?}").contains(SECRET), "{error:?}");
    words
}

#[test]
fn settings_that_cannot_be_are_named() {
    let zero = Duration::ZERO;
    assert_eq!(refused(builder().with_timeout(zero)), "the time-out is zero; it must be longer, such as 5 s");
    assert!(refused(builder().with_connect_timeout(zero)).starts_with("the connect time-out is zero"));
    assert!(refused(builder().with_answer_limit(0)).starts_with("the answer limit is 0 bytes"));
    assert!(refused(builder().with_answer_limit(1 << 30)).starts_with("the answer limit is 1073741824 bytes"));
    for address in [SECRET, "", "ftp://a.example", "http://", &format!("{SECRET}://user:{SECRET}@a.example")] {
        assert!(refused(builder().with_proxy(address)).starts_with("the address of the proxy is none"), "{address}");
    }
    assert!(refused(builder().with_certificates("no certificate")).starts_with("there is no certificate"));
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(refused(builder().with_certificates(broken)).starts_with("one of the certificates"));
}

#[tokio::test]
async fn plain_http_goes_to_this_machine_only_unless_allowed() {
    let words = failed(send(&transport(), "http://desk.invalid").await, TransportErrorKind::Invalid);
    assert_eq!(words, "plain http to desk.invalid would show secrets to the network; use https, or set `allow_http`");
    let allowed = builder().with_http_allowed().build().expect("a transport");
    failed(send(&allowed, "http://desk.invalid").await, TransportErrorKind::Unreachable);
    failed(send(&allowed, "ftp://desk.invalid").await, TransportErrorKind::Invalid);
    failed(allowed.send(http::Request::new(bytes::Bytes::new())).await, TransportErrorKind::Invalid);
}

#[tokio::test]
async fn a_proxy_is_used_for_other_machines_and_never_for_this_one() {
    let (proxy, local) = (server().await, server().await);
    let address = format!("http://user:{SECRET}@{}", proxy.address());
    let transport = builder().with_http_allowed().with_proxy(address).build().expect("a transport");
    send(&transport, "http://desk.invalid").await.expect("an answer");
    send(&transport, &local.url()).await.expect("an answer");
    let by_proxy = proxy.received();
    assert_eq!(by_proxy.len(), 1);
    assert_eq!(by_proxy[0].request.uri().host(), Some("desk.invalid"));
    assert!(by_proxy[0].request.headers().contains_key("proxy-authorization"));
    assert_eq!(local.received().len(), 1);
}

/// Where the child of the next test finds its server.
const CHILD: &str = "TIDEGATE_TEST_LOCAL";

/// The environment is the process's: the test runs itself with another one.
#[tokio::test]
async fn the_proxy_of_the_environment_is_used_for_other_machines_and_never_for_this_one() {
    if let Ok(local) = std::env::var(CHILD) {
        let transport = HttpTransport::builder().with_http_allowed().build().expect("a transport");
        send(&transport, "http://desk.invalid").await.expect("an answer of the proxy");
        send(&transport, &local).await.expect("an answer");
        return;
    }
    let (proxy, local) = (server().await, server().await);
    let mut child = std::process::Command::new(std::env::current_exe().expect("this test"));
    child.args(["--exact", "settings::the_proxy_of_the_environment_is_used_for_other_machines_and_never_for_this_one"]);
    child.env(CHILD, local.url()).env("HTTP_PROXY", proxy.url()).env("http_proxy", proxy.url());
    child.env_remove("NO_PROXY").env_remove("no_proxy").env_remove("REQUEST_METHOD");
    let output =
        tokio::task::spawn_blocking(move || child.output()).await.expect("waited for").expect("the child runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!((proxy.received().len(), local.received().len()), (1, 1));
}

/// `https` goes through a tunnel; one that the proxy refuses has carried nothing.
#[tokio::test]
async fn a_tunnel_that_the_proxy_refuses_was_not_sent() {
    let proxy = tidegate_testkit::server::Server::start(|_| text(407, "who are you?")).await;
    let transport = builder().with_proxy(proxy.url()).build().expect("a transport");
    failed(send(&transport, "https://desk.invalid").await, TransportErrorKind::Unreachable);
    assert_eq!(proxy.received()[0].request.method(), "CONNECT");
}

#[tokio::test]
async fn a_name_and_password_in_the_address_go_out_as_basic_authentication() {
    let server = server().await;
    let url = format!("http://user:pass@{}", server.address());
    let request = http::Request::get(url).body(bytes::Bytes::new()).expect("a request");
    transport().send(request).await.expect("an answer");
    assert_eq!(server.received()[0].request.headers()["authorization"], "Basic dXNlcjpwYXNz");
}

#[test]
fn nothing_that_prints_shows_a_secret() {
    let builder = HttpTransport::builder().with_proxy(format!("http://user:{SECRET}@127.0.0.1:1"));
    let shown = format!("{builder:?} {:?}", builder.clone().build().expect("a transport"));
    assert!(!shown.contains(SECRET), "{shown}");
}
