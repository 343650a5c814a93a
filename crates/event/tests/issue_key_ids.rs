//! The names of issues at other services. Never to change: an alert that is open under a name is closed under it.

use std::collections::BTreeSet;

use tidegate_event::{IssueKey, Resource};

/// Kind, cluster, node, part; and the id.
type Row = (&'static str, Option<&'static str>, Option<&'static str>, Option<&'static str>, &'static str);

const IDS: [Row; 24] = [
    ("core-load", None, None, None, "core-load"),
    ("core-load", Some("orders"), None, None, "core-load_c.orders"),
    ("core-load", Some("orders"), Some("10.0.0.2:2113"), None, "core-load_c.orders_n.10.0.0.2_3A2113"),
    (
        "disk-usage",
        Some("orders"),
        Some("10.0.0.1:2113"),
        Some("/var/lib/kurrentdb"),
        "disk-usage_c.orders_n.10.0.0.1_3A2113_p._2Fvar_2Flib_2Fkurrentdb",
    ),
    ("disk-usage", None, Some("host"), Some("C:\\data"), "disk-usage_n.host_p.C_3A_5Cdata"),
    ("disk-usage", None, None, Some("/"), "disk-usage_p._2F"),
    ("cluster-consensus", Some("orders"), None, None, "cluster-consensus_c.orders"),
    ("source-unavailable", None, None, Some("kurrentdb/orders"), "source-unavailable_p.kurrentdb_2Forders"),
    ("sink-unavailable", None, None, Some("ops-slack"), "sink-unavailable_p.ops-slack"),
    ("", None, None, None, ""),
    ("", Some(""), None, None, "_c."),
    ("", Some(""), Some(""), Some(""), "_c._n._p."),
    ("", None, Some(""), None, "_n."),
    ("", None, None, Some(""), "_p."),
    ("a_c.b", None, None, None, "a_5Fc.b"),
    ("a", Some("b"), None, None, "a_c.b"),
    ("a", Some("b_n.c"), None, None, "a_c.b_5Fn.c"),
    ("a", Some("b"), Some("c"), None, "a_c.b_n.c"),
    ("_5F", None, None, None, "_5F5F"),
    ("_", None, None, None, "_5F"),
    (
        "Ünïcode ✓",
        Some("заказы"),
        Some("[::1]:2113"),
        Some("\u{1f4be}"),
        "_C3_9Cn_C3_AFcode_20_E2_9C_93_c._D0_B7_D0_B0_D0_BA_D0_B0_D0_B7_D1_8B_n._5B_3A_3A1_5D_3A2113_p._F0_9F_92_BE",
    ),
    ("line\nbreak\t\u{0}", Some(" "), Some("%2F"), Some("..-~+"), "line_0Abreak_09_00_c._20_n._252F_p...-_7E_2B"),
    ("dots.and-dashes", Some("-.-"), Some("..."), Some("---"), "dots.and-dashes_c.-.-_n...._p.---"),
    ("UPPER", Some("Upper"), None, None, "UPPER_c.Upper"),
];

/// Kinds whose ids are long; and the id.
fn long_ids() -> Vec<(String, String)> {
    [
        ("k".repeat(255), "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"),
        ("k".repeat(256), "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk_h.ce16fe78208a4e93f7158e62393680e025b2ad584f4e875ce903a654bb74cf93"),
        ("é".repeat(42) + "kkk", "_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9kkk"),
        ("é".repeat(43), "_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_h.4fdc43a4ec6fa98b61cde3a2a1594caafe7dac8d53a1637b45e72c942198e4e1"),
        ("k".to_owned() + &"é".repeat(60), "k_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_h.8ac70d3b35378f95cb7698d4fc6883986d4f37cb3b5d30b77fec199147fb0e38"),
        ("kk".to_owned() + &"é".repeat(60), "kk_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_C3_A9_h.a4c42081854d93a93024e4c64c52cf48997d9cc3a5eb173ea7d3a6b8df1fb8bb"),
        ("disk-usage".to_owned() + &"_".repeat(200), "disk-usage_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_5F_h.a3b347d58dce2afac591d2388f376227d45079c4b16d82bf227c0cbb5f942fdf"),
    ]
    .into_iter()
    .map(|(kind, id)| (kind, id.to_owned()))
    .collect()
}

fn key((kind, cluster, node, part, _): Row) -> IssueKey {
    IssueKey::new(
        kind,
        Resource { cluster: cluster.map(Into::into), node: node.map(Into::into), part: part.map(Into::into) },
    )
}

#[test]
fn ids_are_for_ever() {
    for row in IDS {
        assert_eq!(key(row).id(), row.4, "{row:?}");
    }
}

#[test]
fn long_ids_are_cut_and_hashed_for_ever() {
    for (kind, id) in long_ids() {
        assert_eq!(IssueKey::new(kind.clone(), Resource::new()).id(), id, "{kind}");
        assert!(id.len() <= 255);
    }
    let deep = Resource::new().with_cluster("orders").with_node("10.0.0.1:2113").with_part("/data/".repeat(100));
    let id = IssueKey::new("disk-usage", deep).id();
    assert_eq!(
        id,
        "disk-usage_c.orders_n.10.0.0.1_3A2113_p._2Fdata_2F_2Fdata_2F_2Fdata_2F_2Fdata_2F_2Fdata_2F_2Fdata_2F_2Fdata_2F_2Fdata_2F_2Fdata_2F_2Fdata_2F_2Fdata_2F_2Fdata_2F_2Fdata_2F_2Fdata_2F_2Fdata_h.ef9ef818a258d77eca8507eb1021ba27ea2cc21abedd4db0ae82514d59bb7516"
    );
}

#[test]
fn no_two_rows_share_an_id() {
    let mut ids: BTreeSet<String> = IDS.into_iter().map(|row| key(row).id()).collect();
    ids.extend(long_ids().into_iter().map(|(_, id)| id));
    assert_eq!(ids.len(), IDS.len() + long_ids().len());
}
