//! From PEM text to keys.
//!
//! graviola takes RSA keys of 2048 to 8192 bits, but reckons in words of 64 bits: with
//! a size in between no signature ever fits, so such a key is refused from the start.
//! It is written for processors with certain instructions, see
//! [`KeyError::UnsupportedProcessor`].

use graviola::Error;
use graviola::signing::rsa::{SigningKey, VerifyingKey};
use graviola::util::is_cpu_supported;

use crate::secret::Secret;

const PUBLIC_LABEL: &str = "PUBLIC KEY";
const PRIVATE_LABEL: &str = "PRIVATE KEY";

/// What stands before the key itself (PKCS#1) in SPKI. At the accepted sizes all
/// lengths take up two bytes, so this is always as long.
const SPKI_HEADER: usize = 24;

/// The longest key in SPKI, with some bytes to spare.
const SPKI_MAX: usize = 8192 / 8 + 64;

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
    #[error("it does not hold an RSA key of 2048 to 8192 bits in steps of 64")]
    NotRsa,
    /// The processor lacks instructions that the arithmetic is written in.
    #[error(
        "this processor cannot use it: needed are adx, aes, avx2, bmi2 and pclmulqdq \
         on x86_64, or aes, pmull and sha2 on aarch64"
    )]
    UnsupportedProcessor,
}

/// The RSA key inside a public key in PEM (SPKI).
pub(super) fn public_key(pem: &str) -> Result<VerifyingKey, KeyError> {
    let document = decode(pem, PUBLIC_LABEL)?;
    spki_key(&document).ok_or(KeyError::NotRsa)
}

/// DER knows one way only to write a key. So what stands around the key is right
/// if writing the key anew gives the same document.
fn spki_key(document: &[u8]) -> Option<VerifyingKey> {
    let key = VerifyingKey::from_pkcs1_der(document.get(SPKI_HEADER..)?).ok()?;
    let mut buffer = [0; SPKI_MAX];
    let anew = key.to_spki_der(&mut buffer).ok()?;
    (anew == document && has_usable_size(&document[SPKI_HEADER..])).then_some(key)
}

/// Whether the modulus of a public key (PKCS#1) is a multiple of 64 bits long: a
/// length of two bytes, then a zero, because the highest bit of the modulus is set.
fn has_usable_size(key: &[u8]) -> bool {
    matches!(key, [0x30, 0x82, _, _, 0x02, 0x82, _, length, 0, ..] if length % 8 == 1)
}

/// The key inside a private key in PEM (PKCS#8).
pub(super) fn private_key(pem: &Secret) -> Result<SigningKey, KeyError> {
    let document = decode(pem.expose(), PRIVATE_LABEL)?;
    let key = SigningKey::from_pkcs8_der(&document).map_err(|_| KeyError::NotRsa)?;
    // Whether the parts of the key belong together shows in a signature only.
    signature(&key, b"").map_err(|_| KeyError::NotRsa)?;
    Ok(key)
}

/// The signature of `key` over `message`, which graviola verifies in passing.
pub(super) fn signature(key: &SigningKey, message: &[u8]) -> Result<Vec<u8>, Error> {
    let mut buffer = vec![0; key.modulus_len_bytes()];
    let signature = key.sign_pkcs1_sha256(&mut buffer, message)?;
    Ok(signature.to_vec())
}

/// What a PEM block with the label `expected` holds.
fn decode(pem: &str, expected: &'static str) -> Result<Vec<u8>, KeyError> {
    let (label, document) =
        pem_rfc7468::decode_vec(pem.trim().as_bytes()).map_err(|_| KeyError::NotPem)?;
    if label != expected {
        return Err(KeyError::WrongLabel {
            found: label.to_owned(),
            expected,
        });
    }
    if is_cpu_supported() {
        Ok(document)
    } else {
        Err(KeyError::UnsupportedProcessor)
    }
}

#[cfg(test)]
mod tests {
    use graviola::signing::rsa::KeySize;

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
            let error = private_key(&Secret::new(pem(label))).err().unwrap();
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

    /// A DER value that takes up two bytes for its length.
    fn long(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], &length[..], content].concat()
    }

    /// SPKI of a modulus whose bits are all set, of an exponent in DER.
    fn spki(bits: usize, exponent: &[u8]) -> Vec<u8> {
        let mut modulus = vec![0xff; bits.div_ceil(8)];
        match bits % 8 {
            0 => modulus.insert(0, 0),
            rest => modulus[0] = (1 << rest) - 1,
        }
        let key = long(0x30, &[&long(0x02, &modulus), exponent].concat());
        let key = long(0x03, &[&[0], &key[..]].concat());
        let algorithm = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
        long(0x30, &[&algorithm[..], &key].concat())
    }

    /// 65537 in DER.
    const F4: &[u8] = &[2, 3, 1, 0, 1];

    #[test]
    fn a_public_key_has_2048_to_8192_bits_in_steps_of_64() {
        for bits in [2048, 2112, 2176, 3072, 4096, 8192] {
            assert!(spki_key(&spki(bits, F4)).is_some(), "{bits}");
        }
        for bits in [1024, 1984, 2047, 2049, 2056, 2111, 2113, 8191, 8256] {
            assert!(spki_key(&spki(bits, F4)).is_none(), "{bits}");
        }
    }

    #[test]
    fn a_public_exponent_is_odd_and_more_than_one() {
        for exponent in [&[2, 1, 3], F4, &[2, 4, 0x7f, 0xff, 0xff, 0xff]] {
            assert!(spki_key(&spki(2048, exponent)).is_some(), "{exponent:?}");
        }
        for exponent in [&[2, 1, 0][..], &[2, 1, 1], &[2, 1, 4], &[2, 1, 0x81]] {
            assert!(spki_key(&spki(2048, exponent)).is_none(), "{exponent:?}");
        }
    }

    #[test]
    fn a_changed_public_key_document_is_refused() {
        let document = spki(2048, F4);
        for end in 0..document.len() {
            assert!(spki_key(&document[..end]).is_none(), "{end}");
        }
        assert!(spki_key(&[&document[..], &[0]].concat()).is_none());
        for at in 0..SPKI_HEADER {
            let mut changed = document.clone();
            changed[at] ^= 1;
            assert!(spki_key(&changed).is_none(), "{at}");
        }
    }

    /// A private key in PEM.
    fn private_pem(document: &[u8]) -> Secret {
        let ending = pem_rfc7468::LineEnding::LF;
        Secret::new(pem_rfc7468::encode_string(PRIVATE_LABEL, ending, document).unwrap())
    }

    #[test]
    fn a_private_key_whose_parts_do_not_belong_together_is_refused() {
        let key = SigningKey::generate(KeySize::Rsa2048).unwrap();
        let mut buffer = [0; 2048];
        let mut document = key.to_pkcs8_der(&mut buffer).unwrap().to_vec();
        assert!(private_key(&private_pem(&document)).is_ok());
        // The last part is the coefficient.
        *document.last_mut().unwrap() ^= 1;
        let refused = private_key(&private_pem(&document)).err();
        assert_eq!(refused, Some(KeyError::NotRsa));
    }
}
