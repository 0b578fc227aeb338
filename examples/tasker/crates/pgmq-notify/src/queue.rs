//! Operations on a queue.

use std::time::Duration;

use serde::Serialize;
use tokio_postgres::types::Json;
use tokio_postgres::{GenericClient, Row};

use crate::{Message, MessageId, QueueError, QueueName};

/// A queue in PGMQ.
///
/// The operations take a client or a transaction: messages that are sent or
/// archived in a transaction become so when it commits.
#[derive(Debug, Clone)]
pub struct Queue {
    name: QueueName,
}

impl Queue {
    /// The queue of that name, which need not exist yet.
    #[must_use]
    pub fn new(name: QueueName) -> Self {
        Self { name }
    }

    /// The name of the queue.
    #[must_use]
    pub fn name(&self) -> &QueueName {
        &self.name
    }

    /// Creates the queue, unless it exists.
    ///
    /// # Errors
    ///
    /// When PostgreSQL or PGMQ refuses.
    pub async fn create(&self, client: &impl GenericClient) -> Result<(), QueueError> {
        client
            .execute("SELECT pgmq.create($1::text)", &[&self.name.as_str()])
            .await?;
        Ok(())
    }

    /// Drops the queue with all its messages; says whether it existed.
    ///
    /// # Errors
    ///
    /// When PostgreSQL or PGMQ refuses.
    pub async fn drop(&self, client: &impl GenericClient) -> Result<bool, QueueError> {
        let sql = "SELECT pgmq.drop_queue($1::text)";
        let row = client.query_one(sql, &[&self.name.as_str()]).await?;
        Ok(row.try_get(0)?)
    }

    /// Sends a message and notifies those who listen.
    ///
    /// # Errors
    ///
    /// When the message cannot be written as JSON, or PostgreSQL or PGMQ refuses.
    pub async fn send<T: Serialize>(
        &self,
        client: &impl GenericClient,
        message: &T,
    ) -> Result<MessageId, QueueError> {
        let body = serde_json::to_value(message).map_err(QueueError::Encode)?;
        let sql = "SELECT sent.id, pg_notify($3::text, sent.id::text) \
                   FROM pgmq.send($1::text, $2::jsonb) AS sent (id)";
        let row = client
            .query_opt(sql, &[&self.name.as_str(), &body, &self.name.channel()])
            .await?
            .ok_or(QueueError::NotConfirmed)?;
        Ok(MessageId(row.try_get(0)?))
    }

    /// Reads up to `limit` messages and hides them from other readers for
    /// `visibility`, which counts in whole seconds. A message that is neither
    /// archived nor deleted by then is delivered again.
    ///
    /// # Errors
    ///
    /// When PostgreSQL or PGMQ refuses.
    pub async fn read(
        &self,
        client: &impl GenericClient,
        visibility: Duration,
        limit: u16,
    ) -> Result<Vec<Message>, QueueError> {
        let sql = "SELECT msg_id, read_ct, message \
                   FROM pgmq.read($1::text, $2::integer, $3::integer)";
        let rows = client
            .query(
                sql,
                &[
                    &self.name.as_str(),
                    &whole_seconds(visibility),
                    &i32::from(limit),
                ],
            )
            .await?;
        rows.iter().map(message).collect()
    }

    /// Delivers a message again after `delay`, which counts in whole seconds.
    ///
    /// # Errors
    ///
    /// When PostgreSQL or PGMQ refuses.
    pub async fn postpone(
        &self,
        client: &impl GenericClient,
        id: MessageId,
        delay: Duration,
    ) -> Result<(), QueueError> {
        let sql = "SELECT msg_id FROM pgmq.set_vt($1::text, $2::bigint, $3::integer)";
        client
            .execute(sql, &[&self.name.as_str(), &id.0, &whole_seconds(delay)])
            .await?;
        Ok(())
    }

    /// Moves a message to the archive of the queue; says whether it was there.
    ///
    /// # Errors
    ///
    /// When PostgreSQL or PGMQ refuses.
    pub async fn archive(
        &self,
        client: &impl GenericClient,
        id: MessageId,
    ) -> Result<bool, QueueError> {
        let sql = "SELECT pgmq.archive($1::text, $2::bigint)";
        let row = client.query_one(sql, &[&self.name.as_str(), &id.0]).await?;
        Ok(row.try_get(0)?)
    }

    /// Deletes a message for good; says whether it was there.
    ///
    /// # Errors
    ///
    /// When PostgreSQL or PGMQ refuses.
    pub async fn delete(
        &self,
        client: &impl GenericClient,
        id: MessageId,
    ) -> Result<bool, QueueError> {
        let sql = "SELECT pgmq.delete($1::text, $2::bigint)";
        let row = client.query_one(sql, &[&self.name.as_str(), &id.0]).await?;
        Ok(row.try_get(0)?)
    }
}

fn message(row: &Row) -> Result<Message, QueueError> {
    let Json(body) = row.try_get("message")?;
    Ok(Message {
        id: MessageId(row.try_get("msg_id")?),
        read_count: row.try_get("read_ct")?,
        body,
    })
}

/// PGMQ counts in whole seconds; a part of one counts as one, so that a short
/// time does not become none.
fn whole_seconds(duration: Duration) -> i32 {
    let seconds = duration
        .as_secs()
        .saturating_add(u64::from(duration.subsec_nanos() > 0));
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_up_to_whole_seconds() {
        for (duration, seconds) in [
            (Duration::ZERO, 0),
            (Duration::from_millis(1), 1),
            (Duration::from_secs(30), 30),
            (Duration::from_millis(30_001), 31),
            (Duration::MAX, i32::MAX),
        ] {
            assert_eq!(whole_seconds(duration), seconds, "{duration:?}");
        }
    }
}
