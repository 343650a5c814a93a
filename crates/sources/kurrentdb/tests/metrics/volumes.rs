//! Volumes and statuses whose series never disappear, over several answers.

use tidegate_source_kurrentdb::metrics::{Figure, Reader};

use super::{TEXT, at, options, read};

/// The volumes that count when each of `told` has so many bytes of 100 in use.
fn live(reader: &mut Reader, told: &[(&str, u32)]) -> Vec<String> {
    let series = |(disk, used): &(&str, u32)| {
        let size = if *disk == "Unknown" { 0 } else { 100 };
        let of = |kind, bytes| format!("kurrentdb_sys_disk_bytes{{disk=\"{disk}\",kind=\"{kind}\"}} {bytes} 1\n");
        of("used", *used) + &of("total", size)
    };
    let body: Vec<String> = told.iter().map(series).collect();
    let body = body.concat();
    let scrape = reader.read(body.as_bytes(), TEXT, at()).expect("a scrape");
    let used = scrape.samples.iter().filter(|sample| &*sample.name == "system.filesystem.used");
    used.filter_map(|sample| sample.resource.part.as_deref().map(str::to_owned)).collect()
}

#[test]
fn a_volume_that_is_gone_does_not_count() {
    let mut reader = Reader::new(options());
    assert_eq!(live(&mut reader, &[("Unknown", 0)]), [""; 0]);
    assert_eq!(live(&mut reader, &[("Unknown", 0), ("/old", 90)]), ["/old"]);
    assert_eq!(live(&mut reader, &[("Unknown", 0), ("/old", 90), ("/new", 10)]), ["/new"]);
    assert_eq!(live(&mut reader, &[("Unknown", 0), ("/old", 90), ("/new", 10)]), ["/new"]);

    let mut later = Reader::new(options());
    assert_eq!(
        live(&mut later, &[("/old", 90), ("/new", 10)]),
        ["/new", "/old"],
        "one is stale, and which is not known"
    );
    assert_eq!(live(&mut later, &[("/old", 90), ("/new", 11)]), ["/new"]);
}

#[test]
fn figures_of_a_volume_that_make_no_sense_are_said() {
    for (used, total, why) in [
        ("5", "3", "the server tells 5 B used of 3 B at /data"),
        ("5", "Nan", "the server tells 5 B used of nothing at /data"),
        ("0", "0", "the server tells 0 B used of 0 B at /data"),
    ] {
        let body = format!(
            "kurrentdb_sys_disk_bytes{{disk=\"/data\",kind=\"used\"}} {used}\n\
             kurrentdb_sys_disk_bytes{{disk=\"/data\",kind=\"total\"}} {total}\n"
        );
        let scrape = read(&body, options()).expect("a scrape");
        let untold = scrape.untold.iter().find(|untold| untold.figure == Figure::Filesystem).expect("it is said");
        assert_eq!(untold.to_string(), format!("disk-usage is unknown: {why}"));
    }
}

#[test]
fn a_status_is_the_one_that_was_seen_last() {
    let body = "kurrentdb_statuses{name=\"Node\",status=\"Leader\"} 1785058150\n\
                kurrentdb_statuses{name=\"Node\",status=\"PreLeader - WaitingForChaser\"} 1785058212\n\
                kurrentdb_statuses{name=\"Node\",status=\"Follower\"} 1785058100\n\
                kurrentdb_statuses{name=\"Scavenge\",status=\"Chunk Execution\"} 1785058212\n\
                kurrentdb_statuses{name=\"Odd\",status=\"x\"} 1e300\n\
                kurrentdb_statuses{status=\"x\"} 1\n";
    let scrape = read(body, options()).expect("a scrape");
    let told: Vec<_> = scrape
        .statuses
        .iter()
        .map(|status| (&*status.name, &*status.status, status.detail.as_deref(), status.at.timestamp()))
        .collect();
    assert_eq!(
        told,
        [
            ("Node", "PreLeader", Some("WaitingForChaser"), 1_785_058_212),
            ("Scavenge", "Chunk Execution", None, 1_785_058_212)
        ]
    );
    assert_eq!(scrape.role().map(|role| &**role), Some("PreLeader"));
    assert_eq!(scrape.samples.iter().filter(|sample| &*sample.name == "kurrentdb.statuses").count(), 6);
}
