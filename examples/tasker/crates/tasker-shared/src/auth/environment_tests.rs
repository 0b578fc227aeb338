//! Tests with the keys of the environment: the only ones there are, because no
//! key is kept in the repository.

#![allow(clippy::panic, reason = "a test without its keys must fail and say so")]

use super::{Claims, JwtError, JwtSigner, JwtVerifier};
use crate::secret::Secret;

const NOW: u64 = 1_700_000_000;

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!(
            "{name} is not set: run the tests through tasker-ci or \
             eval \"$(tasker-ci env --format shell --reveal)\""
        )
    })
}

fn keys() -> (JwtSigner, JwtVerifier) {
    let private = Secret::new(variable("JWT_PRIVATE_KEY"));
    let public = variable("JWT_PUBLIC_KEY");
    let signer = JwtSigner::from_pem(&private)
        .unwrap_or_else(|error| panic!("JWT_PRIVATE_KEY cannot be used: {error}"));
    let verifier = JwtVerifier::from_pem(&public)
        .unwrap_or_else(|error| panic!("JWT_PUBLIC_KEY cannot be used: {error}"));
    (signer, verifier)
}

#[test]
fn the_keys_of_the_environment_belong_together() {
    let (signer, verifier) = keys();
    let claims = Claims::new("environment", NOW, 60);
    let token = signer.sign(&claims).unwrap();
    assert_eq!(verifier.verify(token.expose(), NOW), Ok(claims));
    assert_eq!(
        verifier.verify(token.expose(), NOW + 60),
        Err(JwtError::Expired)
    );
}

#[test]
fn a_token_with_changed_claims_is_refused() {
    let (signer, verifier) = keys();
    let mine = signer.sign(&Claims::new("me", NOW, 60)).unwrap();
    let theirs = signer.sign(&Claims::new("them", NOW, 60)).unwrap();
    let (_, my_signature) = mine.expose().rsplit_once('.').unwrap();
    let (their_claims, _) = theirs.expose().rsplit_once('.').unwrap();
    let forged = format!("{their_claims}.{my_signature}");
    assert_eq!(verifier.verify(&forged, NOW), Err(JwtError::BadSignature));
}
