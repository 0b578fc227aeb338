//! Submitting a task and waiting for its output.

use std::time::Duration;

use serde_json::Value;
use tasker_client::{ClientError, Credentials, CredentialsError, TaskerClient};
use tasker_shared::Config;
use tasker_shared::task::{InvalidKind, NewTask, Task, TaskId};

/// Why a task gave no output.
#[derive(Debug, thiserror::Error)]
pub enum TaskerError {
    /// There are no credentials to show.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The kind cannot be one.
    #[error(transparent)]
    Kind(#[from] InvalidKind),
    /// A request failed, or the task was not done in time.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The task was carried out and failed.
    #[error("task {task} failed: {reason}")]
    Failed {
        /// The task.
        task: TaskId,
        /// What the worker reported.
        reason: String,
    },
}

/// Has tasks carried out.
///
/// ```
/// use tasker_core::Tasker;
/// use tasker_core::shared::Config;
///
/// let config = Config::from_lookup(|name| (name == "API_KEY").then(|| "k".into()))?;
/// assert!(Tasker::from_config("http://127.0.0.1:8080", &config).is_ok());
/// assert!(Tasker::from_config("127.0.0.1:8080", &config).is_err());
/// # Ok::<(), tasker_core::shared::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct Tasker {
    client: TaskerClient,
}

impl Tasker {
    /// Uses the orchestration service at `url` with the credentials of `config`.
    ///
    /// # Errors
    ///
    /// When `config` holds no usable credentials or `url` is no address.
    pub fn from_config(url: &str, config: &Config) -> Result<Self, TaskerError> {
        let credentials = Credentials::from_config(config)?;
        let client = TaskerClient::new(url, credentials)?;
        Ok(Self { client })
    }

    /// Has a task carried out and gives its output, which may take up to `limit`.
    ///
    /// # Errors
    ///
    /// [`TaskerError::Failed`] when the task fails; the other errors when it
    /// cannot be submitted or is not done in time.
    pub async fn run(
        &self,
        kind: &str,
        input: impl Into<Value>,
        limit: Duration,
    ) -> Result<Value, TaskerError> {
        let new = NewTask {
            kind: kind.parse()?,
            input: input.into(),
        };
        let submitted = self.client.submit(&new).await?;
        output_of(self.client.wait_until_done(submitted.id, limit).await?)
    }
}

/// The output of a task that is over. A handler may return null.
fn output_of(task: Task) -> Result<Value, TaskerError> {
    match task.error {
        Some(reason) => Err(TaskerError::Failed {
            task: task.id,
            reason,
        }),
        None => Ok(task.output.unwrap_or(Value::Null)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ended(state: &str, result: (&str, Value)) -> Task {
        let mut task = json!({
            "id": "67e55044-10b1-426f-9247-bb680e5fe0c8",
            "kind": "sum",
            "input": [1, 2],
            "state": state,
            "attempts": 1,
        });
        task[result.0] = result.1;
        serde_json::from_value(task).unwrap()
    }

    #[test]
    fn a_completed_task_gives_its_output() {
        let task = ended("completed", ("output", json!(3)));
        assert_eq!(output_of(task).unwrap(), json!(3));
        let task = ended("completed", ("output", Value::Null));
        assert_eq!(output_of(task).unwrap(), Value::Null);
    }

    #[test]
    fn a_failed_task_gives_its_reason() {
        let error = output_of(ended("failed", ("error", json!("no")))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "task 67e55044-10b1-426f-9247-bb680e5fe0c8 failed: no"
        );
    }

    #[test]
    fn credentials_are_needed() {
        let config = Config::from_lookup(|_| None).unwrap();
        let error = Tasker::from_config("http://127.0.0.1:1", &config).unwrap_err();
        assert!(matches!(error, TaskerError::Credentials(_)), "{error}");
    }
}
