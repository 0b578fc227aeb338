//! What can go wrong with a queue.

/// Why an operation on a queue failed.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// PostgreSQL refused the statement or could not be reached.
    #[error("the queue's database failed: {0}")]
    Database(#[from] tokio_postgres::Error),
    /// A message cannot be written as JSON.
    #[error("the message cannot be written as JSON: {0}")]
    Encode(#[source] serde_json::Error),
    /// A message on the queue is not of the expected form.
    #[error("message {id} is not of the expected form: {source}")]
    Decode {
        /// The message.
        id: crate::MessageId,
        /// What does not fit.
        source: serde_json::Error,
    },
    /// `pgmq.send` gave no message id.
    #[error("PGMQ did not confirm the message")]
    NotConfirmed,
    /// The connection that listens for notifications has ended.
    #[error("the listening connection has ended")]
    ListenerClosed,
}
