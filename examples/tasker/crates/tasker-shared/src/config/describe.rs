//! The configuration as text that is safe to print.

use std::fmt;

use super::Config;

const NOT_SET: &str = "(not set)";
const HIDDEN: &str = "(set, hidden)";

/// A variable and its effective value, with secrets hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The variable.
    pub name: &'static str,
    /// What it amounts to.
    pub value: String,
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<16} {}", self.name, self.value)
    }
}

impl Config {
    /// Every setting in a fixed order, without any secret.
    #[must_use]
    pub fn describe(&self) -> Vec<Setting> {
        let hidden = |set: bool| if set { HIDDEN } else { NOT_SET }.to_owned();
        let database = self
            .database_url
            .as_ref()
            .map_or(NOT_SET.to_owned(), |url| redact_database_url(url.expose()));
        let port = self
            .port
            .map_or("(the service's own)".to_owned(), |port| port.to_string());
        [
            ("TASKER_ENV", self.environment.to_string()),
            ("LOG_LEVEL", self.log_filter.clone()),
            ("DATABASE_URL", database),
            ("JWT_PUBLIC_KEY", hidden(self.jwt_public_key.is_some())),
            ("JWT_PRIVATE_KEY", hidden(self.jwt_private_key.is_some())),
            ("API_KEY", hidden(self.api_key.is_some())),
            ("BIND_ADDRESS", self.bind_address.to_string()),
            ("PORT", port),
        ]
        .into_iter()
        .map(|(name, value)| Setting { name, value })
        .collect()
    }
}

/// A connection URL without its password.
///
/// Text that may carry a password in another place (`key=value` strings, query
/// parameters) is hidden altogether.
///
/// ```
/// use tasker_shared::config::redact_database_url;
///
/// let url = "postgres://tasker:hunter2@localhost:5432/tasker";
/// assert_eq!(redact_database_url(url), "postgres://tasker:***@localhost:5432/tasker");
/// assert_eq!(redact_database_url("host=db password=hunter2"), "(set, hidden)");
/// ```
#[must_use]
pub fn redact_database_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return HIDDEN.to_owned();
    };
    if rest.contains("password=") {
        return HIDDEN.to_owned();
    }
    let Some((user_info, place)) = rest.rsplit_once('@') else {
        return url.to_owned();
    };
    match user_info.split_once(':') {
        Some((user, _password)) => format!("{scheme}://{user}:***@{place}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_is_described() {
        let config = Config::from_lookup(|name| match name {
            "DATABASE_URL" => Some("postgres://u:s3cret@db/x".into()),
            "API_KEY" | "JWT_PRIVATE_KEY" => Some("s3cret".into()),
            _ => None,
        })
        .unwrap();
        let text: Vec<String> = config.describe().iter().map(Setting::to_string).collect();
        assert!(!text.join("\n").contains("s3cret"), "{text:?}");
        assert!(!format!("{config:?}").contains("s3cret"));
        assert_eq!(text[2], "DATABASE_URL     postgres://u:***@db/x");
    }

    #[test]
    fn passwords_are_redacted_wherever_they_are() {
        for (url, expected) in [
            ("postgres://u:p@ss@h/d", "postgres://u:***@h/d"),
            ("postgres://u@h/d", "postgres://u@h/d"),
            ("postgres://h/d", "postgres://h/d"),
            ("postgres://u@h/d?password=p", HIDDEN),
        ] {
            assert_eq!(redact_database_url(url), expected);
        }
    }
}
