//! The name of a stream: one for each node.

use std::fmt::Write as _;

use tidegate_event::Resource;

/// The most bytes of a name; AWS counts characters, which are never more. *API Reference*, `CreateLogStream`.
const LONGEST: usize = 512;

/// What stands where there is no cluster, or no node.
const NONE: &str = "-";

/// The stream of what happens at `resource`: `<cluster>/<node>`, where `:` of a node is `_`. Different places have
/// different streams: whatever is not allowed or has a meaning here is `%` and two hexadecimal digits. A longer name is
/// cut, followed by `%` and the SHA-256 of the whole.
pub(crate) fn name(resource: &Resource) -> String {
    let mut name = String::with_capacity(64);
    part(&mut name, resource.cluster.as_deref(), false);
    name.push('/');
    part(&mut name, resource.node.as_deref(), true);
    if name.len() > LONGEST { shorten(&name) } else { name }
}

fn part(name: &mut String, text: Option<&str>, is_node: bool) {
    match text {
        None | Some("") => name.push_str(NONE),
        Some(NONE) => name.push_str("%2D"),
        Some(text) => {
            for letter in text.chars() {
                match letter {
                    ':' if is_node => name.push('_'),
                    '_' if is_node => name.push_str("%5F"),
                    '/' | '%' | ':' | '*' => escape(name, letter),
                    letter if letter.is_control() => escape(name, letter),
                    letter => name.push(letter),
                }
            }
        }
    }
}

fn escape(name: &mut String, letter: char) {
    let mut bytes = [0; 4];
    for byte in letter.encode_utf8(&mut bytes).bytes() {
        // Writing to a String cannot fail.
        let _ = write!(name, "%{byte:02X}");
    }
}

fn shorten(name: &str) -> String {
    let digest = hmac_sha256::Hash::hash(name.as_bytes());
    let mut short = name[..name.floor_char_boundary(LONGEST - 1 - 2 * digest.len())].to_owned();
    short.push('%');
    for byte in digest {
        let _ = write!(short, "{byte:02x}");
    }
    short
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn at(cluster: &str, node: &str) -> String {
        name(&Resource::new().with_cluster(cluster).with_node(node))
    }

    #[test]
    fn a_node_has_a_stream_that_people_can_read() {
        assert_eq!(at("orders", "10.0.0.2:2113"), "orders/10.0.0.2_2113");
        assert_eq!(at("my_cluster", "db-1.example.com:2113"), "my_cluster/db-1.example.com_2113");
        assert_eq!(at("bestellungen-süd", "datenbank:1"), "bestellungen-süd/datenbank_1");
        assert_eq!(name(&Resource::new().with_cluster("orders")), "orders/-");
        assert_eq!(name(&Resource::new().with_node("a:1").with_part("/var")), "-/a_1");
        assert_eq!(name(&Resource::new()), "-/-");
    }

    #[test]
    fn every_name_is_legal_and_different_places_have_different_ones() {
        let odd = ["a", "a:1", "a_1", "a%3A1", "a*", "a/b", "-", "%2D", "ä\u{7}\n", "[::1]:2113", "a::", "a:_", "a_:"];
        let long: Vec<String> = (500..530).map(|length| "ü:".repeat(length)).collect();
        let texts: Vec<&str> = odd.into_iter().chain(long.iter().map(String::as_str)).collect();
        let mut names = BTreeSet::new();
        for cluster in &texts {
            for node in &texts {
                let name = at(cluster, node);
                let legal = |letter: char| !matches!(letter, ':' | '*') && !letter.is_control();
                assert!((1..=512).contains(&name.len()) && name.chars().all(legal), "{name:?}");
                assert!(names.insert(name), "{cluster:?} {node:?}");
            }
        }
    }
}
