//! Patterns of work made of single tasks: one after another, side by side, and
//! again after a passing failure. Runs the worker's handlers in this process;
//! with services, `Tasker::run` takes the place of `run`.
//!
//! ```text
//! cargo run --example workflow_patterns
//! ```

use std::error::Error;

use serde_json::{Value, json};
use tasker_core::shared::task::{TaskEvent, TaskState};
use tasker_worker::{HandlerError, MAX_ATTEMPTS, Registry, execute};
use tokio::task::JoinSet;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("in sequence: {}", in_sequence().await?);
    println!("side by side: {}", side_by_side().await?);
    println!("with retries: {}", with_retries().await?);
    Ok(())
}

/// The output of one task is the input of the next.
async fn in_sequence() -> Result<Value, Box<dyn Error>> {
    let first = run("sum", json!([1, 2])).await?;
    let second = run("sum", json!([first, 10])).await?;
    Ok(run("uppercase", json!(format!("the sum is {second}"))).await?)
}

/// Independent tasks run together; one more joins their outputs.
async fn side_by_side() -> Result<Value, Box<dyn Error>> {
    let mut running = JoinSet::new();
    for numbers in [json!([1, 2]), json!([3, 4]), json!([5, 6])] {
        running.spawn(run("sum", numbers));
    }
    let mut outputs = Vec::new();
    while let Some(output) = running.join_next().await {
        outputs.push(output??);
    }
    Ok(run("sum", outputs.into()).await?)
}

/// A task that keeps failing for a passing reason goes through its states
/// until its attempts are used up.
async fn with_retries() -> Result<String, Box<dyn Error>> {
    let mut state = TaskState::Queued;
    let mut way = vec![state.as_str()];
    for attempt in 1..=MAX_ATTEMPTS {
        state = state.apply(TaskEvent::Start)?;
        way.push(state.as_str());
        let input = json!({"message": "busy", "transient": true});
        let event = match run("fail", input).await {
            Ok(_) => TaskEvent::Complete,
            Err(HandlerError::Transient(_)) if attempt < MAX_ATTEMPTS => TaskEvent::Retry,
            Err(_) => TaskEvent::Fail,
        };
        state = state.apply(event)?;
        way.push(state.as_str());
    }
    Ok(way.join(" > "))
}

/// Carries out one task.
async fn run(kind: &'static str, input: Value) -> Result<Value, HandlerError> {
    let kind = kind.parse();
    let kind = kind.map_err(|_| HandlerError::Permanent("no such kind".to_owned()))?;
    execute(&Registry::standard(), &kind, input).await
}
