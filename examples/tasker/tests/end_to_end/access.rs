//! Who is let in and who is not.

use serde_json::json;
use tasker_core::client::Credentials;
use tasker_core::shared::Secret;
use tasker_core::shared::auth::Claims;
use tasker_core::shared::clock::unix_now;
use tasker_core::shared::task::NewTask;

use crate::support::{api_key, client_with, config, good_claims, token};

/// The HTTP status of submitting a task with these credentials.
async fn status(credentials: Credentials) -> u16 {
    let new = NewTask {
        kind: "sum".parse().unwrap(),
        input: json!([1]),
    };
    match client_with(credentials).await.submit(&new).await {
        Ok(_) => 202,
        Err(error) => error.status().unwrap_or_else(|| panic!("{error}")),
    }
}

#[tokio::test]
async fn a_valid_token_is_let_in() {
    let token = token(&good_claims());
    assert_eq!(status(Credentials::Token(token)).await, 202);
}

#[tokio::test]
async fn the_api_key_is_let_in_without_a_token() {
    assert_eq!(status(Credentials::ApiKey(api_key())).await, 202);
}

#[tokio::test]
async fn the_credentials_of_the_environment_are_let_in() {
    let credentials = Credentials::from_config(&config()).unwrap();
    assert_eq!(status(credentials).await, 202);
}

#[tokio::test]
async fn nobody_is_let_in_without_credentials() {
    assert_eq!(status(Credentials::Anonymous).await, 401);
}

#[tokio::test]
async fn a_wrong_api_key_is_refused() {
    let wrong = Secret::new(format!("{}x", api_key().expose()));
    assert_eq!(status(Credentials::ApiKey(wrong)).await, 401);
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let claims = Claims::new("end-to-end", unix_now() - 120, 60);
    assert_eq!(status(Credentials::Token(token(&claims))).await, 401);
}

#[tokio::test]
async fn a_token_for_somebody_else_is_refused() {
    let mut claims = good_claims();
    claims.aud = "another-service".to_owned();
    assert_eq!(status(Credentials::Token(token(&claims))).await, 401);
}

#[tokio::test]
async fn forged_tokens_are_refused() {
    let good = token(&good_claims());
    let other = token(&Claims::new("administrator", unix_now(), 60));
    let (signed, signature) = good.expose().rsplit_once('.').unwrap();
    let (other_signed, _) = other.expose().rsplit_once('.').unwrap();
    let (_, claims) = signed.split_once('.').unwrap();
    // The header reads {"alg":"none"}.
    let unsigned = format!("eyJhbGciOiJub25lIn0.{claims}.");
    for forged in [
        "nonsense".to_owned(),
        format!("{signed}."),
        format!("{other_signed}.{signature}"),
        unsigned,
    ] {
        let token = Credentials::Token(Secret::new(&*forged));
        assert_eq!(status(token).await, 401, "{forged}");
    }
}
