//! Volumes that are named, come, go, fail or hang.

mod common;

use std::fs;
use std::io;
use std::sync::mpsc;
use std::time::Duration;

use common::{Disks, USUAL, copy, fixture, measured, on, on_with, told};
use futures::StreamExt;
use tidegate_event::Resource;
use tidegate_source::Source;
use tidegate_source_host::Space;

#[tokio::test]
async fn named_volumes_are_watched_whatever_they_are_and_no_others() {
    let volumes = ["/run", "/home", "/var/lib/kurrentdb", "/mnt/cold storage"];
    let told = measured(on(&fixture("bare")).with_volumes(volumes)).await;
    let mut sorted = volumes;
    sorted.sort_unstable();
    assert_eq!(told.volumes(), sorted);
    assert!(told.gaps.is_empty(), "{:?}", told.gaps);
}

#[tokio::test]
async fn a_named_volume_that_is_not_mounted_is_a_gap_until_it_appears() {
    let machine = copy("bare");
    let host = on(machine.path()).with_volumes(["/srv/backup"]).build().expect("valid");
    for _ in 0..2 {
        let before = told(&host.measure().await.expect("readable"));
        assert_eq!(before.volumes(), [""; 0], "what lies there is not that volume");
        let why = "no filesystem is mounted at /srv/backup; what is there lies in the one mounted at /";
        assert_eq!(before.gap("/srv/backup"), why);
    }
    let mountinfo = machine.path().join("proc/self/mountinfo");
    let lines = fs::read_to_string(&mountinfo).expect("a fixture");
    fs::write(&mountinfo, format!("{lines}60 29 259:9 / /srv/backup rw - xfs /dev/nvme2n1 rw\n")).expect("written");
    let after = told(&host.measure().await.expect("readable"));
    assert_eq!((after.volumes(), after.gaps.len()), (vec!["/srv/backup"], 0));
}

#[tokio::test]
async fn named_volumes_are_gaps_each_when_the_mounts_cannot_be_read() {
    let machine = copy("bare");
    fs::remove_file(machine.path().join("proc/self/mountinfo")).expect("removed");
    let told = measured(on(machine.path()).with_volumes(["/", "/srv"])).await;
    assert_eq!(told.gaps.keys().collect::<Vec<_>>(), ["/", "/srv"]);
    assert!(told.gap("/").starts_with("cannot read "), "{}", told.gap("/"));
}

#[tokio::test]
async fn what_is_mounted_over_a_volume_hides_it() {
    let machine = copy("bare");
    let mountinfo = machine.path().join("proc/self/mountinfo");
    let lines = fs::read_to_string(&mountinfo).expect("a fixture");
    fs::write(&mountinfo, format!("{lines}60 29 0:90 / /mnt rw - tmpfs tmpfs rw\n")).expect("written");
    assert_eq!(measured(on(machine.path())).await.volumes(), ["/", "/boot/efi", "/srv/index"]);
    let told = measured(on(machine.path()).with_volumes(["/mnt/cold storage"])).await;
    let why = "no filesystem is mounted at /mnt/cold storage; what is there lies in the one mounted at /mnt";
    assert_eq!(told.gap("/mnt/cold storage"), why);
}

#[tokio::test]
async fn a_volume_that_fails_is_a_gap_and_the_others_are_told() {
    let disks = Disks::default();
    disks.set("/srv/index", || Err(io::Error::other("the disk is gone")));
    disks.set("/boot/efi", || Ok(Space::default()));
    let told = measured(on_with(&fixture("bare"), disks)).await;
    assert_eq!(told.volumes(), ["/", "/mnt/cold storage"]);
    assert_eq!(told.gap("/srv/index"), "cannot tell the space of /srv/index: the disk is gone");
    assert_eq!(told.gap("/boot/efi"), "the vfat at /boot/efi has no size");
}

#[tokio::test(start_paused = true)]
async fn a_volume_that_is_unmounted_is_a_gap_once() {
    let machine = copy("bare");
    let host = on(machine.path()).build().expect("valid");
    let mut stream = host.open(None).await.expect("opened");
    let mut next = async || told(&stream.next().await.expect("more").expect("readable").signals);
    assert!(next().await.volumes().contains(&"/mnt/cold storage"));

    let mountinfo = machine.path().join("proc/self/mountinfo");
    let lines = fs::read_to_string(&mountinfo).expect("a fixture");
    let fewer: Vec<&str> = lines.lines().filter(|line| !line.contains("cold")).collect();
    fs::write(&mountinfo, fewer.join("\n")).expect("written");
    let gone = next().await;
    assert_eq!(gone.gap("/mnt/cold storage"), "/mnt/cold storage is no longer mounted");
    assert_eq!(gone.gaps.len(), 1);
    assert!(next().await.gaps.is_empty());

    fs::remove_file(&mountinfo).expect("removed");
    for _ in 0..2 {
        let blind = next().await;
        let gaps: Vec<_> = blind.gaps.keys().map(String::as_str).collect();
        assert_eq!(gaps, ["/", "/boot/efi", "/srv/index", "filesystems"], "each that there was, as long as it lasts");
    }
}

#[tokio::test(start_paused = true)]
async fn a_volume_that_hangs_holds_nobody_up_and_is_not_asked_again_until_it_answers() {
    let disks = Disks::default();
    let (release, held) = mpsc::channel::<()>();
    disks.set("/srv/index", move || {
        // Until the test says so, or has ended.
        let _ = held.recv();
        Ok(USUAL)
    });
    let host = on_with(&fixture("bare"), disks.clone()).build().expect("valid");
    let asked = |point: &str| disks.asked.lock().expect("no panic").iter().filter(|path| path.ends_with(point)).count();

    let first = tokio::spawn({
        let host = host.clone();
        async move { host.measure().await }
    });
    while asked("srv/index") == 0 {
        tokio::task::yield_now().await;
    }
    // Time stands still while a thread is busy, but for this.
    while !first.is_finished() {
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    let first = told(&first.await.expect("no panic").expect("readable"));
    assert_eq!(first.gap("/srv/index"), "/srv/index does not answer: it was asked 5s ago");
    assert_eq!(first.value("system.load.1m"), Some(9.2));

    // Time flew: another one may have been on its way to answer when the five seconds were over.
    let second = loop {
        let told = told(&host.measure().await.expect("readable"));
        if told.gaps.len() == 1 {
            break told;
        }
    };
    assert_eq!(second.gap("/srv/index"), "/srv/index still does not answer");
    assert_eq!(second.volumes(), ["/", "/boot/efi", "/mnt/cold storage"]);
    assert_eq!(asked("srv/index"), 1);

    drop(release);
    let third = loop {
        let told = told(&host.measure().await.expect("readable"));
        if told.gaps.is_empty() {
            break told;
        }
    };
    assert!(third.volumes().contains(&"/srv/index"));
    assert_eq!(asked("srv/index"), 2, "an answer that came late is not used");
}

/// A mount that hangs does so at the first question, which is whether it is a folder.
#[tokio::test(start_paused = true)]
async fn a_volume_that_hangs_when_it_is_looked_for_holds_nobody_up() {
    let disks = Disks::default();
    let (release, held) = mpsc::channel::<()>();
    disks.held.lock().expect("no panic").insert("/srv/index".into(), held);
    let host = on_with(&fixture("bare"), disks.clone()).build().expect("valid");
    let volumes = tokio::spawn({
        let host = host.clone();
        async move { host.volumes().await }
    });
    while !disks.held.lock().expect("no panic").is_empty() {
        tokio::task::yield_now().await;
    }
    while !volumes.is_finished() {
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    let volumes = volumes.await.expect("no panic").expect("readable");
    let hung = volumes.iter().find(|volume| volume.resource.part.as_deref() == Some("/srv/index")).expect("told");
    assert_eq!(hung.filesystem, Err("/srv/index does not answer: it was asked 5s ago".to_owned()));

    // Time flew: another one may have been on its way to answer when the five seconds were over.
    let measured = loop {
        let told = told(&host.measure().await.expect("readable"));
        if told.gaps.len() == 1 {
            break told;
        }
    };
    assert_eq!(measured.gap("/srv/index"), "/srv/index still does not answer");
    assert_eq!(measured.volumes(), ["/", "/boot/efi", "/mnt/cold storage"]);

    drop(release);
    let after = loop {
        let told = told(&host.measure().await.expect("readable"));
        if told.gaps.is_empty() {
            break told;
        }
    };
    assert!(after.volumes().contains(&"/srv/index"));
}

#[tokio::test]
async fn a_named_volume_that_is_a_link_says_what_to_name() {
    let disks = Disks::default();
    for (link, target) in [("/data", "/srv/index"), ("/old", "/srv/index/old")] {
        disks.links.lock().expect("no panic").insert(link.into(), target.into());
    }
    let told = measured(on_with(&fixture("bare"), disks).with_volumes(["/data", "/old"])).await;
    assert_eq!(told.gap("/data"), "/data is a link to /srv/index; name /srv/index");
    let why = "/old is a link to /srv/index/old, and no filesystem is mounted at /srv/index/old; what is there lies in \
               the one mounted at /srv/index";
    assert_eq!(told.gap("/old"), why);
}

#[tokio::test]
async fn it_says_which_volumes_it_watches() {
    let machine = copy("bare");
    let seen = |volumes: Vec<tidegate_source_host::Volume>| -> Vec<String> {
        let part = |resource: &Resource| resource.part.clone().unwrap_or_default();
        let words = |volume: &tidegate_source_host::Volume| match &volume.filesystem {
            Ok(kind) => format!("{} {kind}", part(&volume.resource)),
            Err(why) => why.clone(),
        };
        volumes.iter().map(words).collect()
    };
    let all = on(machine.path()).build().expect("valid").volumes().await.expect("readable");
    assert_eq!(seen(all), ["/ ext4", "/boot/efi vfat", "/mnt/cold storage ext4", "/srv/index xfs"]);
    let named = on(machine.path()).with_volumes(["/run", "/srv/index/a"]).build().expect("valid");
    let why = "no filesystem is mounted at /srv/index/a; what is there lies in the one mounted at /srv/index";
    assert_eq!(seen(named.volumes().await.expect("readable")), ["/run tmpfs", why]);
}
