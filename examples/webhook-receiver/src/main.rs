//! Receives tidegate's webhooks on `http://127.0.0.1:8080/hook`, or where `LISTEN` says, and prints what is new. The
//! secrets are in `WEBHOOK_SECRET`, separated by blanks.

use std::error::Error;

use tidegate_example_webhook_receiver::{Verifier, app};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let secrets = std::env::var("WEBHOOK_SECRET").map_err(|_| "set WEBHOOK_SECRET, such as whsec_… (see the guide)")?;
    let verifier = Verifier::new(secrets.split_whitespace())?;
    let listen = std::env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let listener = TcpListener::bind(&listen).await?;
    println!("listening on http://{}/hook", listener.local_addr()?);
    axum::serve(listener, app(verifier, |line| println!("{line}"))).await?;
    Ok(())
}
