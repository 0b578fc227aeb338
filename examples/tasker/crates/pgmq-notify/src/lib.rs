//! Typed access to [PGMQ](https://github.com/pgmq/pgmq) queues.
//!
//! [`Queue`] calls the SQL functions of PGMQ (`pgmq.send`, `pgmq.read` and so
//! on), within a transaction of the caller where that is wanted. PGMQ may be
//! installed as an extension or as plain SQL.
//!
//! PGMQ is polled. To spare consumers the wait between polls, [`Queue::send`]
//! also notifies a channel of the queue, and a [`Listener`] wakes up on it. A
//! lost notification costs no message: the next poll finds it.

mod error;
mod listener;
mod message;
mod name;
mod queue;

pub use error::QueueError;
pub use listener::Listener;
pub use message::{Message, MessageId};
pub use name::{InvalidQueueName, QueueName};
pub use queue::Queue;
