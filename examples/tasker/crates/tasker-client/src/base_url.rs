//! Where the service is.

use std::str::FromStr;

use hyper::Uri;

/// Text that is not the address of a service.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is not of the form http://HOST:PORT")]
pub struct InvalidBaseUrl(String);

/// The address of a service: `http://HOST:PORT`, perhaps with a path that the
/// service is found under.
///
/// Only `http` is supported: the services speak nothing else, and are meant to
/// be reached within a trusted network or through a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// The address of `path` on this service.
    pub(crate) fn join(&self, path: &str) -> Result<Uri, InvalidBaseUrl> {
        let url = format!("{}{path}", self.0);
        url.parse().map_err(|_| InvalidBaseUrl(url))
    }

    /// The address as text, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BaseUrl {
    type Err = InvalidBaseUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidBaseUrl(text.to_owned());
        let uri: Uri = text.parse().map_err(|_| invalid())?;
        let is_plain = uri.scheme_str() == Some("http") && uri.query().is_none();
        let has_host = uri.host().is_some_and(|host| !host.is_empty());
        if !is_plain || !has_host {
            return Err(invalid());
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_with_a_single_slash() {
        for base in ["http://host:8080", "http://host:8080/"] {
            let url: BaseUrl = base.parse().unwrap();
            assert_eq!(url.join("/tasks").unwrap(), "http://host:8080/tasks");
        }
        let url: BaseUrl = "http://host/tasker/".parse().unwrap();
        assert_eq!(url.join("/health").unwrap(), "http://host/tasker/health");
    }

    #[test]
    fn other_addresses_are_refused() {
        for text in [
            "",
            "host",
            "/tasks",
            "https://host",
            "http://",
            "http://h/?a",
        ] {
            assert!(text.parse::<BaseUrl>().is_err(), "{text}");
        }
    }
}
