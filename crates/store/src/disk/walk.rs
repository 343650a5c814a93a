//! A walk over the frames of one segment, with little of it in memory at a time.

use std::io;

use super::File;
use super::frame::{HEADER, Header, Place};

/// How much is read at once.
const BLOCK: usize = 256 * 1024;

/// What stands at a place of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Frame(Header),
    /// Nothing was written here yet, or the file ends.
    Nothing,
    /// Something, and no header of a frame.
    Unreadable,
}

#[derive(Debug)]
pub(super) struct Walk<'a> {
    file: &'a dyn File,
    sequence: u64,
    length: u64,
    buffer: Vec<u8>,
    /// Where the buffer stands in the file.
    start: u64,
}

impl<'a> Walk<'a> {
    pub(super) fn new(file: &'a dyn File, sequence: u64) -> io::Result<Self> {
        Ok(Self { file, sequence, length: file.length()?, buffer: Vec::new(), start: 0 })
    }

    /// The length of the file when the walk began.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// What is at `offset`, at most `length` bytes: less at the end of the file.
    pub(super) fn bytes(&mut self, offset: u64, length: u64) -> io::Result<&[u8]> {
        let end = offset.saturating_add(length).min(self.length);
        let offset = offset.min(end);
        let held = self.start..self.start + self.buffer.len() as u64;
        if offset < held.start || end > held.end {
            let block = (end - offset).max(BLOCK as u64).min(self.length - offset);
            // What does not fit the memory of this machine cannot be read on it.
            self.buffer.resize(usize::try_from(block).map_err(io::Error::other)?, 0);
            self.start = offset;
            let read = self.file.read_at(&mut self.buffer, offset);
            self.buffer.truncate(*read.as_ref().unwrap_or(&0));
            read?;
        }
        let within = |at: u64| usize::try_from(at - self.start).unwrap_or(usize::MAX).min(self.buffer.len());
        Ok(&self.buffer[within(offset)..within(end)])
    }

    pub(super) fn find(&mut self, offset: u64) -> io::Result<Found> {
        let place = Place { sequence: self.sequence, offset };
        let bytes = self.bytes(offset, HEADER as u64)?;
        Ok(match Header::from_bytes(bytes, place) {
            Some(header) => Found::Frame(header),
            None if bytes.iter().all(|byte| *byte == 0) => Found::Nothing,
            None => Found::Unreadable,
        })
    }

    /// The contents of the frame at `offset`, if they are what was written.
    pub(super) fn contents(&mut self, offset: u64, header: &Header) -> io::Result<Option<&[u8]>> {
        let expected = u64::from(header.length);
        let contents = self.bytes(offset + HEADER as u64, expected)?;
        Ok((contents.len() as u64 == expected && header.fits(contents)).then_some(contents))
    }

    /// The frame at `offset`, if it is whole and what was written.
    pub(super) fn whole(&mut self, offset: u64) -> io::Result<Option<Header>> {
        let Found::Frame(header) = self.find(offset)? else { return Ok(None) };
        Ok(self.contents(offset, &header)?.is_some().then_some(header))
    }
}
