//! Opsgenie, PagerDuty and the receiver of a webhook, each a model behind a real server.

use tidegate_testkit::model::{OpsgenieService, PagerDutyService, WebhookReceiver};
use tidegate_testkit::server::Server;

const API_KEY: &str = "s3cret00-faa2-4ba2-a551-1afdf565c889";
const ROUTING_KEY: &str = "s3cret0123456789abcdefghijklmnop";
pub(crate) const SECRET: &str = "whsec_czNjcmV0LXMzY3JldC1zM2NyZXQtczNjcmV0LTA=";
/// In each of them, encoded or not.
pub(crate) const SECRETS: [&str; 3] = ["s3cret", "czNjcmV0", "whsec_"];

pub(crate) struct Services {
    pub(crate) opsgenie: OpsgenieService,
    pub(crate) pagerduty: PagerDutyService,
    pub(crate) receiver: WebhookReceiver,
    servers: [Server; 3],
}

impl Services {
    pub(crate) async fn start() -> Self {
        let opsgenie = OpsgenieService::new(API_KEY);
        let pagerduty = PagerDutyService::new(ROUTING_KEY);
        let receiver = WebhookReceiver::new([SECRET]);
        let (alerts, pages, messages) = (opsgenie.clone(), pagerduty.clone(), receiver.clone());
        let servers = [
            Server::start(move |request| alerts.answer(request)).await,
            Server::start(move |request| pages.answer(request)).await,
            Server::start(move |request| messages.answer(request)).await,
        ];
        Self { opsgenie, pagerduty, receiver, servers }
    }

    pub(crate) fn config(&self) -> String {
        let [alerts, pages, messages] = self.servers.each_ref().map(Server::url);
        integrations(&alerts, &pages, &messages)
    }
}

pub(crate) fn integrations(alerts: &str, pages: &str, messages: &str) -> String {
    format!(
        "[[integration]]\nname = \"og\"\nsink = \"opsGenie\"\nendpoint = \"{alerts}\"\napi_key = \"{API_KEY}\"\n\n\
         [[integration]]\nname = \"pd\"\nsink = \"pagerDuty\"\nendpoint = \"{pages}\"\nrouting_key = \"{ROUTING_KEY}\"\n\n\
         [[integration]]\nname = \"hook\"\nsink = \"webhook\"\nurl = \"{messages}/hook\"\nsecret = [\"{SECRET}\"]\n"
    )
}
