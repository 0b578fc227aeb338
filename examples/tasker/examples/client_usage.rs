//! The client's single requests: submit a task, wait for it, read its output,
//! and what errors look like.
//!
//! ```text
//! cargo run --example client_usage                        # needs no services
//! cargo run --example client_usage http://127.0.0.1:8080  # a real orchestration service
//! ```
//!
//! Without an address it answers itself, with the worker's handlers and
//! without a queue. With one, the credentials come from `JWT_PRIVATE_KEY` or
//! `API_KEY`.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;
use tasker_core::client::{Credentials, TaskerClient};
use tasker_core::shared::Config;
use tasker_core::shared::task::{NewTask, Task, TaskId, TaskState};
use tasker_worker::{Registry, execute};
use tokio::net::TcpListener;
use uuid::Uuid;

const LIMIT: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = match std::env::args().nth(1) {
        Some(url) => TaskerClient::new(&url, Credentials::from_config(&Config::from_env()?)?)?,
        None => TaskerClient::new(&stand_in().await?, Credentials::Anonymous)?,
    };
    let new = NewTask {
        kind: "sum".parse()?,
        input: json!([1, 2, 3]),
    };
    let submitted = client.submit(&new).await?;
    let done = client.wait_until_done(submitted.id, LIMIT).await?;
    println!(
        "{} after {} attempt: {}",
        done.state,
        done.attempts,
        done.output.unwrap_or_default()
    );

    let failing = NewTask {
        kind: "fail".parse()?,
        input: json!({"message": "as asked"}),
    };
    let submitted = client.submit(&failing).await?;
    let failed = client.wait_until_done(submitted.id, LIMIT).await?;
    println!("{}: {}", failed.state, failed.error.unwrap_or_default());

    match client.task(TaskId(Uuid::nil())).await {
        Ok(task) => println!("found: {}", task.id),
        Err(error) => println!("error: {error}"),
    }
    Ok(())
}

type Tasks = Arc<Mutex<HashMap<Uuid, Task>>>;

/// Starts a service that carries out each task at once; gives its address.
async fn stand_in() -> Result<String, Box<dyn Error>> {
    let router = Router::new()
        .route("/tasks", post(carry_out))
        .route("/tasks/{id}", get(look_up))
        .with_state(Tasks::default());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(url)
}

async fn carry_out(State(tasks): State<Tasks>, Json(new): Json<NewTask>) -> Json<Task> {
    let outcome = execute(&Registry::standard(), &new.kind, new.input.clone()).await;
    let mut tasks = tasks.lock().unwrap_or_else(PoisonError::into_inner);
    let id = Uuid::from_u128(tasks.len() as u128 + 1);
    let task = Task {
        id: TaskId(id),
        kind: new.kind,
        input: new.input,
        state: match outcome {
            Ok(_) => TaskState::Completed,
            Err(_) => TaskState::Failed,
        },
        attempts: 1,
        error: outcome.as_ref().err().map(ToString::to_string),
        output: outcome.ok(),
    };
    tasks.insert(id, task.clone());
    Json(task)
}

async fn look_up(
    State(tasks): State<Tasks>,
    Path(id): Path<Uuid>,
) -> Result<Json<Task>, (StatusCode, Json<serde_json::Value>)> {
    let tasks = tasks.lock().unwrap_or_else(PoisonError::into_inner);
    let unknown = || {
        (
            StatusCode::NOT_FOUND,
            Json(json!({"error": "no such task"})),
        )
    };
    tasks.get(&id).cloned().map(Json).ok_or_else(unknown)
}
