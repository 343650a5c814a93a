//! What 202 promises, and what is answered where it cannot be promised.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::world::{World, send};

fn body(id: usize) -> String {
    format!(r#"{{"id":"{id}","kind":"k","message":"m"}}"#)
}

/// A head for a body of so many bytes.
fn head(length: usize) -> String {
    format!(
        "POST /v1/notifications HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {length}\r\n\r\n"
    )
}

#[tokio::test(start_paused = true)]
async fn nothing_is_acknowledged_before_the_journal_has_it() {
    let world = World::new().await;
    world.hang(true);
    let body = body(1);
    let mut posting = std::pin::pin!(world.post(&body));
    assert!(timeout(Duration::from_secs(25), &mut posting).await.is_err(), "the journal hangs");
    world.hang(false);
    posting.await.assert_taken("1", 0);
    assert_eq!(world.journal().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_sender_does_not_wait_for_ever_and_says_it_again() {
    let world = World::new().await;
    world.hang(true);
    let began = Instant::now();
    let answer = world.post(&body(1)).await;
    assert!((29..32).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    let (code, reasons) = answer.refused();
    assert_eq!(code, 503);
    assert!(reasons[0].contains("may have been taken; say it again with the same id"), "{reasons:?}");
    assert!(answer.head.contains("\r\nretry-after: 5"), "{answer:?}");
    world.hang(false);
    world.post(&body(1)).await.assert_taken("1", 0);
    assert_eq!(world.journal().await.len(), 1, "told once");
}

#[tokio::test]
async fn a_router_that_has_stopped_takes_nothing() {
    let world = World::new().await;
    world.post(&body(1)).await.assert_taken("1", 0);
    world.handle.stop();
    while world.handle.snapshot().await.is_ok() {
        tokio::task::yield_now().await;
    }
    let (code, reasons) = world.post(&body(2)).await.refused();
    assert_eq!(code, 503);
    assert!(reasons[0].contains("the router has stopped"), "{reasons:?}");
}

#[tokio::test(start_paused = true)]
async fn so_many_are_under_way_and_the_next_is_told_to_come_again() {
    let world = World::new().await;
    world.hang(true);
    let mut waiting = Vec::new();
    for id in 0..64 {
        let mut stream = TcpStream::connect(world.address).await.expect("somebody listens");
        stream.write_all((head(body(id).len()) + &body(id)).as_bytes()).await.expect("sent");
        waiting.push(stream);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let answer = world.post(&body(64)).await;
    assert_eq!(answer.refused().0, 429);
    assert!(answer.head.contains("\r\nretry-after: 1"), "{answer:?}");

    world.hang(false);
    for mut stream in waiting {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
    }
    world.post(&body(64)).await.assert_taken("64", 0);
    assert_eq!(world.journal().await.len(), 65);
}

#[tokio::test]
async fn a_body_has_a_bound_however_it_is_sent() {
    const MIB: usize = 1024 * 1024;
    let world = World::new().await;
    let most = format!("{}{}", body(1), " ".repeat(MIB - body(1).len()));
    world.post(&most).await.assert_taken("1", 0);
    let reason = vec!["the body is over 1 MiB, which is the most that is taken".to_owned()];
    assert_eq!(world.post(&format!("{most} ")).await.refused(), (413, reason.clone()));
    assert_eq!(world.post(&" ".repeat(4 * MIB)).await.refused(), (413, reason.clone()));

    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let chunks = chunk.repeat(17) + "0\r\n\r\n";
    let head = head(0).replace("content-length: 0", "transfer-encoding: chunked");
    assert_eq!(send(world.address, &(head + &chunks)).await.refused(), (413, reason));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let world = World::new().await;
    let began = Instant::now();
    let answer = send(world.address, &(head(100) + "{")).await;
    assert_eq!(answer.refused(), (408, vec!["the body was not there within 10 s".to_owned()]));
    assert!((9..12).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}
