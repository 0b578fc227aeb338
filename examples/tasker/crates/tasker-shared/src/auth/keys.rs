//! From PEM text to keys.

use std::ops::RangeInclusive;

use der::asn1::{ObjectIdentifier, UintRef};
use der::{Decode, Document, Reader, SecretDocument, SliceReader};
use ring::rsa;
use ring::signature::RsaPublicKeyComponents;
use spki::SubjectPublicKeyInfoRef;

use crate::secret::Secret;

const PUBLIC_LABEL: &str = "PUBLIC KEY";
const PRIVATE_LABEL: &str = "PRIVATE KEY";

/// `rsaEncryption`.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// The sizes that [`ring::signature::RSA_PKCS1_2048_8192_SHA256`] accepts.
const MODULUS_BYTES: RangeInclusive<usize> = 2048 / 8..=8192 / 8;

/// Why text is not a usable key. The texts never quote the key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeyError {
    /// It is not PEM, or the block does not hold DER.
    #[error("it is not a PEM block")]
    NotPem,
    /// It is PEM of another kind.
    #[error("it is a PEM block of {found:?}, expected {expected:?}")]
    WrongLabel {
        /// The label of the block.
        found: String,
        /// The label that was expected.
        expected: &'static str,
    },
    /// The block holds something else than an RSA key.
    #[error("it does not hold an RSA key of 2048 to 8192 bits")]
    NotRsa,
}

/// A public key as its modulus and exponent.
pub(super) type PublicKey = RsaPublicKeyComponents<Vec<u8>>;

/// The RSA key inside a public key in PEM (SPKI).
pub(super) fn public_key(pem: &str) -> Result<PublicKey, KeyError> {
    let (label, document) = Document::from_pem(pem.trim()).map_err(|_| KeyError::NotPem)?;
    check_label(label, PUBLIC_LABEL)?;
    let info: SubjectPublicKeyInfoRef<'_> = document.decode_msg().map_err(|_| KeyError::NotRsa)?;
    let key = info.subject_public_key.as_bytes().ok_or(KeyError::NotRsa)?;
    if info.algorithm.oid != RSA {
        return Err(KeyError::NotRsa);
    }
    let key = components(key).map_err(|_| KeyError::NotRsa)?;
    if MODULUS_BYTES.contains(&key.n.len()) {
        Ok(key)
    } else {
        Err(KeyError::NotRsa)
    }
}

/// Reads `SEQUENCE { modulus INTEGER, exponent INTEGER }` (PKCS#1).
fn components(der: &[u8]) -> der::Result<PublicKey> {
    let mut reader = SliceReader::new(der)?;
    let key = reader.sequence(|fields| {
        let n = UintRef::decode(fields)?.as_bytes().to_vec();
        let e = UintRef::decode(fields)?.as_bytes().to_vec();
        Ok::<_, der::Error>(PublicKey { n, e })
    })?;
    reader.finish()?;
    Ok(key)
}

/// The key pair inside a private key in PEM (PKCS#8).
pub(super) fn private_key(pem: &Secret) -> Result<rsa::KeyPair, KeyError> {
    let (label, document) =
        SecretDocument::from_pem(pem.expose().trim()).map_err(|_| KeyError::NotPem)?;
    check_label(label, PRIVATE_LABEL)?;
    rsa::KeyPair::from_pkcs8(document.as_bytes()).map_err(|_| KeyError::NotRsa)
}

fn check_label(found: &str, expected: &'static str) -> Result<(), KeyError> {
    if found == expected {
        return Ok(());
    }
    Err(KeyError::WrongLabel {
        found: found.to_owned(),
        expected,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A PEM block of `label` around a sequence that is no key.
    fn pem(label: &str) -> String {
        format!("-----BEGIN {label}-----\nMAMCAQE=\n-----END {label}-----\n")
    }

    #[test]
    fn text_that_is_not_pem_is_refused() {
        for text in ["", "key", "-----BEGIN PUBLIC KEY-----", "AAECAwQF"] {
            assert_eq!(public_key(text).err(), Some(KeyError::NotPem), "{text:?}");
            let private = private_key(&Secret::new(text));
            assert_eq!(private.err(), Some(KeyError::NotPem), "{text:?}");
        }
    }

    #[test]
    fn the_two_keys_cannot_be_mixed_up() {
        let error = public_key(&pem(PRIVATE_LABEL)).unwrap_err().to_string();
        assert_eq!(
            error,
            r#"it is a PEM block of "PRIVATE KEY", expected "PUBLIC KEY""#
        );
        for label in [PUBLIC_LABEL, "RSA PRIVATE KEY"] {
            let error = private_key(&Secret::new(pem(label))).unwrap_err();
            assert!(error.to_string().contains(label), "{error}");
        }
    }

    #[test]
    fn a_block_without_a_key_is_refused() {
        let public = public_key(&pem(PUBLIC_LABEL));
        assert_eq!(public.err(), Some(KeyError::NotRsa));
        let private = private_key(&Secret::new(pem(PRIVATE_LABEL)));
        assert_eq!(private.err(), Some(KeyError::NotRsa));
    }
}
