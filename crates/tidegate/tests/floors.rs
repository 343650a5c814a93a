//! The crates stand on floors, and each depends only on floors below its own. The folders of the workspace are the
//! floors; `docs/architecture.md` tells what each is for.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// Which floor the crate in a folder stands on. A trailing `/*` stands for any folder in it.
const FLOORS: [(&str, u8); 18] = [
    ("crates/base", 0),
    ("crates/event", 0),
    ("crates/exposition", 0),
    ("crates/detect", 1),
    ("crates/source", 1),
    ("crates/sink", 1),
    ("crates/store", 1),
    ("crates/aws", 2),
    ("crates/http", 2),
    ("crates/router", 2),
    ("crates/testkit", 3),
    ("crates/sources/*", 3),
    ("crates/sinks/*", 3),
    ("crates/config", 4),
    ("crates/simulated", 4),
    ("crates/status", 4),
    ("crates/tidegate", 5),
    ("examples/*", 6),
];

/// The tests of any crate may use it, those below it too.
const TESTKIT: &str = "tidegate-testkit";

/// The floor of the crate in `folder`, which is relative to the root of the workspace.
fn floor(folder: &str) -> Option<u8> {
    FLOORS.iter().find_map(|&(known, floor)| {
        let here = match known.strip_suffix("/*") {
            Some(parent) => folder
                .strip_prefix(parent)
                .and_then(|rest| rest.strip_prefix('/'))
                .is_some_and(|name| !name.contains('/')),
            None => known == folder,
        };
        here.then_some(floor)
    })
}

/// Each arrow between crates of the workspace that does not lead down, and each crate whose floor is not known.
fn faults(metadata: &Value) -> Vec<String> {
    let root = text(metadata, "workspace_root");
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut faults = Vec::new();
    let mut floors = BTreeMap::new();
    for package in packages {
        let folder = Path::new(text(package, "manifest_path")).parent().expect("a manifest lies in a folder");
        let folder = folder.strip_prefix(root).expect("members lie in the workspace").display().to_string();
        if let Some(floor) = floor(&folder.replace('\\', "/")) {
            floors.insert(text(package, "name"), floor);
        } else {
            faults.push(format!(
                "{} in {folder} stands on no floor: add its folder to FLOORS in crates/tidegate/tests/floors.rs and \
                 to the table in docs/architecture.md",
                text(package, "name")
            ));
        }
    }
    for package in packages {
        let from = text(package, "name");
        let dependencies = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
        for dependency in dependencies {
            let to = text(dependency, "name");
            let dev = dependency["kind"] == "dev";
            if dev && (to == from || to == TESTKIT) {
                continue; // a crate's tests may switch its own features on
            }
            if let (Some(above), Some(below)) = (floors.get(from), floors.get(to))
                && below >= above
            {
                faults.push(format!("{from} (floor {above}) must not depend on {to} (floor {below})"));
            }
        }
    }
    faults
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("cargo metadata gives the text `{field}`"))
}

#[test]
fn every_arrow_leads_down() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");

    let names: Vec<_> =
        metadata["packages"].as_array().expect("packages").iter().map(|one| text(one, "name")).collect();
    assert!(names.contains(&"tidegate-event") && names.contains(&"tidegate-agent"), "not the whole house: {names:?}");
    let faults = faults(&metadata);
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Name, folder, and dependencies with their kinds.
type Crate<'a> = (&'a str, &'a str, &'a [(&'a str, Option<&'a str>)]);

/// A workspace of `crates`, as `cargo metadata` tells it.
fn workspace(crates: &[Crate<'_>]) -> Value {
    let packages: Vec<_> = crates
        .iter()
        .map(|(name, folder, dependencies)| {
            let dependencies: Vec<_> =
                dependencies.iter().map(|(name, kind)| json!({ "name": name, "kind": kind })).collect();
            json!({ "name": name, "manifest_path": format!("/house/{folder}/Cargo.toml"), "dependencies": dependencies })
        })
        .collect();
    json!({ "workspace_root": "/house", "packages": packages })
}

#[test]
fn arrows_down_and_to_other_workspaces_are_fine() {
    let house = workspace(&[
        ("tidegate-event", "crates/event", &[("serde", None)]),
        ("tidegate-sink", "crates/sink", &[("tidegate-event", None)]),
        ("tidegate-sink-slack", "crates/sinks/slack", &[("tidegate-sink", None), ("tidegate-event", Some("dev"))]),
        ("tidegate", "crates/tidegate", &[("tidegate-sink-slack", None)]),
        ("tidegate-agent", "examples/agent", &[("tidegate", None)]),
    ]);
    assert_eq!(faults(&house), [""; 0]);
}

#[test]
fn an_arrow_up_or_sideways_is_a_fault_of_every_kind() {
    for kind in [None, Some("build"), Some("dev")] {
        let house = workspace(&[
            ("tidegate-sink", "crates/sink", &[("tidegate-router", kind)]),
            ("tidegate-source", "crates/source", &[("tidegate-sink", kind)]),
            ("tidegate-router", "crates/router", &[("tidegate-sink", kind)]),
        ]);
        let expected = [
            "tidegate-sink (floor 1) must not depend on tidegate-router (floor 2)",
            "tidegate-source (floor 1) must not depend on tidegate-sink (floor 1)",
        ];
        assert_eq!(faults(&house), expected, "{kind:?}");
    }
}

#[test]
fn tests_of_any_crate_may_use_the_testkit_and_the_crate_itself() {
    let house = |kind| {
        workspace(&[
            ("tidegate-testkit", "crates/testkit", &[("tidegate-sink", None)]),
            ("tidegate-sink", "crates/sink", &[("tidegate-testkit", kind), ("tidegate-sink", Some("dev"))]),
        ])
    };
    assert_eq!(faults(&house(Some("dev"))), [""; 0]);
    let expected = ["tidegate-sink (floor 1) must not depend on tidegate-testkit (floor 3)"];
    assert_eq!(faults(&house(None)), expected);
}

#[test]
fn a_crate_without_a_floor_is_a_fault_that_says_where_to_add_it() {
    for folder in ["crates/cellar", "crates/sinks", "crates/sinks/slack/inner", "tools/x"] {
        let faults = faults(&workspace(&[("tidegate-new", folder, &[])]));
        assert_eq!(faults.len(), 1, "{folder}");
        assert!(faults[0].contains(folder) && faults[0].contains("FLOORS"), "{faults:?}");
    }
}
