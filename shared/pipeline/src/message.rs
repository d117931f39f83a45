//! What travels through the broker: ids only, the ledger holds the truth.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{DocumentId, MailId};

/// A queue of the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Queue {
    /// Documents to render; the worker's.
    Invoices,
    /// Mails to send; the notifier's.
    Notifications,
}

impl Queue {
    /// Both queues.
    pub const ALL: [Self; 2] = [Self::Invoices, Self::Notifications];

    /// The queue's name at the broker.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invoices => "invoices",
            Self::Notifications => "notifications",
        }
    }

    /// The name of the queue that keeps what could not be decoded.
    #[must_use]
    pub const fn dead_letter_name(self) -> &'static str {
        match self {
            Self::Invoices => "invoices.dead",
            Self::Notifications => "notifications.dead",
        }
    }
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A message: a tagged, versioned JSON object, such as `{"v":1,"type":"render","document":"…"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Message {
    /// Render this document.
    Render {
        /// The document to claim.
        document: DocumentId,
    },
    /// Send this mail.
    Notify {
        /// The mail to claim.
        mail: MailId,
    },
}

/// The body is no message of a version that this program knows.
#[derive(Debug, thiserror::Error)]
#[error("undecodable message: {0}")]
pub struct UndecodableMessage(String);

const VERSION: u32 = 1;

#[derive(Serialize)]
struct Written<'a> {
    v: u32,
    #[serde(flatten)]
    message: &'a Message,
}

#[derive(Deserialize)]
struct Version {
    v: u32,
}

impl Message {
    /// The queue that carries it.
    #[must_use]
    pub const fn queue(&self) -> Queue {
        match self {
            Self::Render { .. } => Queue::Invoices,
            Self::Notify { .. } => Queue::Notifications,
        }
    }

    /// The message as it travels.
    ///
    /// # Panics
    /// Never: a message of ids always serialises.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(&Written { v: VERSION, message: self }).expect("ids serialise")
    }

    /// Reads a message as it travels.
    ///
    /// # Errors
    /// The body is not JSON, of another version, or of an unknown type.
    pub fn decode(body: &[u8]) -> Result<Self, UndecodableMessage> {
        let Version { v } = serde_json::from_slice(body).map_err(|error| UndecodableMessage(error.to_string()))?;
        if v != VERSION {
            return Err(UndecodableMessage(format!("version {v}, expected {VERSION}")));
        }
        serde_json::from_slice(body).map_err(|error| UndecodableMessage(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Message, Queue};
    use crate::ids::{DocumentId, MailId};

    #[test]
    fn messages_survive_the_way() {
        for message in [Message::Render { document: DocumentId::new() }, Message::Notify { mail: MailId::new() }] {
            assert_eq!(Message::decode(&message.encode()).ok(), Some(message));
        }
        assert_eq!(Message::Notify { mail: MailId::new() }.queue(), Queue::Notifications);
    }

    #[test]
    fn what_is_no_message_is_told() {
        let id = DocumentId::new();
        let bodies = [
            String::new(),
            "{}".into(),
            format!(r#"{{"v":2,"type":"render","document":"{id}"}}"#),
            format!(r#"{{"v":1,"type":"paint","document":"{id}"}}"#),
            r#"{"v":1,"type":"render","document":"7"}"#.into(),
        ];
        for body in bodies {
            assert!(Message::decode(body.as_bytes()).is_err(), "{body}");
        }
    }
}
