//! The queue itself, on a queue of the test's own.

use std::time::Duration;

use pgmq_notify::{Listener, Queue, QueueName};
use serde_json::json;
use tasker_core::shared::clock::unix_now;

use crate::support::{database, database_config};

const HIDDEN: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_message_is_sent_announced_read_and_settled() {
    let client = database().await;
    let name = format!("end_to_end_{}_{}", unix_now(), std::process::id());
    let name: QueueName = name.parse().unwrap();
    let queue = Queue::new(name.clone());
    queue.create(&client).await.unwrap();
    queue
        .create(&client)
        .await
        .expect("creating it again is fine");

    let mut listener = Listener::connect(&database_config(), &name).await.unwrap();
    let first = queue.send(&client, &json!({"n": 1})).await.unwrap();
    let announced = tokio::time::timeout(Duration::from_secs(5), listener.wait()).await;
    announced.expect("a notification arrives").unwrap();

    let messages = queue.read(&client, HIDDEN, 10).await.unwrap();
    assert_eq!(messages.len(), 1);
    assert_eq!((messages[0].id, messages[0].read_count), (first, 1));
    assert_eq!(messages[0].body, json!({"n": 1}));
    assert!(queue.read(&client, HIDDEN, 10).await.unwrap().is_empty());

    queue
        .postpone(&client, first, Duration::ZERO)
        .await
        .unwrap();
    let again = queue.read(&client, HIDDEN, 10).await.unwrap();
    assert_eq!((again[0].id, again[0].read_count), (first, 2));

    let second = queue.send(&client, &json!({"n": 2})).await.unwrap();
    assert!(queue.archive(&client, first).await.unwrap());
    assert!(!queue.archive(&client, first).await.unwrap());
    assert!(queue.delete(&client, second).await.unwrap());
    assert!(!queue.delete(&client, second).await.unwrap());
    assert!(queue.drop(&client).await.unwrap());
}

#[tokio::test]
async fn a_message_of_an_aborted_transaction_was_never_sent() {
    let mut client = database().await;
    let name = format!("end_to_end_abort_{}_{}", unix_now(), std::process::id());
    let queue = Queue::new(name.parse().unwrap());
    queue.create(&client).await.unwrap();
    let transaction = client.transaction().await.unwrap();
    queue.send(&transaction, &json!(1)).await.unwrap();
    transaction.rollback().await.unwrap();
    assert!(queue.read(&client, HIDDEN, 10).await.unwrap().is_empty());
    assert!(queue.drop(&client).await.unwrap());
}
