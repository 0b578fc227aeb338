//! Waiting for work.

use std::time::Duration;

use pgmq_notify::{Listener, QueueName};
use tasker_shared::explain;
use tokio_postgres::Config;

/// Waits until there may be work: for a notification, or for a while.
pub(crate) struct WakeUp {
    connection: Config,
    queue: QueueName,
    listener: Option<Listener>,
}

impl WakeUp {
    pub(crate) fn new(connection: Config, queue: QueueName) -> Self {
        Self {
            connection,
            queue,
            listener: None,
        }
    }

    /// Returns after a notification, at the latest after `limit`.
    ///
    /// Without notifications the worker gets by on polling, so a failure to
    /// listen is logged and no more.
    pub(crate) async fn wait(&mut self, limit: Duration) {
        let notified = tokio::time::timeout(limit, self.notified());
        if let Ok(Err(error)) = notified.await {
            tracing::warn!(
                error = explain(&error),
                "cannot listen for new tasks, polling instead"
            );
            self.listener = None;
            tokio::time::sleep(limit).await;
        }
    }

    async fn notified(&mut self) -> Result<(), pgmq_notify::QueueError> {
        let listener = match self.listener.take() {
            Some(listener) => listener,
            // Something may have been sent before this: look at the queue once more.
            None => {
                let listener = Listener::connect(&self.connection, &self.queue).await?;
                self.listener = Some(listener);
                return Ok(());
            }
        };
        self.listener.insert(listener).wait().await
    }
}
