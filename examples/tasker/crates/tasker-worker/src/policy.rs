//! What becomes of a task after an attempt.

use std::time::Duration;

use serde_json::Value;
use tasker_shared::task::TaskEvent;

use crate::handlers::HandlerError;

/// How often a task is tried before it has failed.
pub const MAX_ATTEMPTS: u32 = 3;

/// What becomes of a task.
#[derive(Debug, PartialEq)]
pub(crate) enum Disposition {
    /// It has an output.
    Complete(Value),
    /// It is tried again after a while.
    Retry {
        /// How long to wait.
        delay: Duration,
        /// Why the attempt failed.
        error: String,
    },
    /// It has failed, for this reason.
    Fail(String),
}

impl Disposition {
    /// Decides by the outcome of the attempt, the first one being number 1.
    pub(crate) fn of(outcome: Result<Value, HandlerError>, attempt: u32) -> Self {
        match outcome {
            Ok(output) => Self::Complete(output),
            Err(HandlerError::Transient(error)) if attempt < MAX_ATTEMPTS => Self::Retry {
                delay: delay_after(attempt),
                error,
            },
            Err(HandlerError::Transient(error)) => {
                Self::Fail(format!("{error} (attempt {attempt} of {MAX_ATTEMPTS})"))
            }
            Err(HandlerError::Permanent(error)) => Self::Fail(error),
        }
    }

    /// The step that the task takes in its state machine.
    pub(crate) fn event(&self) -> TaskEvent {
        match self {
            Self::Complete(_) => TaskEvent::Complete,
            Self::Retry { .. } => TaskEvent::Retry,
            Self::Fail(_) => TaskEvent::Fail,
        }
    }
}

/// 1, 2, 4 … seconds.
fn delay_after(attempt: u32) -> Duration {
    Duration::from_secs(2_u64.saturating_pow(attempt.saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transient() -> Result<Value, HandlerError> {
        Err(HandlerError::Transient("busy".to_owned()))
    }

    #[test]
    fn passing_failures_are_retried_with_growing_delays() {
        for (attempt, seconds) in [(1, 1), (2, 2)] {
            let Disposition::Retry { delay, .. } = Disposition::of(transient(), attempt) else {
                unreachable!("attempt {attempt} was not retried");
            };
            assert_eq!(delay, Duration::from_secs(seconds));
        }
    }

    #[test]
    fn the_last_attempt_and_permanent_failures_are_final() {
        let last = Disposition::of(transient(), MAX_ATTEMPTS);
        assert_eq!(last, Disposition::Fail("busy (attempt 3 of 3)".to_owned()));
        let permanent = Err(HandlerError::Permanent("no".to_owned()));
        assert_eq!(
            Disposition::of(permanent, 1),
            Disposition::Fail("no".to_owned())
        );
    }

    #[test]
    fn every_disposition_is_a_step_of_a_running_task() {
        use tasker_shared::task::TaskState;
        for outcome in [Ok(Value::Null), transient()] {
            let event = Disposition::of(outcome, 1).event();
            assert!(TaskState::Running.apply(event).is_ok(), "{event:?}");
        }
    }
}
