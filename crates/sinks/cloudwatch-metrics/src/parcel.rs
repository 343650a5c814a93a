//! Requests, cut by every limit.

use std::collections::VecDeque;

use aws_sdk_cloudwatch::types::MetricDatum;
use tidegate_aws::Part;

use crate::origin::Origin;
use crate::piece::Piece;
use crate::size;

/// The most datums of a request.
const DATUMS: usize = 1_000;
/// The most bytes of a request before it is compressed. CloudWatch says 1 MB and not of what; this is less of either.
const BYTES: usize = 900_000;

/// What one request puts.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    pub(crate) pieces: Vec<Piece>,
    /// It was refused before, and what was named is left out.
    pub(crate) again: bool,
}

/// The requests for `pieces`: by namespace, whose names `namespace` tells, and in order within each.
pub(crate) fn pack<'a>(pieces: Vec<Piece>, namespace: impl Fn(Origin) -> &'a str) -> VecDeque<Parcel> {
    let mut by_origin = Origin::ALL.map(|origin| (origin, Vec::new()));
    for piece in pieces {
        if let Some((_, pieces)) = by_origin.iter_mut().find(|(origin, _)| *origin == piece.origin) {
            pieces.push(piece);
        }
    }
    let mut parcels = VecDeque::new();
    for (origin, pieces) in by_origin {
        let empty = size::beside(namespace(origin));
        let (mut parcel, mut datums, mut bytes) = (Vec::new(), 0, empty);
        for piece in pieces {
            let full = datums + piece.datums.len() > DATUMS || bytes + piece.bytes > BYTES;
            if full && !parcel.is_empty() {
                parcels.push_back(Parcel { pieces: std::mem::take(&mut parcel), again: false });
                (datums, bytes) = (0, empty);
            }
            datums += piece.datums.len();
            bytes += piece.bytes;
            parcel.push(piece);
        }
        if !parcel.is_empty() {
            parcels.push_back(Parcel { pieces: parcel, again: false });
        }
    }
    parcels
}

impl Parcel {
    pub(crate) fn origin(&self) -> Origin {
        self.pieces.first().map_or(Origin::Own, |piece| piece.origin)
    }

    pub(crate) fn datums(&self) -> Vec<MetricDatum> {
        self.pieces.iter().flat_map(|piece| piece.datums.iter().cloned()).collect()
    }

    /// Takes out the piece with the datum number `member`, counted from 1, if there is one.
    pub(crate) fn take(&mut self, member: usize) -> Option<Piece> {
        let mut first = 1;
        let index = self.pieces.iter().position(|piece| {
            let here = (first..first + piece.datums.len()).contains(&member);
            first += piece.datums.len();
            here
        })?;
        Some(self.pieces.remove(index))
    }
}

impl Part for Parcel {
    fn places(&self) -> Vec<usize> {
        self.pieces.iter().flat_map(|piece| piece.places.iter().copied()).collect()
    }

    fn size(&self) -> usize {
        self.pieces.len()
    }

    fn halves(mut self) -> [Self; 2] {
        let second = self.pieces.split_off(self.pieces.len() / 2);
        [self.pieces, second].map(|pieces| Self { pieces, again: false })
    }
}
