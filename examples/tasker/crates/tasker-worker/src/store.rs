//! Taking tasks from the queue and storing what became of them.

use std::time::Duration;

use deadpool_postgres::{Pool, PoolError, Transaction};
use pgmq_notify::{Message, MessageId, Queue, QueueError, QueueName};
use serde_json::Value;
use tasker_shared::task::{
    InvalidKind, QueuedTask, TaskEvent, TaskId, TaskKind, TaskState, UnknownState,
};

use crate::policy::Disposition;

/// How long a worker may take for a task before another worker gets it.
const VISIBILITY: Duration = Duration::from_secs(30);

/// Why the queue or the database could not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("the database cannot be reached: {0}")]
    Pool(#[from] PoolError),
    #[error("the database refused a statement: {0}")]
    Statement(#[from] tokio_postgres::Error),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error(transparent)]
    State(#[from] UnknownState),
    #[error(transparent)]
    Kind(#[from] InvalidKind),
    #[error("the number of attempts is negative")]
    Attempts,
}

/// What was found on the queue.
#[derive(Debug)]
pub(crate) enum Taken {
    /// Nothing.
    Nothing,
    /// A message that needs no work; it has been archived.
    Stale(MessageId),
    /// A task to run.
    Job(Job),
}

/// A task that this worker has taken.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) task: TaskId,
    pub(crate) kind: TaskKind,
    pub(crate) input: Value,
    /// The number of this attempt; the first one is number 1.
    pub(crate) attempt: u32,
    message: MessageId,
}

/// The worker's side of the tasks.
#[derive(Debug)]
pub(crate) struct JobStore {
    pool: Pool,
    queue: Queue,
}

impl JobStore {
    pub(crate) fn new(pool: Pool, queue: QueueName) -> Self {
        Self {
            pool,
            queue: Queue::new(queue),
        }
    }

    /// Takes the next task from the queue.
    pub(crate) async fn take(&self) -> Result<Taken, StoreError> {
        let mut client = self.pool.get().await?;
        let messages = self.queue.read(&**client, VISIBILITY, 1).await?;
        let Some(message) = messages.into_iter().next() else {
            return Ok(Taken::Nothing);
        };
        let transaction = client.transaction().await?;
        let taken = match self.start(&transaction, &message).await? {
            Some(job) => Taken::Job(job),
            None => {
                self.queue.archive(&*transaction, message.id).await?;
                Taken::Stale(message.id)
            }
        };
        transaction.commit().await?;
        Ok(taken)
    }

    /// Marks the task of a message as running. There is none when the message
    /// names no task, or one that is over.
    async fn start(
        &self,
        transaction: &Transaction<'_>,
        message: &Message,
    ) -> Result<Option<Job>, StoreError> {
        let Ok(QueuedTask { task_id: task }) = message.decode() else {
            return Ok(None);
        };
        let Some(state) = step(transaction, task, TaskEvent::Start).await? else {
            return Ok(None);
        };
        let sql = "UPDATE tasks SET state = $2, attempts = attempts + 1, updated_at = now() \
                   WHERE id = $1 RETURNING kind, input, attempts";
        let row = transaction
            .query_one(sql, &[&task.0, &state.as_str()])
            .await?;
        let attempts: i32 = row.try_get("attempts")?;
        Ok(Some(Job {
            task,
            kind: TaskKind::try_from(row.try_get::<_, String>("kind")?)?,
            input: row.try_get("input")?,
            attempt: u32::try_from(attempts).map_err(|_| StoreError::Attempts)?,
            message: message.id,
        }))
    }

    /// Stores what became of a task and settles its message, both or neither.
    /// Says whether the task took the step: it does not when another worker
    /// has ended it in the meantime.
    pub(crate) async fn settle(
        &self,
        job: &Job,
        disposition: &Disposition,
    ) -> Result<bool, StoreError> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        let step = step(&transaction, job.task, disposition.event()).await?;
        if let Some(state) = step {
            let sql = "UPDATE tasks SET state = $2, updated_at = now() WHERE id = $1";
            transaction
                .execute(sql, &[&job.task.0, &state.as_str()])
                .await?;
        }
        match (step, disposition) {
            (Some(_), Disposition::Retry { delay, .. }) => {
                self.queue
                    .postpone(&*transaction, job.message, *delay)
                    .await?;
            }
            (Some(_), Disposition::Complete(output)) => {
                store_result(&transaction, job.task, Some(output), None).await?;
                self.queue.archive(&*transaction, job.message).await?;
            }
            (Some(_), Disposition::Fail(error)) => {
                store_result(&transaction, job.task, None, Some(error)).await?;
                self.queue.archive(&*transaction, job.message).await?;
            }
            (None, _) => {
                self.queue.archive(&*transaction, job.message).await?;
            }
        }
        transaction.commit().await?;
        Ok(step.is_some())
    }
}

/// Locks the task and gives its state after `event`; none when there is no
/// such task or no such step.
async fn step(
    transaction: &Transaction<'_>,
    task: TaskId,
    event: TaskEvent,
) -> Result<Option<TaskState>, StoreError> {
    let sql = "SELECT state FROM tasks WHERE id = $1 FOR UPDATE";
    let Some(row) = transaction.query_opt(sql, &[&task.0]).await? else {
        return Ok(None);
    };
    let state: TaskState = row.try_get::<_, &str>("state")?.parse()?;
    Ok(state.apply(event).ok())
}

async fn store_result(
    transaction: &Transaction<'_>,
    task: TaskId,
    output: Option<&Value>,
    error: Option<&str>,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO task_results (task_id, output, error) VALUES ($1, $2, $3)";
    transaction
        .execute(sql, &[&task.0, &output, &error])
        .await?;
    Ok(())
}
