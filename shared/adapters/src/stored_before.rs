//! When a blob was stored, as its id tells: the first 48 bits of a UUID of version 7 are milliseconds since 1970.

use jiff::Timestamp;
use pipeline::BlobId;
use uuid::Uuid;

/// Bits of an id behind its time.
const BITS_BEHIND: u32 = 80;
const MOST_MILLISECONDS: i64 = (1 << 48) - 1;

/// The smallest id that a blob stored at this time can have: smaller ones were stored before.
pub(crate) fn first_id_at(time: Timestamp) -> BlobId {
    let milliseconds = time.as_millisecond().clamp(0, MOST_MILLISECONDS).unsigned_abs();
    Uuid::from_u128(u128::from(milliseconds) << BITS_BEHIND).into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_an_id_divides_older_from_younger() {
        let id: BlobId = "019a0000-1234-7fff-8000-000000000000".parse().unwrap();
        let stored_at = Timestamp::from_millisecond(0x019a_0000_1234).unwrap();
        let next = Timestamp::from_millisecond(0x019a_0000_1235).unwrap();
        assert!(first_id_at(stored_at) <= id && id < first_id_at(next));
        assert_eq!(first_id_at(Timestamp::MIN).uuid(), Uuid::nil());
    }
}
