//! Who may say notifications.

use std::net::SocketAddr;

use tidegate_base::Secret;
use tidegate_router::Router;
use tidegate_status::{Notifications, Status};

use crate::world::{World, ask};

const BODY: &str = r#"{"id":"a","kind":"k","message":"m"}"#;
const JSON: &str = "content-type: application/json\r\n";

#[tokio::test]
async fn with_a_token_only_who_has_it_may() {
    let world = World::with(Notifications::new().with_token(Secret::literal("s3cret"))).await;
    let none = "there is no token; send `authorization: Bearer` and the token of `[intake]`";
    let other = "the token is not that of `[intake]`";
    for (authorization, reason) in [
        ("", none),
        ("authorization: Basic s3cret\r\n", none),
        ("authorization: Bearer\r\n", none),
        ("authorization: Bearer s3cret\r\nauthorization: Bearer s3cret\r\n", none),
        ("authorization: Bearer s3cre\r\n", other),
        ("authorization: Bearer s3crets\r\n", other),
    ] {
        let answer = world.post_with(&format!("host: localhost\r\n{JSON}{authorization}"), BODY).await;
        assert_eq!(answer.refused(), (401, vec![reason.to_owned()]), "{authorization}");
        assert!(answer.head.contains("\r\nwww-authenticate: bearer\r\n"), "{answer:?}");
    }
    assert_eq!(world.journal().await, []);
    // From anywhere, by any name.
    for authorization in ["Bearer s3cret", "bearer  s3cret"] {
        let lines = format!("host: a.example\r\nx-forwarded-for: 10.0.0.1\r\n{JSON}authorization: {authorization}\r\n");
        world.post_with(&lines, BODY).await.assert_taken("a", 0);
    }
}

#[tokio::test]
async fn a_token_is_read_at_each_request() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("token");
    std::fs::write(&path, "one\n").expect("written");
    let world = World::with(Notifications::new().with_token(Secret::from_file(&path))).await;
    let lines = |token| format!("host: localhost\r\n{JSON}authorization: Bearer {token}\r\n");
    world.post_with(&lines("one"), BODY).await.assert_taken("a", 0);
    std::fs::write(&path, "two\n").expect("written");
    assert_eq!(world.post_with(&lines("one"), BODY).await.code, 401);
    world.post_with(&lines("two"), BODY).await.assert_taken("a", 0);

    std::fs::remove_file(&path).expect("removed");
    let answer = world.post_with(&lines("two"), BODY).await;
    let reason = "the token cannot be read here; the log of this tidegate says why";
    assert_eq!(answer.refused(), (503, vec![reason.to_owned()]));
}

#[tokio::test]
async fn without_a_token_no_page_and_no_proxy_may() {
    let world = World::new().await;
    for (lines, why) in [
        ("host: a.example\r\n", "`host` is \"a.example\"; without a token it must be localhost or an IP address"),
        ("", "`host` must be there, once"),
        ("host: localhost\r\nx-forwarded-for: 10.0.0.1\r\n", "this came through a proxy"),
        ("host: localhost\r\nforwarded: for=10.0.0.1\r\n", "this came through a proxy"),
    ] {
        let line = "POST /v1/notifications";
        let answer = ask(world.address, line, &format!("{lines}{JSON}"), BODY).await;
        let (code, reasons) = answer.refused();
        assert_eq!(code, 403, "{lines}");
        assert!(reasons[0].contains(why) && reasons[0].contains("set `token` in `[intake]`"), "{reasons:?}");
    }
    for host in ["127.0.0.1", "localhost:2115", "[::1]:2115"] {
        world.post_with(&format!("host: {host}\r\n{JSON}"), BODY).await.assert_taken("a", 0);
    }
}

#[tokio::test]
async fn what_a_page_could_send_unasked_is_no_json() {
    let world = World::new().await;
    for (kind, found) in [
        ("", "there is no `content-type`"),
        ("content-type: text/plain\r\n", "`content-type` is \"text/plain\""),
        (
            "content-type: application/x-www-form-urlencoded\r\n",
            "`content-type` is \"application/x-www-form-urlencoded\"",
        ),
    ] {
        let answer = world.post_with(&format!("host: localhost\r\n{kind}"), BODY).await;
        assert_eq!(answer.refused(), (415, vec![format!("{found}; it must be application/json")]));
    }
    let lines = "host: localhost\r\ncontent-type: Application/JSON; charset=utf-8\r\n";
    world.post_with(lines, BODY).await.assert_taken("a", 0);
}

#[tokio::test]
async fn a_server_that_does_not_tell_who_asks_takes_nothing_without_a_token() {
    let router = Router::builder().build().expect("nothing contradicts itself");
    let serve = async |notifications| {
        let service = Status::new(router.handle()).with_notifications(notifications).into_service();
        let here = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = tokio::net::TcpListener::bind(here).await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        tokio::spawn(async move { axum::serve(listener, service).await });
        address
    };
    let (open, closed) =
        (serve(Notifications::new().with_token(Secret::literal("s"))).await, serve(Notifications::new()).await);
    tokio::spawn(router.run());
    let lines = format!("host: localhost\r\n{JSON}authorization: Bearer s\r\n");
    ask(open, "POST /v1/notifications", &lines, BODY).await.assert_taken("a", 0);
    let (code, reasons) = ask(closed, "POST /v1/notifications", &lines, BODY).await.refused();
    assert_eq!(code, 403);
    assert!(reasons[0].contains("this server does not tell who asks"), "{reasons:?}");
}
