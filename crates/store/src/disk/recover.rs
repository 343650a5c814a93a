//! What is done when a log is opened.

use std::collections::VecDeque;
use std::io;

use super::active::Active;
use super::fault::{damaged, from_io};
use super::frame::{HEADER, Header, Kind, Place};
use super::head::{HEAD, Head, UNFINISHED, name_of, sequence_of};
use super::options::DiskLogOptions;
use super::scan::{Hole, Scan, scan};
use super::view::{Segment, View};
use super::walk::{Found, Walk};
use super::{File, Files};
use crate::{StoreError, StoreErrorKind};

/// What was cut when a log was opened: bytes that were on their way to the disk when the process or the machine ended,
/// and that nobody was told of as durable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recovered {
    /// In the order of the file.
    pub cuts: Vec<Cut>,
}

impl Recovered {
    /// Whether nothing had to be cut.
    pub fn is_clean(&self) -> bool {
        self.cuts.is_empty()
    }
}

/// Bytes that were cut.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cut {
    /// The segment's file.
    pub file: String,
    /// Where they began in it.
    pub offset: u64,
    /// How many there were.
    pub bytes: u64,
}

/// A log as it was found.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) view: View,
    pub(super) active: Option<Active>,
    pub(super) recovered: Recovered,
}

/// Reads the heads of all segments, and all of the last: an append can be torn there only, because a segment is begun
/// when the one before it is durable. What is wrong in another one is told when it is read.
pub(super) fn recover(files: &dyn Files, options: &DiskLogOptions) -> Result<Opened, StoreError> {
    let sequences = sequences(files)?;
    let mut segments = VecDeque::with_capacity(sequences.len());
    let mut last: Option<(Head, Box<dyn File>)> = None;
    for sequence in sequences {
        let (head, file, segment) = read_head(files, sequence)?;
        if let Some((before, _)) = &last {
            check_order(files, *before, head)?;
        }
        last = Some((head, file));
        segments.push_back(segment);
    }
    let Some((head, file)) = last else {
        let first = options.first.number().max(1);
        let view = View::new(segments, first, options.cache_bytes);
        return Ok(Opened { view, active: None, recovered: Recovered::default() });
    };
    let path = files.path(&name_of(head.sequence));
    let failed = |error| from_io(format!("opening {path}"), error);
    // A process that was killed may have left names that are not durable.
    files.sync().map_err(failed)?;
    let mut walk = Walk::new(&*file, head.sequence).map_err(failed)?;
    let scan = scan(&mut walk, head.first, u64::MAX).map_err(failed)?;
    let size = walk.length();
    drop(walk);
    let cuts = mend(&*file, &path, head.sequence, size, &scan)?;
    if let Some(segment) = segments.back_mut() {
        segment.end = scan.end;
        for unit in scan.units.iter().filter(|unit| unit.kind == Kind::Records) {
            segment.note(unit.start, unit.first);
        }
    }
    let mut view = View::new(segments, scan.after, options.cache_bytes);
    view.mark(scan.marks);
    let active = Active::new(file, path, head.sequence, scan.end, size.max(scan.end));
    Ok(Opened { view, active: Some(active), recovered: Recovered { cuts } })
}

/// The segments that are there, in order. One that was never finished is removed.
pub(super) fn sequences(files: &dyn Files) -> Result<Vec<u64>, StoreError> {
    let names = files.list().map_err(|error| from_io(format!("listing {}", files.path("")), error))?;
    if names.iter().any(|name| name == UNFINISHED) {
        let removed = files.remove(UNFINISHED);
        removed.map_err(|error| from_io(format!("removing {}", files.path(UNFINISHED)), error))?;
    }
    let mut sequences: Vec<u64> = names.iter().filter_map(|name| sequence_of(name)).collect();
    sequences.sort_unstable();
    Ok(sequences)
}

fn read_head(files: &dyn Files, sequence: u64) -> Result<(Head, Box<dyn File>, Segment), StoreError> {
    let name = name_of(sequence);
    let path = files.path(&name);
    let failed = |error| from_io(format!("opening {path}"), error);
    let file = files.open(&name, false).map_err(failed)?;
    let mut start = [0; HEAD + HEADER];
    let read = file.read_at(&mut start, 0).map_err(failed)?;
    let head = Head::from_bytes(&start[..read], sequence).map_err(|bad| bad.error(&path))?;
    let carried = Header::from_bytes(&start[HEAD..read.max(HEAD)], Place { sequence, offset: HEAD as u64 })
        .ok_or_else(|| damaged(&path, HEAD as u64, "the marks that the segment begins with cannot be read"))?;
    let length = file.length().map_err(failed)?;
    let segment = Segment::new(sequence, head.first, HEAD as u64 + carried.size(), length);
    Ok((head, file, segment))
}

/// Segments follow each other by one, and go on where the one before ended.
fn check_order(files: &dyn Files, before: Head, head: Head) -> Result<(), StoreError> {
    if head.sequence != before.sequence + 1 {
        let missing = files.path(&name_of(before.sequence + 1));
        return Err(StoreError::new(StoreErrorKind::Damaged, format!("{missing} is missing between two others")));
    }
    if head.first < before.first {
        let why = format!("it begins with event {}, and the one before with {}", head.first, before.first);
        return Err(damaged(&files.path(&name_of(head.sequence)), 0, &why));
    }
    Ok(())
}

/// Cuts what was on its way when the log ended, and makes the rest durable: what is read here may have been written and
/// never synced.
fn mend(file: &dyn File, path: &str, sequence: u64, size: u64, scan: &Scan) -> Result<Vec<Cut>, StoreError> {
    if let Some(hole) = scan.damage() {
        return Err(damaged(path, hole.start, &why_damaged(file, path, sequence, hole)?));
    }
    let cut = |hole: &Hole| Cut { file: path.to_owned(), offset: hole.start, bytes: hole.end - hole.start };
    let cuts: Vec<Cut> = scan.holes.iter().chain(&scan.tail).map(cut).collect();
    for Cut { file, offset, bytes } in &cuts {
        tracing::warn!(
            file,
            offset,
            bytes,
            "cut what is not whole at the end of the log, which ended while that was written"
        );
    }
    let mended = (|| {
        for hole in &scan.holes {
            file.write_at(
                &gap(hole).ok_or(io::ErrorKind::InvalidData)?.to_bytes(Place { sequence, offset: hole.start }),
                hole.start,
            )?;
        }
        if scan.tail.is_some() {
            file.set_length(scan.end)?;
            file.allocate(size)?;
        }
        write_again(file, scan.proven.min(scan.end), scan.end)?;
        file.sync_data()
    })();
    mended.map_err(|error| from_io(format!("opening {path}"), error))?;
    Ok(cuts)
}

/// A process that ended after a sync that failed may have left what is read here in memory only, and the next sync would
/// say that all is well. What is written once more is synced for certain.
fn write_again(file: &dyn File, from: u64, to: u64) -> io::Result<()> {
    let mut block = vec![0; 256 * 1024];
    let mut at = from;
    while at < to {
        let length = usize::try_from(to - at).map_or(block.len(), |left| left.min(block.len()));
        let read = file.read_at(&mut block[..length], at)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        file.write_at(&block[..read], at)?;
        at += read as u64;
    }
    Ok(())
}

/// What stands in the place of `hole`. It proves nothing of what is before it: that may be as young as it.
pub(super) fn gap(hole: &Hole) -> Option<Header> {
    let length = (hole.end - hole.start).checked_sub(HEADER as u64)?;
    let back = u32::try_from(hole.start).unwrap_or(u32::MAX);
    Some(Header { back, length: u32::try_from(length).ok()?, ..Header::bare(Kind::Gap, hole.expected) })
}

pub(super) fn why_damaged(file: &dyn File, path: &str, sequence: u64, hole: Hole) -> Result<String, StoreError> {
    let failed = |error| from_io(format!("reading {path}"), error);
    let found = Walk::new(file, sequence).and_then(|mut walk| walk.find(hole.start)).map_err(failed)?;
    Ok(match found {
        Found::Frame(header) if header.kind == Kind::Records && header.first != hole.expected => {
            format!("event {} stands where {} should", header.first, hole.expected)
        }
        Found::Frame(_) => "the record is not what was written (its checksum differs, or a part is missing)".to_owned(),
        Found::Nothing => format!("event {} should be here, and nothing is", hole.expected),
        Found::Unreadable => "the record's header cannot be read".to_owned(),
    })
}
