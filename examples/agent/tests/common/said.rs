//! What is said to the program over HTTP.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::rig::Agent;

/// Where the program takes notifications.
pub(crate) fn address(agent: &Agent) -> String {
    let words = agent.words();
    let line = words.lines().find(|line| line.trim_start().starts_with("notifications")).expect("a line");
    let (_, address) = line.split_once("http://").expect("an address");
    address.split('/').next().expect("an address").to_owned()
}

/// The code and body of what `address` answers to `body`, said with these lines of a head; `None` where no whole answer
/// came.
pub(crate) async fn say(address: &str, lines: &str, body: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let request = format!(
        "POST /v1/notifications HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{lines}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    body.ends_with('\n')
        .then(|| (head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status"), body.to_owned()))
}
