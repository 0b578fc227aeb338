//! API keys.

use std::fmt;

use ring::hmac;

use crate::secret::Secret;

/// An API key that can be compared in constant time.
///
/// Only a digest is kept, and digests are compared: neither the length nor the
/// first characters of the key show in how long a comparison takes.
pub struct ApiKey {
    key: hmac::Key,
    digest: hmac::Tag,
}

impl ApiKey {
    /// Keeps what is needed to recognise `secret`.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
        let digest = hmac::sign(&key, secret.expose().as_bytes());
        Self { key, digest }
    }

    /// Whether `offered` is this key.
    #[must_use]
    pub fn matches(&self, offered: &str) -> bool {
        hmac::verify(&self.key, offered.as_bytes(), self.digest.as_ref()).is_ok()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_text_matches_and_none_is_shown() {
        let key = ApiKey::new(&Secret::new("k-123"));
        assert!(key.matches("k-123"));
        assert!(!key.matches("k-124"));
        assert!(!key.matches(""));
        assert_eq!(format!("{key:?}"), "ApiKey(***)");
    }
}
