//! Queues in a real database with PGMQ: the one of `DATABASE_URL`, without
//! which the tests fail.
//!
//! Each test has a queue of its own, so that they can run side by side and
//! beside a worker.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use std::collections::HashSet;
use std::env;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pgmq_notify::{Listener, Queue, QueueError, QueueName};
use serde_json::json;
use tokio_postgres::{Client, Config, NoTls};

const HIDDEN: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(10);

fn config() -> Config {
    env::var("DATABASE_URL")
        .expect("DATABASE_URL names a PostgreSQL database with PGMQ")
        .parse()
        .expect("DATABASE_URL is a PostgreSQL connection URL")
}

async fn database() -> Client {
    let (client, connection) = config()
        .connect(NoTls)
        .await
        .unwrap_or_else(|error| panic!("the database of DATABASE_URL does not answer: {error}"));
    tokio::spawn(connection);
    client
}

/// A name that no other test has, in this run or in another one.
fn own_name(test: &str) -> QueueName {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let name = format!("{test}_{:x}_{:x}", std::process::id(), now.as_nanos());
    name.parse().unwrap()
}

async fn own_queue(client: &Client, test: &str) -> Queue {
    let queue = Queue::new(own_name(test));
    queue.create(client).await.expect("PGMQ creates the queue");
    queue
}

#[tokio::test]
async fn messages_are_read_in_the_order_in_which_they_were_sent() {
    let client = database().await;
    let queue = own_queue(&client, "order").await;
    for number in 1..=3 {
        queue.send(&client, &json!({"n": number})).await.unwrap();
    }
    let messages = queue.read(&client, HIDDEN, 2).await.unwrap();
    let numbers: Vec<_> = messages.iter().map(|message| &message.body["n"]).collect();
    assert_eq!(numbers, [1, 2]);
    assert!(queue.drop(&client).await.unwrap());
}

#[tokio::test]
async fn two_readers_never_get_the_same_message() {
    let (one, other) = (database().await, database().await);
    let queue = own_queue(&one, "readers").await;
    for number in 0..10 {
        queue.send(&one, &number).await.unwrap();
    }
    let (mine, others) = tokio::join!(queue.read(&one, HIDDEN, 5), queue.read(&other, HIDDEN, 5));
    let ids: HashSet<_> = [mine.unwrap(), others.unwrap()]
        .concat()
        .iter()
        .map(|message| message.id.0)
        .collect();
    assert_eq!(ids.len(), 10);
    assert!(queue.drop(&one).await.unwrap());
}

#[tokio::test]
async fn a_listener_hears_of_its_own_queue_alone() {
    let client = database().await;
    let heard = own_queue(&client, "heard").await;
    let unheard = own_queue(&client, "unheard").await;
    let mut listener = Listener::connect(&config(), heard.name()).await.unwrap();

    unheard.send(&client, &1).await.unwrap();
    let nothing = tokio::time::timeout(Duration::from_millis(200), listener.wait()).await;
    assert!(nothing.is_err(), "it woke up for another queue");

    heard.send(&client, &2).await.unwrap();
    let woken = tokio::time::timeout(PATIENCE, listener.wait()).await;
    woken.expect("it wakes up for its own").unwrap();
    assert!(heard.drop(&client).await.unwrap());
    assert!(unheard.drop(&client).await.unwrap());
}

#[tokio::test]
async fn a_message_is_announced_when_its_transaction_commits() {
    let mut client = database().await;
    let queue = own_queue(&client, "commit").await;
    let mut listener = Listener::connect(&config(), queue.name()).await.unwrap();

    let transaction = client.transaction().await.unwrap();
    queue.send(&transaction, &1).await.unwrap();
    let nothing = tokio::time::timeout(Duration::from_millis(200), listener.wait()).await;
    assert!(nothing.is_err(), "it woke up for what nobody can read yet");

    transaction.commit().await.unwrap();
    let woken = tokio::time::timeout(PATIENCE, listener.wait()).await;
    woken.expect("it wakes up").unwrap();
    assert!(queue.drop(&client).await.unwrap());
}

#[tokio::test]
async fn a_queue_that_does_not_exist_is_an_error() {
    let client = database().await;
    let queue = Queue::new(own_name("absent"));
    let sent = queue.send(&client, &1).await;
    assert!(matches!(sent, Err(QueueError::Database(_))), "{sent:?}");
    let read = queue.read(&client, HIDDEN, 1).await;
    assert!(matches!(read, Err(QueueError::Database(_))), "{read:?}");
}
