use std::time::Duration;

use tidegate_base::Secret;

use crate::{AwsBuilder, AwsConnection};

/// The settings of a connection to AWS as plain data, each as its key in a configuration file says it. None must be there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AwsConfig {
    /// The region, such as `eu-west-1`. Default: what the SDK finds (`AWS_REGION`, the profile, the machine's metadata).
    pub region: Option<String>,
    /// Where the service is, if not where AWS has it: a VPC endpoint, a stand-in.
    pub endpoint: Option<String>,
    /// The profile in the SDK's files to take credentials and region from. Default: `AWS_PROFILE`, then `default`.
    pub profile: Option<String>,
    /// The id of a key to sign with. Default: what the SDK's chain finds.
    pub access_key_id: Option<Secret>,
    /// The key itself. Secret.
    pub secret_access_key: Option<Secret>,
    /// The token of a temporary key. Secret.
    pub session_token: Option<Secret>,
    /// How long a request may take. Default: 15 s.
    pub timeout: Option<Duration>,
    /// Sends over plain http to other machines too. Default: no.
    pub allow_http: bool,
}

impl AwsConfig {
    /// The builder of what this says.
    pub fn builder(self) -> AwsBuilder {
        let builder = AwsConnection::builder();
        let builder = self.region.into_iter().fold(builder, AwsBuilder::with_region);
        let builder = self.endpoint.into_iter().fold(builder, AwsBuilder::with_endpoint);
        let builder = self.profile.into_iter().fold(builder, AwsBuilder::with_profile);
        let builder = self.access_key_id.into_iter().fold(builder, AwsBuilder::with_access_key_id);
        let builder = self.secret_access_key.into_iter().fold(builder, AwsBuilder::with_secret_access_key);
        let builder = self.session_token.into_iter().fold(builder, AwsBuilder::with_session_token);
        let builder = self.timeout.into_iter().fold(builder, AwsBuilder::with_timeout);
        if self.allow_http { builder.with_http_allowed() } else { builder }
    }
}
