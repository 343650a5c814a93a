use std::fmt::{self, Write as _};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Name, Resource};

/// The most bytes an id has. PagerDuty's `dedup_key` is the shortest field it must fit (255, Events API v2).
const LONGEST: usize = 255;

/// What is wrong with what: a kind of issue and a resource. Cheap to clone.
///
/// Two keys are the same issue when both are equal; their [`id`](IssueKey::id) is then equal as well, and only then.
#[derive(Clone)]
pub struct IssueKey {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    kind: Name,
    resource: Resource,
}

impl IssueKey {
    /// The key of an issue of `kind` (such as `disk-usage`) at `resource`.
    pub fn new(kind: impl Into<Name>, resource: Resource) -> Self {
        Self { inner: Arc::new(Inner { kind: kind.into(), resource }) }
    }

    /// The kind of issue.
    pub fn kind(&self) -> &Name {
        &self.inner.kind
    }

    /// Where it is.
    pub fn resource(&self) -> &Resource {
        &self.inner.resource
    }

    /// The name of this issue at other services: Opsgenie's alias, PagerDuty's dedup key. Injective, at most 255 bytes
    /// of `[A-Za-z0-9._-]`, and stable for ever.
    ///
    /// The form: the kind, then `_c.` and the cluster, `_n.` and the node, `_p.` and the part, each where present.
    /// Every byte outside `[A-Za-z0-9.-]` is `_` and two upper-case hexadecimal digits. A longer id is cut after 188
    /// bytes or a little before, followed by `_h.` and the SHA-256 of the whole.
    pub fn id(&self) -> String {
        let Resource { cluster, node, part } = &self.inner.resource;
        let mut id = String::with_capacity(64);
        escape(&mut id, &self.inner.kind);
        for (mark, name) in [("_c.", cluster), ("_n.", node), ("_p.", part)] {
            if let Some(name) = name {
                id.push_str(mark);
                escape(&mut id, name);
            }
        }
        if id.len() > LONGEST { shorten(&id) } else { id }
    }

    /// The bytes that its names take, shared or not.
    pub(crate) fn text_bytes(&self) -> usize {
        self.inner.kind.len() + self.inner.resource.text_bytes()
    }
}

fn escape(id: &mut String, name: &str) {
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-' {
            id.push(char::from(byte));
        } else {
            push_hex(id, "_", &[byte], true);
        }
    }
}

/// `_h.` never stands in an unshortened id, so a shortened one equals none of those.
fn shorten(id: &str) -> String {
    let mut cut = LONGEST - "_h.".len() - 64;
    // Not inside an escape, which would read as another one.
    while id.as_bytes()[cut - 2..cut].contains(&b'_') {
        cut -= 1;
    }
    let mut short = id[..cut].to_owned();
    push_hex(&mut short, "_h.", &hmac_sha256::Hash::hash(id.as_bytes()), false);
    short
}

fn push_hex(text: &mut String, mark: &str, bytes: &[u8], upper: bool) {
    text.push_str(mark);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = if upper { write!(text, "{byte:02X}") } else { write!(text, "{byte:02x}") };
    }
}

impl PartialEq for IssueKey {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
            || (self.inner.kind == other.inner.kind && self.inner.resource == other.inner.resource)
    }
}

impl Eq for IssueKey {}

impl Hash for IssueKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.kind.hash(state);
        self.inner.resource.hash(state);
    }
}

impl PartialOrd for IssueKey {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for IssueKey {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (&self.inner.kind, &self.inner.resource).cmp(&(&other.inner.kind, &other.inner.resource))
    }
}

impl fmt::Debug for IssueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssueKey({} at {})", self.inner.kind, self.inner.resource)
    }
}

/// `disk-usage at /var on node 10.0.0.1:2113 of cluster orders`.
impl fmt::Display for IssueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.inner.kind, self.inner.resource)
    }
}

#[derive(Serialize, Deserialize)]
struct Wire {
    kind: Name,
    resource: Resource,
    /// For readers that cannot compute it; not read back.
    #[serde(skip_deserializing)]
    id: String,
}

impl Serialize for IssueKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Inner { kind, resource } = &*self.inner;
        Wire { kind: kind.clone(), resource: resource.clone(), id: self.id() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for IssueKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Wire { kind, resource, .. } = Wire::deserialize(deserializer)?;
        Ok(Self::new(kind, resource))
    }
}
