//! What the tests start from.

use std::env;

use tasker_core::client::{Credentials, TaskerClient};
use tasker_core::shared::auth::{Claims, JwtSigner};
use tasker_core::shared::clock::unix_now;
use tasker_core::shared::health::HealthReport;
use tasker_core::shared::{Config, Secret, explain};
use tokio_postgres::{Client, NoTls};

const HOW_TO_RUN: &str = "run the tests through tasker-ci, or see README.md for how to start \
                          the services by hand";

/// The value of a variable, or else `default`.
fn variable_or(name: &str, default: &str) -> String {
    env::var(name)
        .ok()
        .filter(|value| !value.is_empty())
        .unwrap_or_else(|| default.to_owned())
}

/// The value of a variable that the tests cannot do without.
fn variable(name: &str) -> String {
    let value = variable_or(name, "");
    assert!(!value.is_empty(), "{name} is not set: {HOW_TO_RUN}");
    value
}

/// Where orchestration is.
pub(crate) fn orchestration_url() -> String {
    variable_or("TASKER_TEST_ORCHESTRATION_URL", "http://127.0.0.1:8080")
}

/// Where the worker is.
pub(crate) fn worker_url() -> String {
    variable_or("TASKER_TEST_WORKER_URL", "http://127.0.0.1:8081")
}

/// The configuration that the services run with as well.
pub(crate) fn config() -> Config {
    Config::from_env().unwrap_or_else(|error| panic!("{error}: {HOW_TO_RUN}"))
}

/// The API key.
pub(crate) fn api_key() -> Secret {
    Secret::new(variable("API_KEY"))
}

/// A token with these claims, signed with the key of the environment.
pub(crate) fn token(claims: &Claims) -> Secret {
    let pem = Secret::new(variable("JWT_PRIVATE_KEY"));
    let signer = JwtSigner::from_pem(&pem)
        .unwrap_or_else(|error| panic!("JWT_PRIVATE_KEY cannot be used: {error}"));
    signer.sign(claims).expect("a token can be signed")
}

/// Claims that are acceptable now.
pub(crate) fn good_claims() -> Claims {
    Claims::new("end-to-end", unix_now(), 60)
}

/// A client of orchestration, which must be running, with these credentials.
pub(crate) async fn client_with(credentials: Credentials) -> TaskerClient {
    health_of("tasker-orchestration", &orchestration_url()).await;
    TaskerClient::new(&orchestration_url(), credentials).expect("a usable URL")
}

/// A client that is let in, with both services running.
pub(crate) async fn client() -> TaskerClient {
    health_of("tasker-worker", &worker_url()).await;
    client_with(Credentials::Token(token(&good_claims()))).await
}

/// The health of a service, which must be running and healthy.
pub(crate) async fn health_of(service: &str, url: &str) -> HealthReport {
    let client = TaskerClient::new(url, Credentials::Anonymous)
        .unwrap_or_else(|error| panic!("the URL of {service} cannot be used: {error}"));
    let report = client.health().await.unwrap_or_else(|error| {
        panic!("{error}. Start {service} (cargo run -p {service}); or {HOW_TO_RUN}")
    });
    assert_eq!(
        report.http_status(),
        200,
        "{service} at {url} is not healthy: {:?}",
        report.checks
    );
    report
}

/// How to reach the database.
pub(crate) fn database_config() -> tokio_postgres::Config {
    variable("DATABASE_URL")
        .parse()
        .expect("DATABASE_URL is a PostgreSQL connection URL")
}

/// A connection to the database.
pub(crate) async fn database() -> Client {
    let (client, connection) = database_config()
        .connect(NoTls)
        .await
        .unwrap_or_else(|error| {
            let reason = explain(&error);
            panic!("DATABASE_URL cannot be reached: {reason}; {HOW_TO_RUN}")
        });
    tokio::spawn(connection);
    client
}
