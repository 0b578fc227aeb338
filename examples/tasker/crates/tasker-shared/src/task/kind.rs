//! The names of handlers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const MAX_LENGTH: usize = 64;

/// Text that cannot be the name of a handler.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a task kind is 1 to 64 characters from a-z, 0-9 and _, the first one a letter; got {0:?}")]
pub struct InvalidKind(String);

/// Names the handler that runs a task.
///
/// Whether a handler of that name exists is known to the workers alone.
///
/// ```
/// use tasker_shared::task::TaskKind;
///
/// let kind: TaskKind = "uppercase".parse()?;
/// assert_eq!(kind.as_str(), "uppercase");
/// assert!("Upper case".parse::<TaskKind>().is_err());
/// # Ok::<(), tasker_shared::task::InvalidKind>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TaskKind(String);

impl TaskKind {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TaskKind {
    type Error = InvalidKind;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let starts_well = text.starts_with(|c: char| c.is_ascii_lowercase());
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if starts_well && text.len() <= MAX_LENGTH && text.chars().all(allowed) {
            Ok(Self(text))
        } else {
            Err(InvalidKind(text))
        }
    }
}

impl FromStr for TaskKind {
    type Err = InvalidKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.to_owned().try_into()
    }
}

impl From<TaskKind> for String {
    fn from(kind: TaskKind) -> Self {
        kind.0
    }
}

impl fmt::Display for TaskKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_kinds() {
        let longest = "a".repeat(MAX_LENGTH);
        for good in ["a", "sum", "sum_2", longest.as_str()] {
            assert!(good.parse::<TaskKind>().is_ok(), "{good}");
        }
        let too_long = "a".repeat(MAX_LENGTH + 1);
        for bad in ["", "_x", "2x", "A", "a-b", "a b", "ä", too_long.as_str()] {
            assert!(bad.parse::<TaskKind>().is_err(), "{bad}");
        }
    }

    #[test]
    fn json_is_checked_too() {
        assert!(serde_json::from_str::<TaskKind>(r#""sum""#).is_ok());
        assert!(serde_json::from_str::<TaskKind>(r#""drop table""#).is_err());
    }
}
