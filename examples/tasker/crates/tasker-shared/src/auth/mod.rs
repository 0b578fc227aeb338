//! Who may use the API.
//!
//! A caller presents either a bearer token signed with RS256 or an API key in
//! the header `X-API-Key`. A request that carries a token is judged by the
//! token alone: an API key does not rescue a bad one.

mod api_key;
mod claims;
mod compact;
#[cfg(test)]
mod environment_tests;
mod jwt;
mod keys;

use crate::config::{Config, ConfigError, Environment};

pub use api_key::ApiKey;
pub use claims::{AUDIENCE, Claims, ISSUER};
pub use jwt::{JwtError, JwtSigner, JwtVerifier, SigningError};
pub use keys::KeyError;

/// The header that carries an API key.
pub const API_KEY_HEADER: &str = "x-api-key";

/// Why a request is refused. The texts are safe to show to the caller.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AuthError {
    /// There is neither a token nor an API key.
    #[error("a bearer token or an API key is required")]
    MissingCredentials,
    /// The header `Authorization` holds something else than a bearer token.
    #[error("the Authorization header does not hold a bearer token")]
    NotABearerToken,
    /// The service has no public key, so it cannot check tokens.
    #[error("this service does not accept tokens")]
    TokensNotAccepted,
    /// The token is not acceptable.
    #[error("the token is not acceptable: {0}")]
    Token(#[from] JwtError),
    /// The API key is not the right one.
    #[error("the API key is not acceptable")]
    WrongApiKey,
}

/// Why authentication cannot be set up from a configuration.
#[derive(Debug, thiserror::Error)]
pub enum AuthSetupError {
    /// Something is missing from the configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The public key cannot be read.
    #[error("JWT_PUBLIC_KEY cannot be used: {0}")]
    PublicKey(#[source] KeyError),
    /// No caller could ever be let in.
    #[error("neither JWT_PUBLIC_KEY nor API_KEY is set, so nobody could use the API")]
    NobodyCouldEnter,
}

/// What a request presents: the values of its two headers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Presented<'a> {
    /// The header `Authorization`.
    pub authorization: Option<&'a str>,
    /// The header `X-API-Key`.
    pub api_key: Option<&'a str>,
}

/// A caller who was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// The subject of a token.
    Subject(String),
    /// Whoever holds the API key.
    ApiKeyHolder,
}

/// Decides which requests are let in.
#[derive(Debug)]
pub struct Authenticator {
    tokens: Option<JwtVerifier>,
    api_key: Option<ApiKey>,
}

impl Authenticator {
    /// Accepts tokens that `tokens` verifies and the key `api_key`.
    #[must_use]
    pub fn new(tokens: Option<JwtVerifier>, api_key: Option<ApiKey>) -> Self {
        Self { tokens, api_key }
    }

    /// Accepts what the configuration names.
    ///
    /// # Errors
    ///
    /// When the public key is malformed, when nothing could be accepted, or
    /// when a production service has no public key.
    pub fn from_config(config: &Config) -> Result<Self, AuthSetupError> {
        let tokens = config
            .jwt_public_key
            .as_deref()
            .map(JwtVerifier::from_pem)
            .transpose()
            .map_err(AuthSetupError::PublicKey)?;
        let api_key = config.api_key.as_ref().map(ApiKey::new);
        if tokens.is_none() && config.environment == Environment::Production {
            return Err(ConfigError::Missing("JWT_PUBLIC_KEY").into());
        }
        if tokens.is_none() && api_key.is_none() {
            return Err(AuthSetupError::NobodyCouldEnter);
        }
        Ok(Self::new(tokens, api_key))
    }

    /// Lets the caller in or says why not; `now` is in Unix seconds.
    ///
    /// # Errors
    ///
    /// [`AuthError`] says why the caller is refused.
    pub fn authenticate(&self, presented: Presented<'_>, now: u64) -> Result<Caller, AuthError> {
        if let Some(authorization) = presented.authorization {
            let token = bearer_token(authorization)?;
            let verifier = self.tokens.as_ref().ok_or(AuthError::TokensNotAccepted)?;
            return Ok(Caller::Subject(verifier.verify(token, now)?.sub));
        }
        let offered = presented.api_key.ok_or(AuthError::MissingCredentials)?;
        match &self.api_key {
            Some(expected) if expected.matches(offered) => Ok(Caller::ApiKeyHolder),
            _ => Err(AuthError::WrongApiKey),
        }
    }
}

fn bearer_token(authorization: &str) -> Result<&str, AuthError> {
    match authorization.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(AuthError::NotABearerToken),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn with_api_key() -> Authenticator {
        Authenticator::new(None, Some(ApiKey::new(&Secret::new("open sesame"))))
    }

    fn key(api_key: &str) -> Presented<'_> {
        Presented {
            api_key: Some(api_key),
            ..Presented::default()
        }
    }

    #[test]
    fn the_right_api_key_opens() {
        let caller = with_api_key().authenticate(key("open sesame"), 0);
        assert_eq!(caller, Ok(Caller::ApiKeyHolder));
    }

    #[test]
    fn any_other_api_key_does_not() {
        for wrong in ["", "open", "open sesame ", "OPEN SESAME"] {
            let caller = with_api_key().authenticate(key(wrong), 0);
            assert_eq!(caller, Err(AuthError::WrongApiKey), "{wrong:?}");
        }
        let without = Authenticator::new(None, None);
        assert_eq!(
            without.authenticate(key(""), 0),
            Err(AuthError::WrongApiKey)
        );
    }

    #[test]
    fn nothing_presented_is_refused() {
        assert_eq!(
            with_api_key().authenticate(Presented::default(), 0),
            Err(AuthError::MissingCredentials)
        );
    }

    #[test]
    fn an_api_key_does_not_rescue_a_bad_authorization_header() {
        for (authorization, expected) in [
            ("Basic abc", AuthError::NotABearerToken),
            ("Bearer", AuthError::NotABearerToken),
            ("Bearer abc", AuthError::TokensNotAccepted),
        ] {
            let presented = Presented {
                authorization: Some(authorization),
                ..key("open sesame")
            };
            assert_eq!(with_api_key().authenticate(presented, 0), Err(expected));
        }
    }

    fn setup(variables: &[(&str, &str)]) -> Result<Authenticator, AuthSetupError> {
        let config = Config::from_lookup(|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| value.into())
        });
        Authenticator::from_config(&config.unwrap())
    }

    #[test]
    fn a_service_that_nobody_could_use_does_not_start() {
        assert!(matches!(setup(&[]), Err(AuthSetupError::NobodyCouldEnter)));
        assert!(setup(&[("API_KEY", "k")]).is_ok());
    }

    #[test]
    fn production_insists_on_a_public_key() {
        let error = setup(&[("API_KEY", "k"), ("TASKER_ENV", "production")]).unwrap_err();
        assert_eq!(error.to_string(), "JWT_PUBLIC_KEY is not set");
    }

    #[test]
    fn a_malformed_public_key_is_reported_by_name() {
        let error = setup(&[("JWT_PUBLIC_KEY", "not a key")]).unwrap_err();
        assert!(error.to_string().starts_with("JWT_PUBLIC_KEY"), "{error}");
    }
}
