//! Messages as they come from a queue.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::QueueError;

/// Identifies a message within its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub i64);

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A message that was read and is invisible to other readers for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Identifies the message.
    pub id: MessageId,
    /// How often it has been read, this time included.
    pub read_count: i32,
    /// What was sent.
    pub body: Value,
}

impl Message {
    /// The body as a `T`.
    ///
    /// ```
    /// use pgmq_notify::{Message, MessageId};
    ///
    /// let message = Message { id: MessageId(7), read_count: 1, body: serde_json::json!([1, 2]) };
    /// assert_eq!(message.decode::<Vec<u8>>()?, [1, 2]);
    /// # Ok::<(), pgmq_notify::QueueError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`QueueError::Decode`] when the body is not of that form.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, QueueError> {
        T::deserialize(&self.body).map_err(|source| QueueError::Decode {
            id: self.id,
            source,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_body_of_another_form_is_reported_with_its_message() {
        let message = Message {
            id: MessageId(42),
            read_count: 1,
            body: json!({"task": 1}),
        };
        let error = message.decode::<Vec<u8>>().unwrap_err();
        assert!(error.to_string().starts_with("message 42 "), "{error}");
    }
}
