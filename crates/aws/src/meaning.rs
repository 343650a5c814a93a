use http::StatusCode;
use tidegate_sink::SinkErrorKind::{self, Misconfigured, Throttled, Unauthorized, Unavailable};

/// What an answer that is no consent means.
///
/// | code | |
/// |---|---|
/// | `Throttling`, `ThrottlingException`, `ThrottledException`, `RequestThrottled`, `RequestThrottledException`, `TooManyRequestsException`, `RequestLimitExceeded`, `BandwidthLimitExceeded`, `LimitExceededException`, `ProvisionedThroughputExceededException`, `TransactionInProgressException`, `PriorRequestNotComplete`, `SlowDown`, `EC2ThrottledException` | [`Throttled`] |
/// | `InternalFailure`, `InternalServiceError` and the like, `ServiceUnavailable`, `ServiceUnavailableException`, `RequestTimeout`, `RequestTimeoutException` | [`Unavailable`] |
/// | `ExpiredToken`, `ExpiredTokenException` | [`Expired`](Self::Expired): fetched anew and tried again at once, then [`Unauthorized`] |
/// | `SignatureDoesNotMatch`, `InvalidSignatureException`, `AuthFailure`, `RequestTimeTooSkewed`, `RequestExpired`, `RequestInTheFuture` | [`Signature`](Self::Signature): tried again at once, then [`Unauthorized`], or [`Misconfigured`] where the clocks are apart |
/// | `AccessDenied`, `AccessDeniedException`, `UnauthorizedOperation`, `NotAuthorized` | [`Denied`](Self::Denied): [`Unauthorized`], and IAM is named |
/// | `UnrecognizedClientException`, `InvalidClientTokenId` and the like, `IncompleteSignature`, `MissingAuthenticationToken`, `OptInRequired` | [`Unauthorized`] |
/// | `UnknownOperationException`, `InvalidAction`, `InvalidEndpointException` | [`Misconfigured`] |
///
/// | status, where the code says nothing | |
/// |---|---|
/// | 401, 402, 403 | [`Unauthorized`] |
/// | 3xx, 404, 405, 407, 421 | [`Misconfigured`] |
/// | 425, 429 | [`Throttled`] |
/// | 408, 5xx | [`Unavailable`] |
/// | any other 4xx | [`Refused`](Self::Refused); where it has no code at all, which AWS always gives, [`Misconfigured`]: something on the way said it. But 413 |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// It failed, and may go through later.
    Failed(SinkErrorKind),
    /// The credentials are over.
    Expired,
    /// The signature does not hold: a wrong secret, or a wrong clock.
    Signature,
    /// IAM does not allow it.
    Denied,
    /// It will never be taken as it is.
    Refused,
}

/// Codes, and what they mean with every service.
const CODES: &[(&[&str], Meaning)] = &[
    (
        &[
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "RequestThrottled",
            "RequestThrottledException",
            "TooManyRequestsException",
            "RequestLimitExceeded",
            "BandwidthLimitExceeded",
            "LimitExceededException",
            "ProvisionedThroughputExceededException",
            "TransactionInProgressException",
            "PriorRequestNotComplete",
            "SlowDown",
            "EC2ThrottledException",
        ],
        Meaning::Failed(Throttled),
    ),
    (
        &[
            "InternalError",
            "InternalFailure",
            "InternalServerError",
            "InternalServerException",
            "InternalServiceError",
            "InternalServiceException",
            "InternalServiceFault",
            "RequestTimeout",
            "RequestTimeoutException",
            "ServiceFailure",
            "ServiceUnavailable",
            "ServiceUnavailableException",
        ],
        Meaning::Failed(Unavailable),
    ),
    (&["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"], Meaning::Expired),
    (
        &[
            "AuthFailure",
            "InvalidSignatureException",
            "RequestExpired",
            "RequestInTheFuture",
            "RequestTimeTooSkewed",
            "SignatureDoesNotMatch",
        ],
        Meaning::Signature,
    ),
    (&["AccessDenied", "AccessDeniedException", "NotAuthorized", "UnauthorizedOperation"], Meaning::Denied),
    (
        &[
            "IncompleteSignature",
            "IncompleteSignatureException",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidSecurityToken",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "OptInRequired",
            "SubscriptionRequiredException",
            "UnrecognizedClientException",
        ],
        Meaning::Failed(Unauthorized),
    ),
    (&["InvalidAction", "InvalidEndpointException", "UnknownOperationException"], Meaning::Failed(Misconfigured)),
];

impl Meaning {
    /// What `code` means with every service; `None` where it is the service's own.
    pub fn of_code(code: &str) -> Option<Self> {
        CODES.iter().find(|(codes, _)| codes.contains(&code)).map(|(_, meaning)| *meaning)
    }

    /// What an HTTP status means that comes without a code that is known.
    pub fn of_status(status: u16) -> Self {
        match StatusCode::from_u16(status).map(|status| status.as_u16()) {
            Ok(401..=403) => Self::Failed(Unauthorized),
            Ok(300..=399 | 404 | 405 | 407 | 421) => Self::Failed(Misconfigured),
            Ok(425 | 429) => Self::Failed(Throttled),
            Ok(408) => Self::Failed(Unavailable),
            Ok(400..=499) => Self::Refused,
            _ => Self::Failed(Unavailable),
        }
    }
}
