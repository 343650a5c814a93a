//! An append as bytes: one frame, or several where it is large.

use std::sync::Arc;

use crc32c::crc32c;
use tidegate_event::{Cursor, Event, Name};

use super::bytes::{Input, put_text, put_varint};
use super::decode::{Names, decode};
use super::encode::encode;
use super::frame::{ALIGNMENT, HEADER, Header, Kind, Place};
use crate::{Append, Mark, StoreError, StoreErrorKind};

/// A frame that has reached this is ended: what is read at once is a frame, and it takes no more memory than this and
/// the largest event.
const FRAME_BYTES: usize = 64 * 1024;
/// The most bytes of one append: offsets within a write have 32 bits.
const MOST_BYTES: usize = 1 << 30;
/// About what most events take.
const USUAL_BYTES: usize = 160;
/// What an event is preceded by: its length.
const LENGTH: usize = 4;

/// An append, ready to be written but for its place.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) bytes: Vec<u8>,
    /// Where each frame begins, and its header as far as it is known without a place.
    frames: Vec<(usize, Header)>,
    pub(super) events: Vec<Arc<Event>>,
    pub(super) marks: Vec<Mark>,
}

impl Batch {
    /// Encodes `append` into `buffer`, whose room is used again.
    pub(super) fn new(append: Append, mut buffer: Vec<u8>) -> Result<Self, StoreError> {
        let Append { events, marks } = append;
        buffer.clear();
        buffer.reserve(HEADER + USUAL_BYTES * events.len());
        let mut batch = Self { bytes: buffer, frames: Vec::new(), events, marks };
        batch.encode()?;
        Ok(batch)
    }

    fn encode(&mut self) -> Result<(), StoreError> {
        let mut start = self.begin_frame();
        encode_marks(&mut self.bytes, self.marks.iter());
        let mut count: u16 = 0;
        for event in &self.events {
            if count == u16::MAX || (count > 0 && self.bytes.len() - start >= FRAME_BYTES) {
                self.frames.push(end_frame(&mut self.bytes, start, count)?);
                start = begin_frame(&mut self.bytes);
                encode_marks(&mut self.bytes, [].iter());
                count = 0;
            }
            let at = self.bytes.len();
            self.bytes.extend_from_slice(&[0; LENGTH]);
            encode(event, &mut self.bytes);
            let length = u32::try_from(self.bytes.len() - at - LENGTH).map_err(|_| too_large(self.bytes.len()))?;
            self.bytes[at..at + LENGTH].copy_from_slice(&length.to_le_bytes());
            count += 1;
        }
        self.frames.push(end_frame(&mut self.bytes, start, count)?);
        if self.bytes.len() > MOST_BYTES {
            return Err(too_large(self.bytes.len()));
        }
        if let Some((_, header)) = self.frames.first_mut() {
            header.begins = true;
        }
        if let Some((_, header)) = self.frames.last_mut() {
            header.ends = true;
        }
        Ok(())
    }

    fn begin_frame(&mut self) -> usize {
        begin_frame(&mut self.bytes)
    }

    /// How much it will take in a segment.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Makes its bytes those for `place` of a write that begins at `write`, with `first` as the number of its first event.
    pub(super) fn stamp(&mut self, place: Place, write: u64, mut first: u64) {
        for (at, header) in &mut self.frames {
            let offset = place.offset + *at as u64;
            header.first = first;
            // A write holds at most one append that is not small, so it stays far below 4 GiB.
            header.back = u32::try_from(offset - write).unwrap_or(u32::MAX);
            first = header.after();
            let bytes = header.to_bytes(Place { offset, ..place });
            self.bytes[*at..*at + HEADER].copy_from_slice(&bytes);
        }
    }

    /// Where each of its frames begins, from its own beginning, and the number of its first event, once it is stamped.
    pub(super) fn places(&self) -> impl Iterator<Item = (u64, u64)> {
        self.frames.iter().map(|(at, header)| (*at as u64, header.first))
    }
}

fn begin_frame(bytes: &mut Vec<u8>) -> usize {
    let start = bytes.len();
    bytes.resize(start + HEADER, 0);
    start
}

fn end_frame(bytes: &mut Vec<u8>, start: usize, count: u16) -> Result<(usize, Header), StoreError> {
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
    let contents = &bytes[start + HEADER..];
    let length = u32::try_from(contents.len()).map_err(|_| too_large(contents.len()))?;
    Ok((start, Header { count, length, checksum: crc32c(contents), ..Header::bare(Kind::Records, 0) }))
}

fn too_large(bytes: usize) -> StoreError {
    let context = format!("an append of {bytes} bytes, where {MOST_BYTES} are allowed");
    StoreError::new(StoreErrorKind::Invalid, context)
}

pub(super) fn encode_marks<'a>(bytes: &mut Vec<u8>, marks: impl ExactSizeIterator<Item = &'a Mark>) {
    put_varint(bytes, marks.len() as u64);
    for Mark { name, number, cursor } in marks {
        put_text(bytes, name);
        put_varint(bytes, *number);
        put_text(bytes, cursor.as_str());
    }
}

fn decode_marks(input: &mut Input<'_>) -> Option<Vec<Mark>> {
    let count = input.varint()?;
    let mut marks = Vec::new();
    for _ in 0..count {
        let name = Name::from(input.text()?);
        marks.push(Mark { name, number: input.varint()?, cursor: Cursor::new(input.text()?) });
    }
    Some(marks)
}

/// The marks in the contents of a frame; `None` where they are not what a log of this format holds.
pub(super) fn marks_of(contents: &[u8]) -> Option<Vec<Mark>> {
    decode_marks(&mut Input::new(contents))
}

/// The events in the contents of a frame, but for the first `skip`: each is decoded as it is asked for. `None` stands for
/// one that is not what a log of this format holds.
pub(super) fn events_of<'a>(
    header: &Header,
    contents: &'a [u8],
    skip: u64,
    names: &'a mut Names,
) -> Option<impl Iterator<Item = Option<Event>> + use<'a>> {
    let mut input = Input::new(contents);
    decode_marks(&mut input)?;
    for _ in 0..skip {
        next_event(&mut input)?;
    }
    let left = u64::from(header.count).saturating_sub(skip);
    Some((0..left).map(move |_| decode(next_event(&mut input)?, names)))
}

fn next_event<'a>(input: &mut Input<'a>) -> Option<&'a [u8]> {
    let length = u32::from_le_bytes(input.array()?);
    input.take(usize::try_from(length).ok()?)
}
