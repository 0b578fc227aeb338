//! What a token says.

use serde::{Deserialize, Serialize};

use super::jwt::JwtError;

/// The issuer that tokens must name.
pub const ISSUER: &str = "tasker";

/// The audience that tokens must name.
pub const AUDIENCE: &str = "tasker-api";

/// How far the clocks of two machines may differ, in seconds.
const CLOCK_SKEW: u64 = 30;

/// The claims of a token, with times in Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who calls.
    pub sub: String,
    /// Who issued the token: [`ISSUER`].
    pub iss: String,
    /// Whom the token is for: [`AUDIENCE`].
    pub aud: String,
    /// When it was issued.
    pub iat: u64,
    /// When it stops being valid.
    pub exp: u64,
    /// When it starts being valid, if that is not when it was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<u64>,
}

impl Claims {
    /// Claims for `subject` that hold from `now` for `lifetime` seconds.
    ///
    /// ```
    /// use tasker_shared::auth::Claims;
    ///
    /// let claims = Claims::new("reporting", 1_000, 60);
    /// assert!(claims.validate(1_059).is_ok());
    /// assert!(claims.validate(1_060).is_err());
    /// ```
    pub fn new(subject: impl Into<String>, now: u64, lifetime: u64) -> Self {
        Self {
            sub: subject.into(),
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            iat: now,
            exp: now.saturating_add(lifetime),
            nbf: None,
        }
    }

    /// Checks issuer, audience and times at the moment `now`.
    ///
    /// # Errors
    ///
    /// [`JwtError`] names the first claim that does not hold.
    pub fn validate(&self, now: u64) -> Result<(), JwtError> {
        if self.iss != ISSUER {
            Err(JwtError::WrongIssuer)
        } else if self.aud != AUDIENCE {
            Err(JwtError::WrongAudience)
        } else if self.exp <= now {
            Err(JwtError::Expired)
        } else if self.iat.max(self.nbf.unwrap_or(0)) > now.saturating_add(CLOCK_SKEW) {
            Err(JwtError::NotYetValid)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_holds_until_it_expires() {
        let claims = Claims::new("a", 100, 10);
        assert_eq!(claims.validate(100), Ok(()));
        assert_eq!(claims.validate(109), Ok(()));
        assert_eq!(claims.validate(110), Err(JwtError::Expired));
        assert_eq!(Claims::new("a", 100, u64::MAX).exp, u64::MAX);
    }

    #[test]
    fn clocks_may_differ_a_little() {
        let claims = Claims::new("a", 100, 100);
        assert_eq!(claims.validate(100 - CLOCK_SKEW), Ok(()));
        let later = Claims {
            nbf: Some(150),
            ..claims.clone()
        };
        assert_eq!(later.validate(100), Err(JwtError::NotYetValid));
        assert_eq!(later.validate(150), Ok(()));
        assert_eq!(claims.validate(99 - CLOCK_SKEW), Err(JwtError::NotYetValid));
    }

    #[test]
    fn issuer_and_audience_must_match() {
        let mut claims = Claims::new("a", 100, 10);
        claims.aud = "somebody-else".to_owned();
        assert_eq!(claims.validate(100), Err(JwtError::WrongAudience));
        claims.iss = "somebody-else".to_owned();
        assert_eq!(claims.validate(100), Err(JwtError::WrongIssuer));
    }
}
