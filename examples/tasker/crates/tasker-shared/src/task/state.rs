//! The state machine of a task.
//!
//! ```text
//!            Start              Complete
//! Queued ───────────▶ Running ───────────▶ Completed
//!    ▲                 │  ▲ │
//!    └─────────────────┘  └─┘ Start (redelivery)
//!          Retry       │
//!                      └─────────────────▶ Failed
//!                             Fail
//! ```

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How far a task has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskState {
    /// On the queue, for the first time or after a retry.
    Queued,
    /// Taken by a worker.
    Running,
    /// Done; there is an output.
    Completed,
    /// Given up; there is an error.
    Failed,
}

/// What can happen to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskEvent {
    /// A worker takes it from the queue.
    Start,
    /// The attempt failed and another one follows.
    Retry,
    /// The handler returned an output.
    Complete,
    /// The attempt failed and no other one follows.
    Fail,
}

/// An event that a task in this state cannot undergo.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a {state} task cannot undergo {event:?}")]
pub struct InvalidTransition {
    /// The state of the task.
    pub state: TaskState,
    /// What should have happened to it.
    pub event: TaskEvent,
}

/// Text that names no state.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("there is no task state {0:?}")]
pub struct UnknownState(String);

impl TaskState {
    const ALL: [Self; 4] = [Self::Queued, Self::Running, Self::Completed, Self::Failed];

    /// The state after `event`.
    ///
    /// A running task may start again: when a worker dies, the queue delivers
    /// its message to another one.
    ///
    /// ```
    /// use tasker_shared::task::{TaskEvent, TaskState};
    ///
    /// let state = TaskState::Queued.apply(TaskEvent::Start)?;
    /// assert_eq!(state.apply(TaskEvent::Complete)?, TaskState::Completed);
    /// assert!(TaskState::Completed.apply(TaskEvent::Start).is_err());
    /// # Ok::<(), tasker_shared::task::InvalidTransition>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidTransition`] when the state machine has no such step.
    pub fn apply(self, event: TaskEvent) -> Result<Self, InvalidTransition> {
        match (self, event) {
            (Self::Queued | Self::Running, TaskEvent::Start) => Ok(Self::Running),
            (Self::Running, TaskEvent::Retry) => Ok(Self::Queued),
            (Self::Running, TaskEvent::Complete) => Ok(Self::Completed),
            (Self::Running, TaskEvent::Fail) => Ok(Self::Failed),
            (state, event) => Err(InvalidTransition { state, event }),
        }
    }

    /// Whether nothing more will happen to the task.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }

    /// The name used in the database and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TaskState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| UnknownState(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TaskEvent::{Complete, Fail, Retry, Start};
    use TaskState::{Completed, Failed, Queued, Running};

    #[test]
    fn a_task_runs_and_ends() {
        assert_eq!(Queued.apply(Start), Ok(Running));
        assert_eq!(Running.apply(Complete), Ok(Completed));
        assert_eq!(Running.apply(Fail), Ok(Failed));
    }

    #[test]
    fn a_task_comes_back_by_retry_or_redelivery() {
        assert_eq!(Running.apply(Retry), Ok(Queued));
        assert_eq!(Running.apply(Start), Ok(Running));
    }

    #[test]
    fn final_states_allow_nothing() {
        for state in TaskState::ALL.into_iter().filter(|s| s.is_final()) {
            for event in [Start, Retry, Complete, Fail] {
                assert_eq!(state.apply(event), Err(InvalidTransition { state, event }));
            }
        }
    }

    #[test]
    fn a_queued_task_must_start_first() {
        for event in [Retry, Complete, Fail] {
            assert!(Queued.apply(event).is_err(), "{event:?}");
        }
    }

    #[test]
    fn names_are_the_same_in_text_and_json() {
        for state in TaskState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
        assert!("done".parse::<TaskState>().is_err());
    }
}
