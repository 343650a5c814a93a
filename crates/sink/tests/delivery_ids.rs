//! The names of deliveries. Never to change: a receiver knows by them what it had before a restart.

use std::collections::BTreeSet;

use tidegate_sink::DeliveryId;

const IDS: [(&str, &str, &str); 7] = [
    ("ops-slack", "1", "d6a775b4-2f3a-592e-9151-3f2b899c7467"),
    ("ops-slack", "2", "5c631bd0-1e30-5678-82c4-9234d06a35e9"),
    ("opsgenie", "1", "de25a10a-ca9d-559b-93bd-054c62a84cbe"),
    ("ops-slack", "1/replay", "c8b8cb08-b5e3-5e46-9ced-e9fcc25cf261"),
    ("", "", "8770f9ad-ccc5-56a5-9fb1-309f6c1ef8b7"),
    ("ops-slack1", "", "41a0a3fb-c786-550e-85e2-09a3f633664b"),
    ("журнал", "\u{1f4be}", "c25c392d-ca68-5bff-a4e6-67e44cc37f27"),
];

#[test]
fn ids_are_for_ever() {
    for (integration, identity, id) in IDS {
        assert_eq!(DeliveryId::new(integration, identity).to_string(), id, "{identity} of {integration}");
    }
}

#[test]
fn no_two_deliveries_share_an_id() {
    let ids: BTreeSet<DeliveryId> =
        IDS.iter().map(|(integration, identity, _)| DeliveryId::new(integration, identity)).collect();
    assert_eq!(ids.len(), IDS.len());
}

#[test]
fn a_namespace_makes_the_ids_of_its_integration() {
    for (integration, identity, _) in IDS {
        let id = DeliveryId::namespace(integration).of(identity);
        assert_eq!(id, DeliveryId::new(integration, identity));
        assert_eq!(id, DeliveryId::namespace(integration).of(identity.as_bytes()));
        assert_eq!(id.as_uuid().get_version_num(), 5);
    }
}

#[test]
fn an_id_is_written_as_its_text() {
    let id = DeliveryId::new("ops-slack", "1");
    let json = serde_json::to_string(&id).unwrap();
    assert_eq!(json, format!("\"{id}\""));
    assert_eq!(serde_json::from_str::<DeliveryId>(&json).unwrap(), id);
}
