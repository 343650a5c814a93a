//! The words of the protocol's answers.

use bytes::Bytes;
use http::Response;

use super::cbor;

/// What is answered instead of an empty map: a code, which stands in the header, and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Status, the name of the shape in the body, and whose fault it is.
    fn shape(&self) -> (u16, &str, &str) {
        match self.code {
            "InvalidParameterValue" => (400, "InvalidParameterValueException", "Sender"),
            "InvalidParameterCombination" => (400, "InvalidParameterCombinationException", "Sender"),
            "MissingParameter" => (400, "MissingRequiredParameterException", "Sender"),
            "Throttling" => (400, "ThrottlingException", "Sender"),
            "RequestEntityTooLarge" => (413, self.code, "Sender"),
            "InternalServiceError" => (500, "InternalServiceFault", "Receiver"),
            "ServiceUnavailable" => (503, self.code, "Receiver"),
            "AccessDenied"
            | "ExpiredToken"
            | "InvalidClientTokenId"
            | "SignatureDoesNotMatch"
            | "IncompleteSignature"
            | "MissingAuthenticationToken" => (403, self.code, "Sender"),
            _ => (400, self.code, "Sender"),
        }
    }

    /// As it is answered; without the header where that is left out.
    pub(super) fn answer(&self, with_header: bool) -> Response<Bytes> {
        let (status, shape, fault) = self.shape();
        let shape = format!("com.amazonaws.cloudwatch#{shape}");
        let mut answer = answer(status, cbor::texts(&[("__type", &shape), ("message", &self.message)]));
        if with_header && let Ok(value) = format!("{};{fault}", self.code).parse() {
            answer.headers_mut().insert("x-amzn-query-error", value);
        }
        answer
    }
}

/// An answer of `status` with `body`, which is CBOR.
#[expect(clippy::expect_used, reason = "each status stands above")]
pub(super) fn answer(status: u16, body: Vec<u8>) -> Response<Bytes> {
    Response::builder()
        .status(status)
        .header("content-type", "application/cbor")
        .header("smithy-protocol", "rpc-v2-cbor")
        .header("x-amzn-requestid", "6a0f1c52-7b3d-4e19-8c44-5f2a9d0b1e37")
        .body(body.into())
        .expect("a status of HTTP")
}
