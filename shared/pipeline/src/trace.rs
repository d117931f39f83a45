//! Trace ids that follow an upload from the request to the mail.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// The trace id of W3C Trace Context level 1, section 3.2.2.3: 16 bytes, written as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(Uuid);

/// The text is no trace id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a trace id: expected 32 hexadecimal digits, not all zero")]
pub struct InvalidTraceId;

impl TraceId {
    /// A fresh random trace id.
    #[must_use]
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self(Uuid::new_v4())
    }

    /// The trace id named by a `traceparent` header value, `None` where it is malformed.
    #[must_use]
    pub fn from_traceparent(header: &str) -> Option<Self> {
        let mut parts = header.split('-');
        let (version, trace_id) = (parts.next()?, parts.next()?);
        (version.len() == 2 && version != "ff").then(|| trace_id.parse().ok()).flatten()
    }

    /// A `traceparent` header value (version 00, sampled) with this trace id and a span id derived from it.
    #[must_use]
    pub fn traceparent(self) -> String {
        let digits = self.to_string();
        format!("00-{digits}-{}-01", &digits[16..])
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

impl FromStr for TraceId {
    type Err = InvalidTraceId;

    fn from_str(text: &str) -> Result<Self, InvalidTraceId> {
        let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let uuid = digits.then(|| Uuid::try_parse(text).ok()).flatten().ok_or(InvalidTraceId)?;
        if uuid.is_nil() { Err(InvalidTraceId) } else { Ok(Self(uuid)) }
    }
}

#[cfg(test)]
mod tests {
    use super::TraceId;

    #[test]
    fn a_traceparent_gives_its_trace_id_back() {
        let trace = TraceId::new();
        assert_eq!(TraceId::from_traceparent(&trace.traceparent()), Some(trace));
    }

    #[test]
    fn malformed_traceparents_are_ignored() {
        for bad in ["", "00", "00-zz-01-01", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"] {
            assert_eq!(TraceId::from_traceparent(bad), None, "{bad}");
        }
        assert_eq!(TraceId::from_traceparent(&format!("00-{}-b7ad6b7169203331-01", "0".repeat(32))), None);
    }
}
