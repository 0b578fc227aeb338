//! Tasks from their submission to their result.

use std::time::Duration;

use serde_json::{Value, json};
use tasker_core::client::TaskerClient;
use tasker_core::shared::task::{NewTask, Task, TaskId, TaskState};
use tasker_core::{Tasker, TaskerError};

use crate::support;

const LIMIT: Duration = Duration::from_secs(20);

async fn run(client: &TaskerClient, kind: &str, input: Value) -> Task {
    let kind = kind.parse().expect("a task kind");
    let submitted = client.submit(&NewTask { kind, input }).await;
    let submitted = submitted.expect("the task is accepted");
    assert_eq!(submitted.state, TaskState::Queued);
    let done = client.wait_until_done(submitted.id, LIMIT).await;
    done.expect("the task ends; is a worker running on the same database?")
}

#[tokio::test]
async fn a_task_travels_through_the_queue_to_its_output() {
    let task = run(&support::client().await, "uppercase", json!("hello")).await;
    assert_eq!(task.state, TaskState::Completed);
    assert_eq!(task.output, Some(json!("HELLO")));
    assert_eq!((task.attempts, task.error), (1, None));

    // The database and the queue tell the same story as the API.
    let database = support::database().await;
    let sql = "SELECT t.state, r.output FROM tasks t JOIN task_results r ON r.task_id = t.id \
               WHERE t.id = $1";
    let row = database.query_one(sql, &[&task.id.0]).await.unwrap();
    assert_eq!(row.get::<_, &str>("state"), "completed");
    assert_eq!(row.get::<_, Value>("output"), json!("HELLO"));
    for (table, expected) in [("q_tasker_tasks", 0), ("a_tasker_tasks", 1)] {
        let sql = format!("SELECT count(*) FROM pgmq.{table} WHERE message->>'task_id' = $1");
        let row = database.query_one(&sql, &[&task.id.to_string()]).await;
        assert_eq!(row.unwrap().get::<_, i64>(0), expected, "{table}");
    }
}

#[tokio::test]
async fn many_tasks_get_each_their_own_output() {
    let client = support::client().await;
    let mut ids = Vec::new();
    for number in 0..20 {
        let kind = "sum".parse().unwrap();
        let input = json!([number, 1]);
        ids.push(client.submit(&NewTask { kind, input }).await.unwrap().id);
    }
    for (number, id) in ids.into_iter().enumerate() {
        let task = client.wait_until_done(id, LIMIT).await.unwrap();
        assert_eq!(task.output, Some(json!(number + 1)));
    }
}

#[tokio::test]
async fn a_failing_task_keeps_its_reason() {
    let client = support::client().await;
    let task = run(&client, "fail", json!({"message": "on purpose"})).await;
    assert_eq!((task.state, task.attempts), (TaskState::Failed, 1));
    assert_eq!(task.error.as_deref(), Some("on purpose"));
    assert_eq!(task.output, None);
}

#[tokio::test]
async fn a_passing_failure_is_tried_three_times() {
    let client = support::client().await;
    let task = run(
        &client,
        "fail",
        json!({"message": "busy", "transient": true}),
    )
    .await;
    assert_eq!((task.state, task.attempts), (TaskState::Failed, 3));
    assert_eq!(task.error.as_deref(), Some("busy (attempt 3 of 3)"));
}

#[tokio::test]
async fn a_kind_without_a_handler_fails() {
    let task = run(&support::client().await, "juggle", Value::Null).await;
    assert_eq!(task.state, TaskState::Failed);
    assert!(task.error.unwrap().contains("no handler"));
}

#[tokio::test]
async fn what_cannot_be_found_or_stored_is_refused() {
    let client = support::client().await;
    let nobody: TaskId = "00000000-0000-4000-8000-000000000000".parse().unwrap();
    let error = client.task(nobody).await.unwrap_err();
    assert_eq!(error.status(), Some(404), "{error}");
    let kind = "uppercase".parse().unwrap();
    let input = json!("nul: \0");
    let error = client.submit(&NewTask { kind, input }).await.unwrap_err();
    assert_eq!(error.status(), Some(422), "{error}");
}

#[tokio::test]
async fn the_facade_gives_the_output_or_the_reason() {
    support::client().await;
    let tasker = Tasker::from_config(&support::orchestration_url(), &support::config()).unwrap();
    let output = tasker.run("sum", json!([1, 2.5]), LIMIT).await.unwrap();
    assert_eq!(output, json!(3.5));
    let error = tasker.run("sum", "no list", LIMIT).await.unwrap_err();
    assert!(matches!(error, TaskerError::Failed { .. }), "{error}");
}
