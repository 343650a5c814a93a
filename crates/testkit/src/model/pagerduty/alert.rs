use serde_json::Value;

/// An alert in PagerDuty, with all that it was told.
#[derive(Debug, Clone, PartialEq)]
pub struct PagerDutyAlert {
    /// What it is known by.
    pub dedup_key: String,
    /// The bodies of its triggers, the one that opened it first.
    pub triggers: Vec<Value>,
    /// Somebody has it in hand.
    pub acknowledged: bool,
    /// It is over: somebody resolved it, or a `resolve` did.
    pub resolved: bool,
    /// It was a person who resolved it.
    pub by_hand: bool,
}

impl PagerDutyAlert {
    pub(super) fn new(dedup_key: String, trigger: Value) -> Self {
        Self { dedup_key, triggers: vec![trigger], acknowledged: false, resolved: false, by_hand: false }
    }

    pub(super) fn acknowledge(&mut self) {
        self.acknowledged = true;
    }

    pub(super) fn resolve(&mut self, by_hand: bool) {
        self.resolved = true;
        self.by_hand = by_hand;
    }

    /// Whether somebody must still look after it.
    pub fn is_open(&self) -> bool {
        !self.resolved
    }

    /// The last trigger.
    pub fn last(&self) -> &Value {
        self.triggers.last().unwrap_or(&Value::Null)
    }

    /// What its last trigger is called.
    pub fn summary(&self) -> &str {
        self.last()["payload"]["summary"].as_str().unwrap_or_default()
    }

    /// The episode that the trigger names which opened it.
    pub fn episode(&self) -> Option<&str> {
        self.triggers.first()?["payload"]["custom_details"]["episode"].as_str()
    }
}
