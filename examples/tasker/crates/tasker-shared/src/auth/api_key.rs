//! API keys.

use std::fmt;

use digest::{CtOutput, Digest};
use sha2::Sha256;

use crate::secret::Secret;

/// An API key that can be compared in constant time.
///
/// Only a digest is kept, and digests are compared: neither the length nor the
/// first characters of the key show in how long a comparison takes.
pub struct ApiKey(CtOutput<Sha256>);

impl ApiKey {
    /// Keeps what is needed to recognise `secret`.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        Self(digest_of(secret.expose()))
    }

    /// Whether `offered` is this key.
    #[must_use]
    pub fn matches(&self, offered: &str) -> bool {
        digest_of(offered) == self.0
    }
}

/// A digest that `==` compares in constant time.
fn digest_of(text: &str) -> CtOutput<Sha256> {
    CtOutput::new(Sha256::digest(text))
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
