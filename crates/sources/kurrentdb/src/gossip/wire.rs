//! What a node answers to `GET /gossip`, read leniently: the maintainers call it private. Fields that nobody asks for
//! are passed over, and states are any text.

use serde_json::{Map, Value};

use crate::endpoint::Endpoint;

/// The longest text of a field: a host name has at most 253 letters, a state 18.
const LONGEST: usize = 255;
/// The words that stand for a version that the node does not know.
const NO_VERSION: [&str; 3] = ["unknown_version", "old_version", ""];

/// A node's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gossip {
    /// The client-advertised address of the node that answers.
    pub(crate) server: Option<Endpoint>,
    /// How many placeholders for seeds it lists beside its members.
    pub(crate) seeds: u32,
    pub(crate) members: Vec<Entry>,
}

/// A member as the node sees it. What is `None` is not told by this version of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// A new one at each start of the member's process.
    pub(crate) instance: String,
    pub(crate) state: String,
    pub(crate) alive: bool,
    pub(crate) read_only: bool,
    pub(crate) internal: Option<Endpoint>,
    pub(crate) client: Endpoint,
    pub(crate) epoch: Option<Epoch>,
    pub(crate) priority: Option<i64>,
    pub(crate) version: Option<String>,
    pub(crate) written: Option<u64>,
}

/// The reign of a leader, as the member knows it; number and position are -1 where it knows of none yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Epoch {
    pub(crate) number: i64,
    pub(crate) id: String,
    pub(crate) position: i64,
}

impl Epoch {
    /// Its number and id, where there is one: two clusters never have the same.
    pub(crate) fn identity(&self) -> Option<(i64, &str)> {
        (self.number >= 0 && !is_zero(&self.id)).then_some((self.number, &*self.id))
    }
}

impl Gossip {
    /// # Errors
    /// What is wrong, in words that name the field.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(body).map_err(|error| not_json(body, &error))?;
        let root = Fields::of(&value, String::new())?;
        let Some(Value::Array(list)) = root.get("members") else {
            return Err(root.wrong("members", "a list"));
        };
        let (mut members, mut seeds) = (Vec::with_capacity(list.len()), 0);
        for (number, value) in list.iter().enumerate() {
            let fields = Fields::of(value, format!("members[{number}]."))?;
            match entry(&fields)? {
                Some(entry) => members.push(entry),
                None => seeds += 1,
            }
        }
        Ok(Self { server: root.endpoint("serverIp", "serverPort")?, seeds, members })
    }
}

/// A member; `None` of a placeholder for a seed.
fn entry(fields: &Fields<'_>) -> Result<Option<Entry>, String> {
    let instance = fields.required(fields.text("instanceId")?, "instanceId", "text")?.to_ascii_lowercase();
    let state = fields.required(fields.text("state")?, "state", "text")?;
    if is_zero(&instance) || state == "Manager" {
        return Ok(None);
    }
    let alive = fields.required(fields.flag("isAlive")?, "isAlive", "true or false")?;
    let client = fields.endpoint("httpEndPointIp", "httpEndPointPort")?;
    let client = fields.required(client, "httpEndPointIp", "text")?;
    let version = fields.text("esVersion")?.filter(|version| !NO_VERSION.contains(version));
    Ok(Some(Entry {
        instance,
        state: state.to_owned(),
        alive,
        read_only: fields.flag("isReadOnlyReplica")?.unwrap_or(false),
        internal: fields.endpoint("internalHttpEndPointIp", "internalHttpEndPointPort")?,
        client,
        epoch: epoch(fields)?,
        priority: fields.number("nodePriority")?,
        version: version.map(str::to_owned),
        written: fields.number("writerCheckpoint")?.and_then(|position| u64::try_from(position).ok()),
    }))
}

fn epoch(fields: &Fields<'_>) -> Result<Option<Epoch>, String> {
    let (number, id) = (fields.number("epochNumber")?, fields.text("epochId")?);
    let (Some(number), Some(id)) = (number, id) else { return Ok(None) };
    let position = fields.number("epochPosition")?.unwrap_or(-1);
    Ok(Some(Epoch { number, id: id.to_ascii_lowercase(), position }))
}

/// Whether an id is none.
fn is_zero(id: &str) -> bool {
    id.chars().all(|letter| matches!(letter, '0' | '-'))
}

fn not_json(body: &[u8], error: &serde_json::Error) -> String {
    if body.is_empty() {
        return "the answer is empty; expected JSON".to_owned();
    }
    let start = body.iter().find(|byte| !byte.is_ascii_whitespace());
    let looks = match start {
        Some(b'<') => " (it looks like HTML or XML: is this the address of a node?)",
        _ => "",
    };
    format!("the answer is not JSON{looks}: {error}")
}

/// The fields of one object, which complain with their path.
struct Fields<'a> {
    map: &'a Map<String, Value>,
    path: String,
}

impl<'a> Fields<'a> {
    fn of(value: &'a Value, path: String) -> Result<Self, String> {
        let Value::Object(map) = value else {
            let place = if path.is_empty() { "the answer" } else { path.trim_end_matches('.') };
            return Err(format!("{place} is {}; expected an object", noun(value)));
        };
        Ok(Self { map, path })
    }

    /// The field, where there is one that is not null.
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    fn wrong(&self, name: &str, expected: &str) -> String {
        match self.get(name) {
            None => format!("{}{name} is missing in the answer; expected {expected}", self.path),
            Some(Value::String(text)) if text.is_empty() => {
                format!("{}{name} in the answer is empty; expected {expected}", self.path)
            }
            Some(value) => format!("{}{name} in the answer is {}; expected {expected}", self.path, noun(value)),
        }
    }

    fn required<T>(&self, value: Option<T>, name: &str, expected: &str) -> Result<T, String> {
        value.ok_or_else(|| self.wrong(name, expected))
    }

    fn text(&self, name: &str) -> Result<Option<&'a str>, String> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.len() <= LONGEST => Ok(Some(text)),
            Some(Value::String(text)) => {
                Err(format!("{}{name} in the answer has {} bytes; expected at most {LONGEST}", self.path, text.len()))
            }
            Some(_) => Err(self.wrong(name, "text")),
        }
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, String> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.wrong(name, "true or false")),
        }
    }

    fn number(&self, name: &str) -> Result<Option<i64>, String> {
        let Some(value) = self.get(name) else { return Ok(None) };
        value.as_i64().map(Some).ok_or_else(|| self.wrong(name, "a whole number"))
    }

    /// An address, where both halves are there.
    fn endpoint(&self, host: &str, port: &str) -> Result<Option<Endpoint>, String> {
        let Some(name) = self.text(host)?.filter(|name| !name.is_empty()) else { return Ok(None) };
        let number = self.required(self.number(port)?, port, "a port")?;
        let number = u16::try_from(number)
            .map_err(|_| format!("{}{port} in the answer is {number}; expected a port, 0 to 65535", self.path))?;
        Ok(Some(Endpoint::new(name, number)))
    }
}

fn noun(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
