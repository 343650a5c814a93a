use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, Uri};
use tidegate_http::{Transport, TransportError};
use tokio::time::Instant;

use crate::answer::Method;

/// How far the requests of a method are apart: 45 a minute. Slack takes some 50 edits or looks a minute (its tier 3), and a
/// post each second.
const GAP: Duration = Duration::from_millis(1_334);

/// A limit by the minute forgets: where the lane was let go faster than that, what it did holds nobody up for longer.
const LONGEST: Duration = Duration::from_mins(1);

/// A transport that keeps the requests which the lane does not count to Slack's limits.
///
/// The lane counts deliveries, and one may need several requests of a method: each page of a look is one, and so is what
/// follows a layout that did not please or a message that was gone. The first of each method goes at once, since the
/// lane's rate is its own; each one after it waits for its place among 45 a minute, in which the first ones are counted as
/// well, and for a minute at most. `auth.test`, which only people ask, is not counted, and neither is what goes to this
/// machine: a stand-in or a proxy there has limits of its own.
///
/// [`build_sink`](crate::SlackBuilder::build_sink) has it; a transport of one's own goes into it by
/// [`new`](Paced::new). Waits are the runtime's, and do not count as time of the request.
pub struct Paced<T> {
    transport: T,
    /// When the next request of each method is due.
    due: Mutex<HashMap<Method, Instant>>,
}

/// A mark for the extensions of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) method: Method,
    /// Another one of the method went before it in the same conversation, so that the lane does not count it.
    pub(crate) further: bool,
}

impl Counted {
    /// `request` with the mark.
    pub(crate) fn on(self, mut request: Request<Bytes>) -> Request<Bytes> {
        request.extensions_mut().insert(self);
        request
    }
}

impl<T> Paced<T> {
    /// `transport` at Slack's pace.
    pub fn new(transport: T) -> Self {
        Self { transport, due: Mutex::default() }
    }

    /// When a request may go.
    fn place(&self, counted: Counted) -> Instant {
        let now = Instant::now();
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let due = due.entry(counted.method).or_insert(now);
        let place = now.max(*due).min(now + LONGEST);
        *due = place + GAP;
        if counted.further { place } else { now }
    }
}

/// Whether it is an address of this machine.
fn is_here(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[async_trait]
impl<T: Transport> Transport for Paced<T> {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        if let Some(counted) = request.extensions().get::<Counted>()
            && !is_here(request.uri())
        {
            tokio::time::sleep_until(self.place(*counted)).await;
        }
        self.transport.send(request).await
    }
}

impl<T> fmt::Debug for Paced<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Paced").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_its_names() {
        for (address, here) in [
            ("http://localhost:8080/api", true),
            ("http://127.0.0.1:1/api", true),
            ("http://[::1]:1/api", true),
            ("https://slack.com/api", false),
            ("https://localhost.example/api", false),
            ("https://10.0.0.1/api", false),
        ] {
            assert_eq!(is_here(&address.parse().expect("an address")), here, "{address}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_further_one_waits_for_its_place_and_a_minute_at_most() {
        let paced = Paced { transport: (), due: Mutex::default() };
        let now = Instant::now();
        let wait = |method, further| paced.place(Counted { method, further }) - now;
        assert_eq!(wait(Method::History, false), Duration::ZERO);
        assert_eq!(wait(Method::History, true), GAP);
        assert_eq!(wait(Method::History, false), Duration::ZERO, "the lane's rate is its own");
        assert_eq!(wait(Method::History, true), 3 * GAP);
        assert_eq!(wait(Method::Update, true), Duration::ZERO, "each method has its own");
        for _ in 0..100 {
            wait(Method::History, false);
        }
        assert_eq!(wait(Method::History, true), LONGEST);
    }
}
