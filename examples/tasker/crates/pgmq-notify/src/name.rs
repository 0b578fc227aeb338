//! Names of queues.

use std::fmt;
use std::str::FromStr;

/// PGMQ derives table names from queue names, which leaves this much of the 63
/// bytes of an identifier.
const MAX_LENGTH: usize = 47;

/// Text that cannot be the name of a queue.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "a queue name is 1 to 47 characters from a-z, 0-9 and _, the first one a letter; got {0:?}"
)]
pub struct InvalidQueueName(String);

/// The name of a queue.
///
/// PGMQ folds names to lower case in some versions and not in others; only
/// names on which all versions agree are accepted.
///
/// ```
/// use pgmq_notify::QueueName;
///
/// let name: QueueName = "tasks".parse()?;
/// assert_eq!(name.channel(), "pgmq_notify.tasks");
/// assert!("Tasks; DROP TABLE x".parse::<QueueName>().is_err());
/// # Ok::<(), pgmq_notify::InvalidQueueName>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct QueueName(String);

impl QueueName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The channel that is notified of new messages.
    #[must_use]
    pub fn channel(&self) -> String {
        format!("pgmq_notify.{}", self.0)
    }
}

impl FromStr for QueueName {
    type Err = InvalidQueueName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let starts_well = text.starts_with(|c: char| c.is_ascii_lowercase());
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if starts_well && text.len() <= MAX_LENGTH && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidQueueName(text.to_owned()))
        }
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_all_versions_agree_on_are_accepted() {
        let longest = "q".repeat(MAX_LENGTH);
        for name in ["q", "tasks_2", longest.as_str()] {
            assert_eq!(name.parse::<QueueName>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn other_names_are_refused() {
        let too_long = "q".repeat(MAX_LENGTH + 1);
        for name in ["", "Q", "2q", "_q", "a-b", "a\"b", "a b", too_long.as_str()] {
            assert!(name.parse::<QueueName>().is_err(), "{name}");
        }
    }

    #[test]
    fn a_channel_fits_an_identifier() {
        let longest: QueueName = "q".repeat(MAX_LENGTH).parse().unwrap();
        assert!(longest.channel().len() < 64);
    }
}
