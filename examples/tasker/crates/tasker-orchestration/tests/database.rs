//! Tasks in a real database: the one of `DATABASE_URL`, with PGMQ and
//! migrated, without which the tests fail.
//!
//! Each test has a queue of its own: no worker takes its tasks, and the tests
//! can run side by side.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use std::env;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use deadpool_postgres::Pool;
use pgmq_notify::{Queue, QueueName};
use serde_json::{Value, json};
use tasker_orchestration::TaskStore;
use tasker_shared::Secret;
use tasker_shared::server::database;
use tasker_shared::task::{NewTask, QueuedTask, TaskId, TaskState};

const HIDDEN: Duration = Duration::from_secs(60);

fn pool() -> Pool {
    let url = env::var("DATABASE_URL").expect("DATABASE_URL names a migrated database");
    let connection = database::connection(&Secret::new(url)).expect("a usable DATABASE_URL");
    database::pool(connection).unwrap()
}

/// A name that no other test has, in this run or in another one.
fn own_name(test: &str) -> QueueName {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let name = format!("{test}_{:x}_{:x}", std::process::id(), now.as_nanos());
    name.parse().unwrap()
}

fn new_task(input: Value) -> NewTask {
    NewTask {
        kind: "uppercase".parse().unwrap(),
        input,
    }
}

#[tokio::test]
async fn a_task_is_stored_and_put_on_the_queue() {
    let pool = pool();
    let client = pool.get().await.expect("the database answers");
    let queue = Queue::new(own_name("submit"));
    queue.create(&**client).await.unwrap();
    let store = TaskStore::new(pool.clone(), queue.name().clone());

    let task = store.submit(new_task(json!("hello"))).await.unwrap();
    assert_eq!(store.find(task.id).await.unwrap(), Some(task.clone()));
    assert_eq!((task.state, task.attempts), (TaskState::Queued, 0));

    let messages = queue.read(&**client, HIDDEN, 10).await.unwrap();
    assert_eq!(messages.len(), 1);
    let queued: QueuedTask = messages[0].decode().unwrap();
    assert_eq!(queued.task_id, task.id);
    assert!(queue.drop(&**client).await.unwrap());
}

#[tokio::test]
async fn a_task_that_cannot_be_queued_is_not_stored() {
    let pool = pool();
    let store = TaskStore::new(pool.clone(), own_name("absent"));
    let input = json!({"nobody else has": format!("{:?}", SystemTime::now())});
    store.submit(new_task(input.clone())).await.unwrap_err();

    let client = pool.get().await.expect("the database answers");
    let sql = "SELECT count(*) FROM tasks WHERE input = $1";
    let row = client.query_one(sql, &[&input]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 0);
}

#[tokio::test]
async fn an_input_that_postgresql_cannot_keep_is_named() {
    let store = TaskStore::new(pool(), own_name("unstorable"));
    let error = store.submit(new_task(json!("\0"))).await.unwrap_err();
    assert!(error.to_string().contains("U+0000"), "{error}");
}

#[tokio::test]
async fn a_task_that_nobody_submitted_is_not_found() {
    let store = TaskStore::new(pool(), own_name("nobody"));
    let id: TaskId = "00000000-0000-4000-8000-000000000000".parse().unwrap();
    assert_eq!(store.find(id).await.unwrap(), None);
}

#[tokio::test]
async fn a_database_that_answers_is_healthy() {
    let store = TaskStore::new(pool(), own_name("healthy"));
    store.ping().await.expect("the database answers");
}
