//! The nodes over real sockets: a thin layer over [`Cluster::ask`].

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use bytes::BytesMut;
use http::Method;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::cluster::Cluster;
use super::reply::Reply;
use crate::server::wire;

/// The nodes of a [`Cluster`], listening. Dropping it closes all ports and connections.
#[derive(Debug)]
pub struct Nodes {
    addresses: Vec<SocketAddr>,
    /// The authority that signed their certificates, in PEM; empty where they have none.
    ca: String,
    /// One for each node.
    _listening: JoinSet<()>,
}

impl Nodes {
    /// Where a node listens.
    ///
    /// # Panics
    /// When there is no node of that number.
    pub fn address(&self, node: usize) -> SocketAddr {
        self.addresses[node - 1]
    }

    /// `http://127.0.0.1:<port>` of every node, in order; `https` behind TLS.
    pub fn urls(&self) -> Vec<String> {
        let scheme = if self.ca.is_empty() { "http" } else { "https" };
        self.addresses.iter().map(|address| format!("{scheme}://{address}")).collect()
    }

    /// The certificate of the authority that signed the nodes', in PEM; empty without TLS.
    pub fn ca_pem(&self) -> &str {
        &self.ca
    }

    #[cfg(feature = "kurrentdb-tls")]
    pub(super) fn with_ca(mut self, pem: String) -> Self {
        self.ca = pem;
        self
    }
}

/// How a node takes a connection.
#[derive(Clone)]
pub(super) enum Door {
    Plain,
    #[cfg(feature = "kurrentdb-tls")]
    Tls(tokio_rustls::TlsAcceptor),
}

impl Cluster {
    /// Lets each node listen on a free port of this machine's loopback, and be known under it. Time goes on by
    /// [`advance`](Self::advance) only. What an answer takes is tokio's time, divided by the
    /// [speed](super::ClusterBuilder::with_speed).
    ///
    /// # Errors
    /// When there is no free port left.
    pub async fn serve(&self) -> io::Result<Nodes> {
        self.serve_at(&vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); self.size()]).await
    }

    /// The same at `addresses`, one for each node in order; a port of 0 is a free one.
    ///
    /// # Errors
    /// When there is not one address for each node, or one is not to be had.
    pub async fn serve_at(&self, addresses: &[SocketAddr]) -> io::Result<Nodes> {
        let size = self.size();
        if addresses.len() != size {
            let what = format!("{} addresses for {size} nodes; name one for each", addresses.len());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        }
        let mut listeners = Vec::with_capacity(size);
        for address in addresses {
            listeners.push(TcpListener::bind(address).await?.into_std()?);
        }
        self.serve_on(listeners)
    }

    /// The same with listeners that are there already, one for each node in order. Whoever keeps another handle to one of
    /// them keeps it open while its node is down.
    ///
    /// # Errors
    /// When there is not one listener for each node, or it cannot be used.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn serve_on(&self, listeners: Vec<std::net::TcpListener>) -> io::Result<Nodes> {
        let size = self.size();
        if listeners.len() != size {
            let what = format!("{} listeners for {size} nodes; hand in one for each", listeners.len());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        }
        self.listen(listeners.into_iter().map(|listener| (listener, Door::Plain)).collect())
    }

    pub(super) fn listen(&self, listeners: Vec<(std::net::TcpListener, Door)>) -> io::Result<Nodes> {
        let (mut addresses, mut listening) = (Vec::with_capacity(listeners.len()), JoinSet::new());
        for (node, (listener, door)) in (1..).zip(listeners) {
            listener.set_nonblocking(true)?;
            let listener = TcpListener::from_std(listener)?;
            let address = listener.local_addr()?;
            self.place(node, address);
            addresses.push(address);
            listening.spawn(listen(self.clone(), node, door, listener));
        }
        Ok(Nodes { addresses, ca: String::new(), _listening: listening })
    }
}

/// Listens while the node does. When its process ends, so does each connection to it.
async fn listen(cluster: Cluster, node: usize, door: Door, listener: TcpListener) {
    let Ok(address) = listener.local_addr() else { return };
    let mut changes = cluster.changes();
    let mut open = Some((listener, JoinSet::new()));
    loop {
        changes.borrow_and_update();
        if !cluster.listens(node) {
            open = None;
        } else if open.is_none() {
            // A port that somebody else has taken meanwhile is asked for again with the next change.
            open = TcpListener::bind(address).await.ok().map(|listener| (listener, JoinSet::new()));
        }
        let Some((listener, connections)) = &mut open else {
            if changes.changed().await.is_err() {
                return;
            }
            continue;
        };
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve(stream, door.clone(), cluster.clone(), node));
                }
            }
            ended = changes.changed() => if ended.is_err() { return },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, door: Door, cluster: Cluster, node: usize) {
    // Each answer is to leave at once.
    let _ = stream.set_nodelay(true);
    // Whatever the client did, it is for the client to notice.
    let _ = match door {
        Door::Plain => converse(stream, &cluster, node).await,
        #[cfg(feature = "kurrentdb-tls")]
        Door::Tls(acceptor) => match acceptor.accept(stream).await {
            Ok(stream) => converse(stream, &cluster, node).await,
            Err(error) => Err(error),
        },
    };
}

/// One request after the other, until either side has enough.
async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin, cluster: &Cluster, node: usize) -> io::Result<()> {
    let mut buffer = BytesMut::new();
    while let Some(mut request) = wire::read_head(&mut stream, &mut buffer).await? {
        wire::read_body(&mut stream, &mut buffer, &mut request).await?;
        let (after, response) = match cluster.ask(node, &request) {
            Reply::Answer { after, response } => (after, response),
            Reply::Refused => return Ok(()),
            Reply::Hangs => std::future::pending().await,
        };
        if !after.is_zero() {
            tokio::time::sleep(cluster.in_tokio_time(after)).await;
        }
        stream.write_all(&wire::head(&response, cluster.now())).await?;
        if request.method() != Method::HEAD {
            stream.write_all(response.body()).await?;
        }
        stream.flush().await?;
        if wire::closes(&request) {
            break;
        }
    }
    Ok(())
}
