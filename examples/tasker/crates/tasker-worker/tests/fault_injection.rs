//! How the worker copes with handlers that misbehave. Runs with the feature
//! `fault-injection` only, which adds such handlers.

use std::time::{Duration, Instant};

use serde_json::json;
use tasker_worker::{HandlerError, Registry, execute};

#[tokio::test]
async fn a_panic_is_a_permanent_failure_with_its_message() {
    let registry = Registry::standard();
    let outcome = execute(&registry, &"panic".parse().unwrap(), json!(null)).await;
    let message = "the handler panicked: panicked as requested".to_owned();
    assert_eq!(outcome, Err(HandlerError::Permanent(message)));
}

#[tokio::test]
async fn a_blocking_handler_does_not_block_the_worker() {
    let registry = Registry::standard();
    let kind = "sleep".parse().unwrap();
    let started = Instant::now();
    let (slow, meanwhile) = tokio::join!(execute(&registry, &kind, json!(300)), async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        started.elapsed()
    });
    assert_eq!(slow, Ok(json!(300)));
    assert!(meanwhile < Duration::from_millis(250), "{meanwhile:?}");
}
