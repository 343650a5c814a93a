use serde_json::{Value, json};

/// An alert.
#[derive(Debug, Clone, PartialEq)]
pub struct OpsgenieAlert {
    /// The service's own name for it.
    pub id: String,
    /// What it was created with: everything but the three below.
    pub created: Value,
    /// The alias.
    pub alias: String,
    /// The headline, as it is now.
    pub message: String,
    /// The description, as it is now.
    pub description: String,
    /// The priority, as it is now.
    pub priority: String,
    /// The notes, that of the close too, in order.
    pub notes: Vec<String>,
    /// How often it was created.
    pub count: u32,
    /// What it is in.
    pub state: OpsgenieState,
    /// Somebody closed or deleted it.
    pub by_hand: bool,
}

/// What an alert is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpsgenieState {
    /// Somebody is, or was, woken.
    Open,
    /// It is over.
    Closed,
    /// Somebody deleted it.
    Deleted,
}

impl OpsgenieAlert {
    /// What `body` creates.
    pub(super) fn of(id: String, body: &Value) -> Self {
        let text = |name: &str, default: &str| body[name].as_str().unwrap_or(default).to_owned();
        Self {
            alias: text("alias", &id),
            message: text("message", ""),
            description: text("description", ""),
            priority: text("priority", "P3"),
            notes: body["note"].as_str().map(str::to_owned).into_iter().collect(),
            count: 1,
            state: OpsgenieState::Open,
            by_hand: false,
            created: body.clone(),
            id,
        }
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.state == OpsgenieState::Open
    }

    /// The episode of an issue that it was created for, by its details.
    pub fn episode(&self) -> Option<&str> {
        self.created["details"]["episode"].as_str()
    }

    /// As the service shows it.
    pub(super) fn shown(&self) -> Value {
        json!({
            "id": self.id,
            "alias": self.alias,
            "message": self.message,
            "description": self.description,
            "priority": self.priority,
            "status": if self.is_open() { "open" } else { "closed" },
            "count": self.count,
        })
    }
}
