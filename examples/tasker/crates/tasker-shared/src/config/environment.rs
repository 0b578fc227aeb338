//! Where a process runs.

use std::fmt;
use std::str::FromStr;

use super::ConfigError;

/// Where a process runs (`TASKER_ENV`).
///
/// A production service does not start without `JWT_PUBLIC_KEY`; elsewhere an
/// API key alone will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Environment {
    /// On a developer's machine.
    #[default]
    Development,
    /// Under automated tests.
    Test,
    /// In earnest.
    Production,
}

impl Environment {
    /// The name used in `TASKER_ENV`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Test => "test",
            Self::Production => "production",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Environment {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Development, Self::Test, Self::Production]
            .into_iter()
            .find(|environment| environment.as_str() == text)
            .ok_or_else(|| ConfigError::Invalid {
                name: "TASKER_ENV",
                value: text.to_owned(),
                expected: "development, test or production",
            })
    }
}
