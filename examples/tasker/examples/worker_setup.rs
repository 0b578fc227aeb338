//! A worker's handlers, run without a queue or a database: what each kind of
//! task does, and what becomes of one that fails.
//!
//! ```text
//! cargo run --example worker_setup
//! ```

use std::error::Error;

use serde_json::{Value, json};
use tasker_worker::{HandlerError, MAX_ATTEMPTS, Registry, execute};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let registry = Registry::standard();
    println!("kinds: {}", registry.kinds().join(", "));

    let tasks = [
        ("uppercase", json!("quiet")),
        ("sum", json!([1, 2, 3])),
        ("sum", json!("no list")),
        ("fail", json!({"message": "busy", "transient": true})),
        ("fail", json!({"message": "impossible"})),
        ("unheard_of", Value::Null),
    ];
    for (kind, input) in tasks {
        let outcome = execute(&registry, &kind.parse()?, input.clone()).await;
        println!("{kind} {input}: {}", described(outcome));
    }
    Ok(())
}

/// What the worker makes of an outcome.
fn described(outcome: Result<Value, HandlerError>) -> String {
    match outcome {
        Ok(output) => format!("completed with {output}"),
        Err(HandlerError::Transient(reason)) => {
            format!("tried again, up to {MAX_ATTEMPTS} times ({reason})")
        }
        Err(HandlerError::Permanent(reason)) => format!("failed for good ({reason})"),
    }
}
