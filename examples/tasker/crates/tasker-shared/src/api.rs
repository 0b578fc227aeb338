//! The paths and errors of the HTTP API.

use serde::{Deserialize, Serialize};

use crate::task::TaskId;

/// Where tasks are submitted.
pub const TASKS_PATH: &str = "/tasks";

/// Where a service tells its health, without authentication.
pub const HEALTH_PATH: &str = "/health";

/// Where a task is found.
///
/// ```
/// use tasker_shared::api::task_path;
///
/// let id = "67e55044-10b1-426f-9247-bb680e5fe0c8".parse()?;
/// assert_eq!(task_path(id), "/tasks/67e55044-10b1-426f-9247-bb680e5fe0c8");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn task_path(id: TaskId) -> String {
    format!("{TASKS_PATH}/{id}")
}

/// The body of every answer that is an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: String,
}
