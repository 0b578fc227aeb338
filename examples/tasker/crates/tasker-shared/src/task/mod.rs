//! Tasks, their kinds and their states.

mod kind;
mod state;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

pub use kind::{InvalidKind, TaskKind};
pub use state::{InvalidTransition, TaskEvent, TaskState, UnknownState};

/// The queue between orchestration and the workers; a migration creates it.
pub const TASK_QUEUE: &str = "tasker_tasks";

/// Identifies a task; the database makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(pub Uuid);

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for TaskId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// What a client submits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    /// Which handler is to run.
    pub kind: TaskKind,
    /// What the handler is given.
    #[serde(default)]
    pub input: Value,
}

/// A task as the API shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Identifies the task.
    pub id: TaskId,
    /// Which handler runs it.
    pub kind: TaskKind,
    /// What the handler is given.
    pub input: Value,
    /// How far it has come.
    pub state: TaskState,
    /// How often a worker has started it.
    pub attempts: u32,
    /// What the handler returned, once completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Value>,
    /// Why it failed, once failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What travels through the queue: the task itself stays in its table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuedTask {
    /// The task to run.
    pub task_id: TaskId,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn input_may_be_left_out() {
        let task: NewTask = serde_json::from_value(json!({"kind": "sum"})).unwrap();
        assert_eq!(task.input, Value::Null);
    }

    #[test]
    fn unknown_fields_are_refused() {
        let body = json!({"kind": "sum", "inputs": [1]});
        let error = serde_json::from_value::<NewTask>(body).unwrap_err();
        assert!(error.to_string().contains("inputs"), "{error}");
    }

    #[test]
    fn task_ids_are_plain_text_in_json() {
        let id: TaskId = "67e55044-10b1-426f-9247-bb680e5fe0c8".parse().unwrap();
        let message = serde_json::to_value(QueuedTask { task_id: id }).unwrap();
        assert_eq!(message, json!({"task_id": id.to_string()}));
        assert!("67e55044".parse::<TaskId>().is_err());
    }
}
