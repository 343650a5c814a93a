use std::path::Path;
use std::sync::Arc;

use super::fault::from_io;
use super::frame::{HEADER, Header, Kind, Place, frame};
use super::head::{BadHead, HEAD, Head, name_of};
use super::log::DiskLog;
use super::options::DiskLogOptions;
use super::recover::{gap, sequences, why_damaged};
use super::scan::{Hole, Scan, scan};
use super::walk::Walk;
use super::writer::begin;
use super::{File, Files, Folder};
use crate::{Append, EventLog, Mark, StoreError, StoreErrorKind};

/// Something in a log that had been durable and cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Damage {
    /// The segment's file.
    pub file: String,
    /// Where it begins in the file.
    pub offset: u64,
    /// How many bytes cannot be read.
    pub bytes: u64,
    /// How many events were in them, as far as what stands around them tells.
    pub events: u64,
    /// What is wrong, in words.
    pub why: String,
}

/// Looks through all of the log in the folder `dir`, and changes nothing. What a crash may leave at the end of the log is
/// no damage: opening the log cuts it.
///
/// # Errors
/// [`StoreErrorKind::InUse`] when a process has the log open; others when it cannot be read.
pub fn inspect(dir: impl AsRef<Path>) -> Result<Vec<Damage>, StoreError> {
    inspect_in(&folder(dir.as_ref())?)
}

/// The same in other [`Files`].
///
/// # Errors
/// As [`inspect`].
pub fn inspect_in(files: &dyn Files) -> Result<Vec<Damage>, StoreError> {
    let _lock = files.lock()?;
    Ok(examine(files)?.findings.into_iter().map(|finding| finding.damage).collect())
}

/// Takes what is damaged out of the log in the folder `dir`, so that readers pass it by and are told of the loss; says
/// what that was. What it takes out is kept, in files beside the segment: `<segment>.<offset>.damaged`. Nothing else is
/// touched. Ask the user first: it is not undone by itself.
///
/// Marks that stood in what was damaged are taken from the other segments where they are; a source whose mark was
/// nowhere else begins again where it does without one.
///
/// # Errors
/// [`StoreErrorKind::InUse`] when a process has the log open; [`StoreErrorKind::Damaged`] for what cannot be passed by;
/// others when it cannot be read or written. What was repaired until then stays so.
pub fn repair(dir: impl AsRef<Path>) -> Result<Vec<Damage>, StoreError> {
    repair_in(Arc::new(folder(dir.as_ref())?))
}

/// The same in other [`Files`].
///
/// # Errors
/// As [`repair`].
pub fn repair_in(files: Arc<dyn Files>) -> Result<Vec<Damage>, StoreError> {
    let lock = files.lock()?;
    let Examined { findings, marks } = examine(&*files)?;
    for finding in &findings {
        mend(&*files, finding)?;
    }
    drop(lock);
    if !findings.is_empty() {
        restore_marks(files, marks)?;
    }
    Ok(findings.into_iter().map(|finding| finding.damage).collect())
}

fn folder(dir: &Path) -> Result<Folder, StoreError> {
    if !dir.is_dir() {
        let context = format!("{} is no folder with a log", dir.display());
        return Err(StoreError::new(StoreErrorKind::Invalid, context));
    }
    Folder::at(dir).map_err(|error| from_io(format!("opening {}", dir.display()), error))
}

struct Finding {
    damage: Damage,
    sequence: u64,
    mend: Mend,
}

enum Mend {
    /// A gap in its place.
    Gap(Hole),
    /// Its head, written anew.
    Head(Head),
    /// A segment of nothing, where one is missing.
    Segment(Head),
}

struct Examined {
    findings: Vec<Finding>,
    marks: Vec<Mark>,
}

/// A segment as it is found.
struct Examinee {
    sequence: u64,
    path: String,
    file: Box<dyn File>,
    head: Result<Head, BadHead>,
}

fn examine(files: &dyn Files) -> Result<Examined, StoreError> {
    let mut examined = Examined { findings: Vec::new(), marks: Vec::new() };
    let mut segments = Vec::new();
    for sequence in sequences(files)? {
        segments.push(open(files, sequence)?);
    }
    // The number after the last event of the segment before, and that segment's number.
    let mut before: Option<(u64, u64)> = None;
    for (index, segment) in segments.iter().enumerate() {
        let following = segments.get(index + 1);
        let first = first_of(segment, before)?;
        if let Some((sequence, after)) = before {
            for missing in sequence + 1..segment.sequence {
                examined.findings.push(missing_segment(files, missing, after, first.saturating_sub(after)));
            }
        }
        let limit = following.map(|following| first_of(following, None)).transpose()?;
        let scan = scan_all(segment, first, limit.unwrap_or(u64::MAX))?;
        examined.check_head(segment, first);
        let is_followed = following.is_some_and(|following| following.sequence == segment.sequence + 1);
        examined.check_frames(segment, &scan, limit.filter(|_| is_followed), limit.is_none())?;
        before = Some((segment.sequence, scan.after));
        examined.marks.extend(scan.marks);
    }
    Ok(examined)
}

fn open(files: &dyn Files, sequence: u64) -> Result<Examinee, StoreError> {
    let name = name_of(sequence);
    let path = files.path(&name);
    let failed = |error| from_io(format!("reading {path}"), error);
    let file = files.open(&name, false).map_err(failed)?;
    let mut start = [0; HEAD];
    let read = file.read_at(&mut start, 0).map_err(failed)?;
    let head = Head::from_bytes(&start[..read], sequence);
    if let Err(bad @ BadHead::Format(_)) = head {
        return Err(bad.error(&path));
    }
    Ok(Examinee { sequence, path, file, head })
}

/// The number of the segment's first event: by its head, else by its frames, else by the segment before.
fn first_of(segment: &Examinee, before: Option<(u64, u64)>) -> Result<u64, StoreError> {
    if let Ok(head) = segment.head {
        return Ok(head.first);
    }
    let scan = scan_all(segment, 0, u64::MAX)?;
    let told = scan.units.iter().find(|unit| matches!(unit.kind, Kind::Carried | Kind::Records));
    Ok(told.map(|unit| unit.first).or(before.map(|(_, after)| after)).unwrap_or(1))
}

fn scan_all(segment: &Examinee, first: u64, limit: u64) -> Result<Scan, StoreError> {
    Walk::new(&*segment.file, segment.sequence)
        .and_then(|mut walk| scan(&mut walk, first, limit))
        .map_err(|error| from_io(format!("reading {}", segment.path), error))
}

fn missing_segment(files: &dyn Files, sequence: u64, first: u64, events: u64) -> Finding {
    let why = "the file is missing".to_owned();
    let damage = Damage { file: files.path(&name_of(sequence)), offset: 0, bytes: 0, events, why };
    Finding { damage, sequence, mend: Mend::Segment(Head { sequence, first }) }
}

impl Examined {
    fn check_head(&mut self, segment: &Examinee, first: u64) {
        let Err(bad) = segment.head else { return };
        let why = match bad {
            BadHead::Other(found) => format!("it is segment {found} and has another one's name"),
            _ => "the head of the segment cannot be read".to_owned(),
        };
        let damage = Damage { file: segment.path.clone(), offset: 0, bytes: HEAD as u64, events: 0, why };
        let head = Head { sequence: segment.sequence, first };
        self.findings.push(Finding { damage, sequence: segment.sequence, mend: Mend::Head(head) });
    }

    /// `limit` is where the next segment goes on; of the last one, what a crash may leave is no damage.
    fn check_frames(
        &mut self,
        segment: &Examinee,
        scan: &Scan,
        limit: Option<u64>,
        last: bool,
    ) -> Result<(), StoreError> {
        let ends_early = limit.is_some_and(|limit| scan.after < limit);
        let gap_at_end = scan.units.last().is_some_and(|unit| unit.kind == Kind::Gap);
        let nothing = Hole { start: scan.end, end: scan.end, expected: scan.after };
        let mut holes = scan.holes.clone();
        if last || ends_early {
            holes.extend(scan.tail.or((ends_early && !gap_at_end).then_some(nothing)));
        }
        for hole in holes {
            if last && hole.start >= scan.proven && hole.start < hole.end {
                continue;
            }
            let later = scan.units.iter().find(|unit| unit.start >= hole.end && unit.kind != Kind::Gap);
            let next = later.map(|unit| unit.first).or(limit).unwrap_or(hole.expected);
            let why = why_damaged(&*segment.file, &segment.path, segment.sequence, hole)?;
            let damage = Damage {
                file: segment.path.clone(),
                offset: hole.start,
                bytes: hole.end - hole.start,
                events: next.saturating_sub(hole.expected),
                why,
            };
            self.findings.push(Finding { damage, sequence: segment.sequence, mend: Mend::Gap(hole) });
        }
        Ok(())
    }
}

fn mend(files: &dyn Files, finding: &Finding) -> Result<(), StoreError> {
    let Finding { damage, sequence, mend } = finding;
    let failed = |error| from_io(format!("repairing {}", damage.file), error);
    if let Mend::Segment(head) = mend {
        let mut start = head.to_bytes([].iter())?;
        let place = Place { sequence: *sequence, offset: start.len() as u64 };
        start.extend(frame(Header::bare(Kind::Gap, head.first), &[], place).unwrap_or_default());
        let size = start.len() as u64;
        return begin(files, *head, &start, size).map(drop);
    }
    let name = name_of(*sequence);
    let file = files.open(&name, false).map_err(failed)?;
    keep(files, &*file, &name, damage).map_err(failed)?;
    let (bytes, offset) = match mend {
        Mend::Head(head) => (head.alone().to_vec(), 0),
        Mend::Gap(hole) => {
            // At the end of a file there is room for a gap.
            let at_end = hole.start == hole.end;
            let hole = Hole { end: if at_end { hole.end + HEADER as u64 } else { hole.end }, ..*hole };
            let header = gap(&hole).ok_or_else(|| failed(std::io::ErrorKind::InvalidData.into()))?;
            (header.to_bytes(Place { sequence: *sequence, offset: hole.start }).to_vec(), hole.start)
        }
        Mend::Segment(_) => return Ok(()),
    };
    file.write_at(&bytes, offset).and_then(|()| file.sync_data()).map_err(failed)
}

/// Copies what is damaged into a file of its own.
fn keep(files: &dyn Files, file: &dyn File, name: &str, damage: &Damage) -> std::io::Result<()> {
    let copy = files.open(&format!("{name}.{}.damaged", damage.offset), true)?;
    let mut block = vec![0; 64 * 1024];
    let mut copied = 0;
    while copied < damage.bytes {
        let length = usize::try_from(damage.bytes - copied).map_or(block.len(), |left| left.min(block.len()));
        let read = file.read_at(&mut block[..length], damage.offset + copied)?;
        if read == 0 {
            break;
        }
        copy.write_at(&block[..read], copied)?;
        copied += read as u64;
    }
    copy.sync_data()?;
    files.sync()
}

/// Marks that were damaged where they counted may stand elsewhere.
fn restore_marks(files: Arc<dyn Files>, marks: Vec<Mark>) -> Result<(), StoreError> {
    let (log, mut driver) = DiskLog::driven(files, DiskLogOptions::new())?;
    if !marks.is_empty() {
        let mut append = log.append(Append::new().with_marks(marks));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        loop {
            match append.as_mut().poll(&mut context) {
                std::task::Poll::Ready(appended) => break appended.map(drop)?,
                std::task::Poll::Pending => driver.turn(),
            };
        }
    }
    driver.close();
    Ok(())
}
