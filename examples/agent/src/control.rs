//! The socket in the state's folder by which another process asks the program that has it open. Whoever may write to the
//! folder may ask. A question is one line of JSON, and so is the answer.

use std::path::Path;
use std::time::Duration;

use tokio::time::timeout;

use crate::ask::{Request, Tools};

/// How long a question or an answer may be: 64 MiB, some ten thousand dead letters.
#[cfg(unix)]
const LONGEST: u64 = 64 * 1024 * 1024;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the socket is.
#[cfg(unix)]
fn socket(dir: &Path) -> std::path::PathBuf {
    dir.join("control.sock")
}

type Answer = Result<String, String>;

/// Asks the program that has the state in `dir` open.
///
/// # Errors
/// Why it did not answer.
pub(crate) async fn ask(dir: &Path, request: &Request) -> Result<Answer, String> {
    match timeout(PATIENCE, exchange(dir, request)).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

#[cfg(unix)]
async fn exchange(dir: &Path, request: &Request) -> std::io::Result<Answer> {
    use tokio::io::AsyncWriteExt as _;
    let mut stream = tokio::net::UnixStream::connect(socket(dir)).await?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    Ok(serde_json::from_slice(&read_line(&mut stream).await?)?)
}

#[cfg(not(unix))]
async fn exchange(_: &Path, _: &Request) -> std::io::Result<Answer> {
    Err(std::io::Error::new(std::io::ErrorKind::Unsupported, "this system has no such sockets"))
}

#[cfg(unix)]
async fn read_line(stream: &mut tokio::net::UnixStream) -> std::io::Result<Vec<u8>> {
    use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
    let mut line = Vec::new();
    BufReader::new(stream.take(LONGEST)).read_until(b'\n', &mut line).await?;
    Ok(line)
}

/// Answers from now on who asks in `dir`, as long as the task runs. It has its state to itself: a socket that is there is
/// one that a process left behind.
#[cfg(unix)]
pub(crate) async fn serve(dir: std::path::PathBuf, tools: Tools) {
    use std::os::unix::fs::PermissionsExt as _;
    let path = socket(&dir);
    let _ = std::fs::remove_file(&path); // as a rule there is none
    let bound = tokio::net::UnixListener::bind(&path).and_then(|listener| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(listener)
    });
    let listener = match bound {
        Ok(listener) => listener,
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "`dead`, `replay` and `explain` cannot ask this program");
            return;
        }
    };
    let _remove = Remove(path);
    loop {
        match listener.accept().await {
            Ok((mut stream, _)) => {
                // One after the other: a question takes a moment, and people ask seldom.
                if let Ok(Err(error)) = timeout(PATIENCE, reply(&mut stream, &tools)).await {
                    tracing::debug!(%error, "a question was not answered");
                }
            }
            // Too many files are open, say.
            Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
        }
    }
}

#[cfg(not(unix))]
pub(crate) async fn serve(_: std::path::PathBuf, _: Tools) {}

#[cfg(unix)]
async fn reply(stream: &mut tokio::net::UnixStream, tools: &Tools) -> std::io::Result<()> {
    use tokio::io::AsyncWriteExt as _;
    let answer: Answer = match serde_json::from_slice(&read_line(stream).await?) {
        Ok(request) => tools.answer(request).await,
        Err(error) => Err(format!("the question cannot be read, it may be of another version: {error}")),
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    stream.shutdown().await
}

/// Takes the socket away in the end.
#[cfg(unix)]
struct Remove(std::path::PathBuf);

#[cfg(unix)]
impl Drop for Remove {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
