//! Tasks in the database and on the queue.

use deadpool_postgres::{Pool, PoolError};
use pgmq_notify::{Queue, QueueError, QueueName};
use tasker_shared::server::database::{self, DatabaseError};
use tasker_shared::task::{
    InvalidKind, NewTask, QueuedTask, Task, TaskId, TaskKind, TaskState, UnknownState,
};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;

/// Why a task could not be stored or found.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no connection to the database.
    #[error("the database cannot be reached: {0}")]
    Pool(#[from] PoolError),
    /// The input holds text that PostgreSQL cannot keep as JSON.
    #[error("the input holds the character U+0000, which cannot be stored")]
    Unstorable,
    /// A statement failed.
    #[error("the database refused a statement: {0}")]
    Statement(#[source] tokio_postgres::Error),
    /// The task could not be put on the queue.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The database holds a state that this version does not know.
    #[error(transparent)]
    State(#[from] UnknownState),
    /// The database holds a kind that is none.
    #[error(transparent)]
    Kind(#[from] InvalidKind),
    /// The database holds an impossible number of attempts.
    #[error("the number of attempts is negative")]
    Attempts,
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        if error.code() == Some(&SqlState::UNTRANSLATABLE_CHARACTER) {
            Self::Unstorable
        } else {
            Self::Statement(error)
        }
    }
}

/// The tasks: a table, and the queue that leads to the workers.
#[derive(Debug, Clone)]
pub struct TaskStore {
    pool: Pool,
    queue: Queue,
}

impl TaskStore {
    /// A store that uses the connections of `pool` and the queue `queue`.
    #[must_use]
    pub fn new(pool: Pool, queue: QueueName) -> Self {
        Self {
            pool,
            queue: Queue::new(queue),
        }
    }

    /// Stores a task and puts it on the queue, both or neither.
    ///
    /// # Errors
    ///
    /// When the database cannot be reached or refuses.
    pub async fn submit(&self, new: NewTask) -> Result<Task, StoreError> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        let sql = "INSERT INTO tasks (kind, input) VALUES ($1, $2) RETURNING id";
        let row = transaction
            .query_one(sql, &[&new.kind.as_str(), &new.input])
            .await?;
        let id = TaskId(row.try_get("id")?);
        self.queue
            .send(&*transaction, &QueuedTask { task_id: id })
            .await?;
        transaction.commit().await?;
        Ok(Task {
            id,
            kind: new.kind,
            input: new.input,
            state: TaskState::Queued,
            attempts: 0,
            output: None,
            error: None,
        })
    }

    /// The task of that id, with its result if it has one.
    ///
    /// # Errors
    ///
    /// When the database cannot be reached or refuses.
    pub async fn find(&self, id: TaskId) -> Result<Option<Task>, StoreError> {
        let sql = "SELECT t.id, t.kind, t.input, t.state, t.attempts, r.output, r.error \
                   FROM tasks t LEFT JOIN task_results r ON r.task_id = t.id \
                   WHERE t.id = $1";
        let client = self.pool.get().await?;
        let row = client.query_opt(sql, &[&id.0]).await?;
        row.as_ref().map(task).transpose()
    }

    /// Asks the database for an answer.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub async fn ping(&self) -> Result<(), DatabaseError> {
        database::ping(&self.pool).await
    }
}

fn task(row: &Row) -> Result<Task, StoreError> {
    let attempts: i32 = row.try_get("attempts")?;
    Ok(Task {
        id: TaskId(row.try_get("id")?),
        kind: TaskKind::try_from(row.try_get::<_, String>("kind")?)?,
        input: row.try_get("input")?,
        state: row.try_get::<_, &str>("state")?.parse()?,
        attempts: u32::try_from(attempts).map_err(|_| StoreError::Attempts)?,
        output: row.try_get("output")?,
        error: row.try_get("error")?,
    })
}
