//! Where notifications are taken, and from whom.

use serde::Deserialize;
use tidegate_base::Secret;

use super::Builder;
use crate::report::Problem;
use crate::{ConfigErrorKind, SecretConfig, Section};

#[derive(Deserialize)]
struct IntakeKeys {
    token: Option<SecretConfig>,
}

impl Builder<'_> {
    /// The token of `[intake]`.
    pub(super) fn intake_token(&self) -> Option<Secret> {
        let node = self.root.get("intake")?;
        let section = Section::new(self.report, node, &[], "`intake`");
        if self.root.get("status").is_none() {
            let message = "`intake` has no address; add `[status]` with `listen`, such as \"127.0.0.1:2115\", where \
                           notifications are taken";
            self.report.note(Problem::new(ConfigErrorKind::Missing, &node.span, message));
        }
        let token: Secret = section.parse::<IntakeKeys>().ok()?.token?.into();
        // What cannot be read is a mistake that was told.
        let sendable = token.reveal().is_ok_and(|token| token.bytes().all(|byte| byte.is_ascii_graphic()));
        if !sendable {
            let message = "token could never be sent; use letters, digits and signs of ASCII, without blanks";
            section.refuse_at("token", message);
        }
        Some(token)
    }
}
