//! What the client shows to be let in.

use hyper::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use tasker_shared::auth::{API_KEY_HEADER, Claims, JwtSigner, KeyError, SigningError};
use tasker_shared::clock::unix_now;
use tasker_shared::{Config, Secret};

/// How long the tokens of this client are valid, in seconds. Each request gets
/// its own token.
const TOKEN_LIFETIME: u64 = 60;

/// Why there are no credentials to show.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The configuration holds none.
    #[error("neither JWT_PRIVATE_KEY nor API_KEY is set")]
    None,
    /// The private key cannot be read.
    #[error("JWT_PRIVATE_KEY cannot be used: {0}")]
    PrivateKey(#[from] KeyError),
    /// A token could not be signed.
    #[error("a token cannot be signed: {0}")]
    Signing(#[from] SigningError),
    /// The token or API key holds characters that a header cannot carry.
    #[error("the token or API key cannot be sent in a header")]
    NotAHeader,
}

/// What the client shows to be let in.
#[derive(Debug)]
pub enum Credentials {
    /// Nothing: enough for `/health`.
    Anonymous,
    /// A token made elsewhere.
    Token(Secret),
    /// The API key.
    ApiKey(Secret),
    /// A fresh token for each request, and the API key if there is one.
    Signed {
        /// Signs the tokens.
        signer: Box<JwtSigner>,
        /// Whom the tokens name as the caller.
        subject: String,
        /// The API key.
        api_key: Option<Secret>,
    },
}

impl Credentials {
    /// What the configuration provides: tokens signed with `JWT_PRIVATE_KEY`,
    /// along with `API_KEY`; or the API key alone.
    ///
    /// # Errors
    ///
    /// When there is neither, or the private key is malformed.
    pub fn from_config(config: &Config) -> Result<Self, CredentialsError> {
        match (&config.jwt_private_key, &config.api_key) {
            (Some(pem), api_key) => Ok(Self::Signed {
                signer: Box::new(JwtSigner::from_pem(pem)?),
                subject: "tasker-client".to_owned(),
                api_key: api_key.clone(),
            }),
            (None, Some(api_key)) => Ok(Self::ApiKey(api_key.clone())),
            (None, None) => Err(CredentialsError::None),
        }
    }

    /// The headers that carry the credentials.
    pub(crate) fn headers(&self) -> Result<HeaderMap, CredentialsError> {
        let mut headers = HeaderMap::new();
        match self {
            Self::Anonymous => {}
            Self::Token(token) => add_token(&mut headers, token)?,
            Self::ApiKey(key) => add_api_key(&mut headers, key)?,
            Self::Signed {
                signer,
                subject,
                api_key,
            } => {
                let claims = Claims::new(subject, unix_now(), TOKEN_LIFETIME);
                add_token(&mut headers, &signer.sign(&claims)?)?;
                if let Some(key) = api_key {
                    add_api_key(&mut headers, key)?;
                }
            }
        }
        Ok(headers)
    }
}

fn add_token(headers: &mut HeaderMap, token: &Secret) -> Result<(), CredentialsError> {
    let value = sensitive(&format!("Bearer {}", token.expose()))?;
    headers.insert(AUTHORIZATION, value);
    Ok(())
}

fn add_api_key(headers: &mut HeaderMap, key: &Secret) -> Result<(), CredentialsError> {
    let value = sensitive(key.expose())?;
    headers.insert(HeaderName::from_static(API_KEY_HEADER), value);
    Ok(())
}

fn sensitive(text: &str) -> Result<HeaderValue, CredentialsError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| CredentialsError::NotAHeader)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Result<Credentials, CredentialsError> {
        let config = Config::from_lookup(|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| value.into())
        });
        Credentials::from_config(&config.unwrap())
    }

    #[test]
    fn an_api_key_alone_is_enough() {
        let headers = from(&[("API_KEY", "k")]).unwrap().headers().unwrap();
        assert_eq!(headers["x-api-key"], "k");
        assert!(!headers.contains_key("authorization"));
        assert!(headers["x-api-key"].is_sensitive());
    }

    #[test]
    fn missing_and_malformed_credentials_are_reported() {
        assert!(matches!(from(&[]), Err(CredentialsError::None)));
        let malformed = from(&[("JWT_PRIVATE_KEY", "x"), ("API_KEY", "k")]);
        let error = malformed.unwrap_err().to_string();
        assert!(error.starts_with("JWT_PRIVATE_KEY"), "{error}");
        let newline = Credentials::ApiKey(Secret::new("a\nb"));
        assert!(matches!(
            newline.headers(),
            Err(CredentialsError::NotAHeader)
        ));
    }
}
