//! What stands in the file for one record: a checksum, so that a flipped bit is found, and the value.

use bytes::Bytes;

const CHECKSUM_BYTES: usize = 4;

/// The checksum is of the table and the key as well: a record that stands in the wrong place is not what was written.
fn checksum(table: &str, key: &[u8], value: &[u8]) -> u32 {
    let length = u32::try_from(key.len()).unwrap_or(u32::MAX).to_le_bytes();
    let of_key = crc32c::crc32c_append(crc32c::crc32c_append(crc32c::crc32c(table.as_bytes()), &length), key);
    crc32c::crc32c_append(of_key, value)
}

pub(super) fn encode(table: &str, key: &[u8], value: &[u8]) -> Vec<u8> {
    let mut stored = Vec::with_capacity(CHECKSUM_BYTES + value.len());
    stored.extend_from_slice(&checksum(table, key, value).to_le_bytes());
    stored.extend_from_slice(value);
    stored
}

/// `None` when it is not what was written.
pub(super) fn decode(table: &str, key: &[u8], stored: &[u8]) -> Option<Bytes> {
    let (sum, value) = stored.split_first_chunk::<CHECKSUM_BYTES>()?;
    (u32::from_le_bytes(*sum) == checksum(table, key, value)).then(|| Bytes::copy_from_slice(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_flipped_bit_is_found_and_so_is_a_record_in_the_wrong_place() {
        let (key, value) = (b"ops/1".as_slice(), b"what was told".as_slice());
        let stored = encode("key", key, value);
        assert_eq!(decode("key", key, &stored).as_deref(), Some(value));
        for bit in 0..stored.len() * 8 {
            let mut flipped = stored.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode("key", key, &flipped), None, "bit {bit}");
        }
        assert_eq!(decode("lane", key, &stored), None);
        assert_eq!(decode("key", b"ops/2", &stored), None);
        assert_eq!(decode("key", b"ops/1w", &encode("key", b"ops/1", b"what")[..7]), None);
        assert_eq!(decode("key", key, &stored[..3]), None);
    }
}
