//! Signing and verifying tokens.

use std::fmt;

use graviola::signing::rsa::{SigningKey, VerifyingKey};

use super::claims::Claims;
use super::compact::{self, Unverified};
use super::keys::{self, KeyError};
use crate::secret::Secret;

/// Why a token is not acceptable.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum JwtError {
    /// It is no token at all.
    #[error("it is malformed")]
    Malformed,
    /// It is signed with another algorithm than RS256, or not at all.
    #[error("only RS256 is accepted")]
    UnsupportedAlgorithm,
    /// The signature was not made with the right key over this content.
    #[error("its signature does not fit")]
    BadSignature,
    /// It names another issuer.
    #[error("it comes from another issuer")]
    WrongIssuer,
    /// It names another audience.
    #[error("it is meant for another audience")]
    WrongAudience,
    /// It is no longer valid.
    #[error("it has expired")]
    Expired,
    /// It was issued in the future, or says that it is not yet valid.
    #[error("it is not yet valid")]
    NotYetValid,
}

/// Why a token could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The claims cannot be written as JSON.
    #[error("the claims cannot be written as JSON: {0}")]
    Claims(#[from] serde_json::Error),
    /// The key refused to sign.
    #[error("the key refused to sign")]
    Key,
}

/// Signs tokens with a private key.
pub struct JwtSigner {
    key: SigningKey,
}

impl JwtSigner {
    /// Reads a private key: PEM (PKCS#8), RSA.
    ///
    /// # Errors
    ///
    /// [`KeyError`] says what is wrong with the text.
    pub fn from_pem(pem: &Secret) -> Result<Self, KeyError> {
        Ok(Self {
            key: keys::private_key(pem)?,
        })
    }

    /// A token that carries `claims`.
    ///
    /// # Errors
    ///
    /// [`SigningError`] when the claims cannot be written or the key fails.
    pub fn sign(&self, claims: &Claims) -> Result<Secret, SigningError> {
        let input = compact::signing_input(claims)?;
        let signature =
            keys::signature(&self.key, input.as_bytes()).map_err(|_| SigningError::Key)?;
        Ok(Secret::new(compact::assemble(&input, &signature)))
    }
}

impl fmt::Debug for JwtSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JwtSigner(***)")
    }
}

/// Verifies tokens with a public key.
#[derive(Debug)]
pub struct JwtVerifier {
    key: VerifyingKey,
}

impl JwtVerifier {
    /// Reads a public key: PEM (SPKI), RSA.
    ///
    /// ```
    /// use tasker_shared::auth::JwtVerifier;
    ///
    /// let error = JwtVerifier::from_pem("-----BEGIN NOTHING-----").unwrap_err();
    /// assert_eq!(error.to_string(), "it is not a PEM block");
    /// ```
    ///
    /// # Errors
    ///
    /// [`KeyError`] says what is wrong with the text.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        Ok(Self {
            key: keys::public_key(pem)?,
        })
    }

    /// The claims of `token`, if its signature fits and they hold at `now`.
    ///
    /// # Errors
    ///
    /// [`JwtError`] says why the token is not acceptable.
    pub fn verify(&self, token: &str, now: u64) -> Result<Claims, JwtError> {
        let token = Unverified::parse(token)?;
        self.key
            .verify_pkcs1_sha256(&token.signature, token.signed_bytes())
            .map_err(|_| JwtError::BadSignature)?;
        let claims = token.claims()?;
        claims.validate(now)?;
        Ok(claims)
    }
}
