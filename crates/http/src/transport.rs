use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};

use crate::TransportError;

/// Sends one request and gives the answer.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends `request`, whose address is absolute, and gives the complete answer, whatever its status. Follows no
    /// redirect and repeats nothing that may have been sent. It gives up by itself in time, and may be dropped at any
    /// await: whether the service has the request is not known then.
    ///
    /// # Errors
    /// When no complete answer came; the [kind](TransportError::kind) says whether the service may have the request.
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError>;
}

#[async_trait]
impl<T: Transport + ?Sized> Transport for Box<T> {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        (**self).send(request).await
    }
}

#[async_trait]
impl<T: Transport + ?Sized> Transport for Arc<T> {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        (**self).send(request).await
    }
}
