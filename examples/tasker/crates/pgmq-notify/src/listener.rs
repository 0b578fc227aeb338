//! Waking up when a message is sent.

use std::future::poll_fn;

use tokio::sync::mpsc;
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, NoTls, Socket};

use crate::{QueueError, QueueName};

/// Waits for notifications about new messages of a queue, on a connection of
/// its own.
///
/// Notifications that arrive while nobody waits are kept as a single one.
#[derive(Debug)]
pub struct Listener {
    wake_ups: mpsc::Receiver<()>,
    // The connection ends when the client is dropped.
    _client: Client,
}

impl Listener {
    /// Connects and starts to listen.
    ///
    /// # Errors
    ///
    /// When the database cannot be reached.
    pub async fn connect(config: &Config, queue: &QueueName) -> Result<Self, QueueError> {
        let (client, connection) = config.connect(NoTls).await?;
        let (sender, wake_ups) = mpsc::channel(1);
        tokio::spawn(forward(connection, sender));
        // A queue name has no character that would need quoting.
        let sql = format!("LISTEN \"{}\"", queue.channel());
        client.batch_execute(&sql).await?;
        Ok(Self {
            wake_ups,
            _client: client,
        })
    }

    /// Returns when a message was sent since the last call.
    ///
    /// # Errors
    ///
    /// [`QueueError::ListenerClosed`] when the connection has ended.
    pub async fn wait(&mut self) -> Result<(), QueueError> {
        self.wake_ups.recv().await.ok_or(QueueError::ListenerClosed)
    }
}

/// Drives the connection until it ends and passes its notifications on.
async fn forward(mut connection: Connection<Socket, NoTlsStream>, sender: mpsc::Sender<()>) {
    while let Some(Ok(event)) = poll_fn(|context| connection.poll_message(context)).await {
        if matches!(event, AsyncMessage::Notification(_)) {
            // A full channel means that a wake-up is pending already.
            let _ = sender.try_send(());
        }
    }
}
