//! The name of an upload whose bytes go to the store before the invoice is accepted. It carries all that is to know of
//! the upload, signed: nothing is kept for it until the invoice is.

use std::time::Duration;

use host::links::LinkKeys;
use jiff::Timestamp;
use pipeline::{BlobId, PRESIGNED_LIFE, UserId};

/// Keeps these signatures apart from any other use of the same secret.
const PURPOSE: &str = "invoice upload";
/// How long an upload can be named. It is shorter than the grace of blobs that no row names.
const LIFE: Duration = Duration::from_secs(3600);

/// The right to upload one blob and to name it afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UploadTicket {
    /// Where the bytes go, in the bucket of raw blobs.
    pub(crate) blob: BlobId,
    /// How many they are.
    pub(crate) bytes: u64,
    /// When it was issued, in seconds since 1970.
    issued: i64,
}

impl UploadTicket {
    /// One for a fresh blob.
    pub(crate) fn issue(bytes: u64, now: Timestamp) -> Self {
        Self { blob: BlobId::new(), bytes, issued: now.as_second() }
    }

    /// As clients carry it: only its owner can use it.
    pub(crate) fn signed(&self, keys: &LinkKeys, owner: UserId) -> String {
        let Self { blob, bytes, issued } = self;
        let (kid, sig) = keys.sign_message(&self.message(owner));
        // A key's id may have dots: it stands between parts that have none.
        format!("{blob}.{bytes}.{issued}.{kid}.{sig}")
    }

    /// Reads one. `None` where it is another owner's, or none of ours.
    pub(crate) fn read(text: &str, keys: &LinkKeys, owner: UserId) -> Option<Self> {
        let mut parts = text.splitn(4, '.');
        let blob = parts.next()?.parse().ok()?;
        let (bytes, issued) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let (kid, sig) = parts.next()?.rsplit_once('.')?;
        let ticket = Self { blob, bytes, issued };
        keys.verify_message(&ticket.message(owner), kid, sig).ok()?;
        Some(ticket)
    }

    fn message(&self, owner: UserId) -> String {
        let Self { blob, bytes, issued } = self;
        format!("{PURPOSE}\n{blob}\n{owner}\n{bytes}\n{issued}")
    }

    /// Until when the bytes can be uploaded.
    pub(crate) fn put_before(&self) -> Timestamp {
        self.after(PRESIGNED_LIFE)
    }

    /// Until when it can be named.
    pub(crate) fn use_before(&self) -> Timestamp {
        self.after(LIFE)
    }

    fn after(&self, time: Duration) -> Timestamp {
        let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        Timestamp::from_second(self.issued.saturating_add(seconds)).unwrap_or(Timestamp::MIN)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use host::key_list;

    use super::*;

    fn keys(kid: &str, byte: u8) -> LinkKeys {
        LinkKeys::parse(&key_list::write(kid, &[byte; 32])).unwrap()
    }

    #[test]
    fn only_its_owner_can_use_it() {
        let (keys, owner) = (keys("2026.a", 1), UserId::new());
        let ticket = UploadTicket::issue(4_500_000, Timestamp::from_second(1000).unwrap());
        let text = ticket.signed(&keys, owner);
        assert_eq!(UploadTicket::read(&text, &keys, owner), Some(ticket));
        assert_eq!(UploadTicket::read(&text, &keys, UserId::new()), None);
        assert_eq!((ticket.put_before().as_second(), ticket.use_before().as_second()), (1300, 4600));
    }

    #[test]
    fn a_changed_one_is_none() {
        let (signer, owner) = (keys("a", 1), UserId::new());
        let ticket = UploadTicket::issue(4_500_000, Timestamp::from_second(1000).unwrap());
        let text = ticket.signed(&signer, owner);
        let other_blob = UploadTicket { blob: BlobId::new(), ..ticket }.signed(&signer, owner);
        let (blob, _) = other_blob.split_once('.').unwrap();
        let changed = [
            text.replace(".4500000.", ".4500001."),
            text.replace(".1000.", ".1001."),
            text.replacen(text.split('.').next().unwrap(), blob, 1),
            text.replace(".a.", ".b."),
            text[..text.len() - 1].to_owned(),
            text.replace('.', ""),
            String::new(),
            "....".to_owned(),
        ];
        for changed in changed {
            assert_eq!(UploadTicket::read(&changed, &signer, owner), None, "{changed}");
        }
        assert_eq!(UploadTicket::read(&text, &keys("a", 2), owner), None);
    }
}
