//! The compact form of a token: `header.claims.signature` in base64url.
//!
//! Of the header only `alg` matters, and only one value of it is accepted: a
//! token cannot talk the verifier into another algorithm, or into none. A token
//! with critical extensions is refused, because none is understood.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::claims::Claims;
use super::jwt::JwtError;

/// The one algorithm: RSASSA-PKCS1-v1_5 with SHA-256.
const ALGORITHM: &str = "RS256";

/// Longer tokens are refused unread.
const MAX_LENGTH: usize = 8 * 1024;

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    typ: Option<String>,
    /// Extensions that must be understood; none is.
    #[serde(default, skip_serializing)]
    crit: Option<IgnoredAny>,
}

/// A token taken apart, its signature not yet checked.
pub(super) struct Unverified<'a> {
    signing_input: &'a str,
    encoded_claims: &'a str,
    pub(super) signature: Vec<u8>,
}

impl<'a> Unverified<'a> {
    /// Takes `token` apart and checks its header.
    pub(super) fn parse(token: &'a str) -> Result<Self, JwtError> {
        if token.len() > MAX_LENGTH {
            return Err(JwtError::Malformed);
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(JwtError::Malformed)?;
        let (header, encoded_claims) = signing_input.split_once('.').ok_or(JwtError::Malformed)?;
        let header: Header = decode_json(header)?;
        if header.alg != ALGORITHM {
            return Err(JwtError::UnsupportedAlgorithm);
        }
        if header.crit.is_some() {
            return Err(JwtError::Malformed);
        }
        let signature = decode(signature)?;
        Ok(Self {
            signing_input,
            encoded_claims,
            signature,
        })
    }

    /// The bytes that the signature covers.
    pub(super) fn signed_bytes(&self) -> &[u8] {
        self.signing_input.as_bytes()
    }

    /// The claims; to be read after the signature has been checked.
    pub(super) fn claims(&self) -> Result<Claims, JwtError> {
        decode_json(self.encoded_claims)
    }
}

/// The part of a token that gets signed.
pub(super) fn signing_input(claims: &Claims) -> Result<String, serde_json::Error> {
    let header = Header {
        alg: ALGORITHM.to_owned(),
        typ: Some("JWT".to_owned()),
        crit: None,
    };
    let header = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header)?);
    let claims = URL_SAFE_NO_PAD.encode(serde_json::to_vec(claims)?);
    Ok(format!("{header}.{claims}"))
}

/// Puts a token together.
pub(super) fn assemble(signing_input: &str, signature: &[u8]) -> String {
    format!("{signing_input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn decode(text: &str) -> Result<Vec<u8>, JwtError> {
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| JwtError::Malformed)
}

fn decode_json<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, JwtError> {
    serde_json::from_slice(&decode(text)?).map_err(|_| JwtError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token_with_header(header: &str) -> String {
        let input = signing_input(&Claims::new("a", 0, 60)).unwrap();
        let (_, claims) = input.split_once('.').unwrap();
        format!("{}.{claims}.c2ln", URL_SAFE_NO_PAD.encode(header))
    }

    fn refusal(token: &str) -> Option<JwtError> {
        Unverified::parse(token).err()
    }

    #[test]
    fn a_well_formed_token_comes_apart() {
        let claims = Claims::new("a", 0, 60);
        let input = signing_input(&claims).unwrap();
        let token = assemble(&input, b"signature");
        let parsed = Unverified::parse(&token).unwrap();
        assert_eq!(parsed.signed_bytes(), input.as_bytes());
        assert_eq!(parsed.signature, b"signature");
        assert_eq!(parsed.claims(), Ok(claims));
    }

    #[test]
    fn other_algorithms_are_refused() {
        for alg in ["none", "None", "HS256", "RS384", "rs256", "ES256"] {
            let token = token_with_header(&format!(r#"{{"alg":"{alg}"}}"#));
            assert_eq!(refusal(&token), Some(JwtError::UnsupportedAlgorithm));
        }
    }

    #[test]
    fn malformed_tokens_are_refused() {
        let not_json = token_with_header("{");
        let no_algorithm = token_with_header("{}");
        let critical = token_with_header(r#"{"alg":"RS256","crit":["b64"]}"#);
        let too_many_parts = format!("{}.x", token_with_header(r#"{"alg":"RS256"}"#));
        let too_long = "a".repeat(MAX_LENGTH + 1);
        for token in [
            "",
            ".",
            "..",
            "a.b",
            "a.b.c",
            &not_json,
            &no_algorithm,
            &critical,
            &too_long,
        ] {
            assert_eq!(refusal(token), Some(JwtError::Malformed), "{token}");
        }
        let parsed = Unverified::parse(&too_many_parts);
        let claims = parsed.map(|token| token.claims());
        assert!(!matches!(claims, Ok(Ok(_))), "four parts were accepted");
    }

    #[test]
    fn padding_is_not_accepted() {
        let token = format!("{}==", token_with_header(r#"{"alg":"RS256"}"#));
        assert_eq!(refusal(&token), Some(JwtError::Malformed));
    }
}
