//! All of one segment, checked: what is whole, and what is not.

use std::io;

use super::batch::marks_of;
use super::frame::{ALIGNMENT, Kind, may_begin};
use super::head::HEAD;
use super::walk::{Found, Walk};
use crate::Mark;

/// How much is searched at once for the next frame.
const SEARCHED: u64 = 64 * 1024;

/// What is whole: an append, or a frame that is part of none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) kind: Kind,
    pub(super) start: u64,
    pub(super) end: u64,
    /// The number of its first event.
    pub(super) first: u64,
    /// The number after its last event.
    pub(super) after: u64,
}

/// What is not, or not where it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hole {
    pub(super) start: u64,
    pub(super) end: u64,
    /// The number of the event that should have come.
    pub(super) expected: u64,
}

/// What a segment holds behind its head.
#[derive(Debug, Default)]
pub(super) struct Scan {
    pub(super) units: Vec<Unit>,
    /// Between units.
    pub(super) holes: Vec<Hole>,
    /// Behind the last unit, where anything but zeros is.
    pub(super) tail: Option<Hole>,
    /// Where the last unit ends.
    pub(super) end: u64,
    /// The number after the last event.
    pub(super) after: u64,
    /// All that stands before was durable when something behind it was written.
    pub(super) proven: u64,
    /// Of the units.
    pub(super) marks: Vec<Mark>,
}

/// Scans the segment whose first event has the number `first`. Events from `limit` on are not looked for: the next
/// segment has them.
pub(super) fn scan(walk: &mut Walk<'_>, first: u64, limit: u64) -> io::Result<Scan> {
    // The carried marks stand there, and were durable before the segment had its name.
    let proven = HEAD as u64 + 1;
    let mut scan = Scan { end: HEAD as u64, after: first, proven, ..Scan::default() };
    let mut append: Option<(Unit, Vec<Mark>)> = None;
    let mut at = HEAD as u64;
    let mut unwritten = at;
    while at < walk.length() {
        let found = walk.find(at)?;
        let whole = match found {
            Found::Frame(header) => walk.contents(at, &header)?.map(|contents| (header, marks_of(contents))),
            _ => None,
        };
        let Some((header, marks)) = whole else {
            append = None;
            let behind = match found {
                Found::Frame(header) if walk.whole(at + header.size())?.is_some() => Some(at + header.size()),
                _ => None,
            };
            let (next, written) = match behind {
                Some(next) => (Some(next), next),
                None => search(walk, at)?,
            };
            unwritten = unwritten.max(written);
            let Some(next) = next else { break };
            at = next;
            continue;
        };
        if header.kind == Kind::Records && header.first >= limit {
            // An append that failed, and that the next segment has in its place.
            break;
        }
        let end = at + header.size();
        scan.proven = scan.proven.max(at - u64::from(header.back));
        let unit = Unit { kind: header.kind, start: at, end, first: header.first, after: header.after() };
        let marks = if header.kind == Kind::Gap { Vec::new() } else { marks.unwrap_or_default() };
        append = match (append, header.kind) {
            (_, Kind::Records) if header.begins => Some((unit, marks)),
            (Some((begun, marks)), Kind::Records) if begun.end == at && begun.after == header.first => {
                Some((Unit { end, after: unit.after, ..begun }, marks))
            }
            (_, Kind::Records) => None,
            _ => {
                scan.push(unit, marks);
                None
            }
        };
        if header.ends
            && let Some((unit, marks)) = append.take()
        {
            scan.push(unit, marks);
        }
        at = end;
        unwritten = unwritten.max(at);
    }
    if unwritten > scan.end {
        scan.tail = Some(Hole { start: scan.end, end: unwritten, expected: scan.after });
    }
    Ok(scan)
}

impl Scan {
    fn push(&mut self, unit: Unit, marks: Vec<Mark>) {
        let leap = unit.kind == Kind::Records
            && unit.first != self.after
            && !(unit.first > self.after && self.units.last().is_some_and(|last| last.kind == Kind::Gap));
        if unit.start > self.end || leap {
            self.holes.push(Hole { start: self.end, end: unit.start, expected: self.after });
        }
        self.end = unit.end;
        self.after = self.after.max(unit.after);
        self.units.push(unit);
        self.marks.extend(marks);
    }

    /// The first place where something that had been durable is not there any more.
    pub(super) fn damage(&self) -> Option<Hole> {
        self.holes.iter().chain(&self.tail).find(|hole| hole.start < self.proven || hole.start == hole.end).copied()
    }
}

/// Where the next whole frame stands at or behind `from`, and where what is not zero ends if there is none.
fn search(walk: &mut Walk<'_>, from: u64) -> io::Result<(Option<u64>, u64)> {
    let mut at = from;
    let mut written = from;
    while at < walk.length() {
        let block = walk.bytes(at, SEARCHED)?;
        let mut candidates = Vec::new();
        for (index, word) in block.chunks(ALIGNMENT).enumerate() {
            if word.iter().any(|byte| *byte != 0) {
                let here = at + (index * ALIGNMENT) as u64;
                written = here + word.len() as u64;
                candidates.extend(may_begin(word).then_some(here));
            }
        }
        let searched = block.len() as u64;
        if searched == 0 {
            break;
        }
        for candidate in candidates {
            if walk.whole(candidate)?.is_some() {
                return Ok((Some(candidate), candidate));
            }
        }
        at += searched;
    }
    Ok((None, written))
}
