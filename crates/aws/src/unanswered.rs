//! Failures without an answer: what may have been sent, and why it was not.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_async::future::timeout::TimedOutError;
use aws_smithy_runtime_api::client::result::ConnectorError;
use hyper_util::client::legacy;
use tidegate_base::SecretError;
use tidegate_sink::SinkErrorKind::{self, Misconfigured, Unauthorized, Unreachable};

use crate::chain::{chain, find, innermost};
use crate::failure::Reader;
use crate::wire::has_authorities;

/// What `error` is to a lane, and in words. `unmade`: there was no request yet.
pub(crate) fn read(reader: &Reader<'_>, error: &(dyn Error + 'static), unmade: bool) -> (SinkErrorKind, String) {
    let service = reader.service();
    if let Some(credentials) = find::<CredentialsError>(error) {
        return read_credentials(reader, credentials);
    }
    let timed_out =
        find::<TimedOutError>(error).is_some() || find::<ConnectorError>(error).is_some_and(ConnectorError::is_timeout);
    if find::<legacy::Error>(error).is_some_and(legacy::Error::is_connect) {
        return match find::<rustls::Error>(error) {
            Some(rustls::Error::InvalidCertificate(_)) if has_authorities() => {
                (Misconfigured, format!("the certificate of {service} is not to be trusted: {}", innermost(error)))
            }
            Some(rustls::Error::InvalidCertificate(_)) => {
                let advice = "this machine has no certificate authorities (install ca-certificates)";
                (Misconfigured, format!("the certificate of {service} cannot be checked: {advice}"))
            }
            _ if timed_out => (Unreachable, format!("no connection to {service} in time")),
            Some(tls) => (Unreachable, format!("no TLS with {service}: {tls}")),
            None if is_no_host(error) => {
                let advice = "are `region` and `endpoint` right?";
                (Unreachable, format!("no connection to {service}: {}; {advice}", innermost(error)))
            }
            None => (Unreachable, format!("no connection to {service}: {}", innermost(error))),
        };
    }
    match find::<ConnectorError>(error) {
        _ if timed_out => (reader.unknown(), format!("no complete answer of {service} in time")),
        Some(connector) if connector.is_user() => {
            (Misconfigured, format!("the request to {service} is none that can be sent: {}", innermost(error)))
        }
        Some(connector) if connector.is_io() || connector.as_other().is_some() => {
            (reader.unknown(), format!("no complete answer of {service}: {}", innermost(error)))
        }
        // The SDK gives up by itself before anything is sent: an endpoint that it cannot make, a signature that it cannot.
        None if unmade => (Misconfigured, format!("the request to {service} cannot be made: {}", innermost(error))),
        Some(_) if find::<legacy::Error>(error).is_none() => {
            (Misconfigured, format!("the request to {service} cannot be made: {}", innermost(error)))
        }
        _ => (reader.unknown(), format!("no complete answer of {service}: {}", innermost(error))),
    }
}

fn is_no_host(error: &(dyn Error + 'static)) -> bool {
    chain(error).any(|error| error.to_string().contains("dns error"))
}

fn read_credentials(reader: &Reader<'_>, error: &CredentialsError) -> (SinkErrorKind, String) {
    let profile = reader
        .profile
        .map_or("the profile of AWS_PROFILE, or `default`,".to_owned(), |name| format!("the profile `{name}`"));
    let why = innermost(error);
    match error {
        _ if reader.has_keys => match find::<SecretError>(error) {
            Some(secret) => (Unauthorized, secret.to_string()),
            None => (Unauthorized, why),
        },
        CredentialsError::CredentialsNotLoaded(_) => (
            Unauthorized,
            format!(
                "no AWS credentials were found: not in the environment (AWS_ACCESS_KEY_ID), not in {profile} nor by a web \
                 identity (AWS_WEB_IDENTITY_TOKEN_FILE), not from the container or the machine; set `access_key_id` and \
                 `secret_access_key`, or give this machine a role"
            ),
        ),
        CredentialsError::ProviderTimedOut(_) => (
            Unreachable,
            "AWS credentials did not come in time; what gives them (STS, the machine's metadata) does not answer"
                .to_owned(),
        ),
        _ if find::<ConnectorError>(error).is_some() || find::<TimedOutError>(error).is_some() => {
            (Unreachable, format!("what gives the AWS credentials cannot be reached: {why}"))
        }
        _ => (Unauthorized, format!("the AWS credentials cannot be had: {why}")),
    }
}
