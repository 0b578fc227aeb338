//! Running a handler without trusting it.

use std::any::Any;

use serde_json::Value;
use tasker_shared::task::TaskKind;

use crate::handlers::{HandlerError, Registry};

/// Runs the handler for `kind` on a thread where it may block.
///
/// # Errors
///
/// What the handler reports; a permanent error when it panics or when there is
/// no such handler.
pub async fn execute(
    registry: &Registry,
    kind: &TaskKind,
    input: Value,
) -> Result<Value, HandlerError> {
    let Some(handler) = registry.find(kind) else {
        return Err(HandlerError::Permanent(format!(
            "there is no handler for tasks of kind {kind}"
        )));
    };
    let run = tokio::task::spawn_blocking(move || handler(&input));
    match run.await {
        Ok(outcome) => outcome,
        Err(error) => match error.try_into_panic() {
            Ok(payload) => Err(HandlerError::Permanent(format!(
                "the handler panicked: {}",
                panic_message(payload.as_ref())
            ))),
            Err(_) => Err(HandlerError::Transient(
                "the handler was stopped with its worker".to_owned(),
            )),
        },
    }
}

fn panic_message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[tokio::test]
    async fn the_handler_of_the_kind_runs() {
        let registry = Registry::standard();
        let output = execute(&registry, &"sum".parse().unwrap(), json!([2, 3])).await;
        assert_eq!(output, Ok(json!(5)));
    }

    #[tokio::test]
    async fn a_kind_without_a_handler_fails_for_good() {
        let registry = Registry::standard();
        let output = execute(&registry, &"unknown".parse().unwrap(), json!(null)).await;
        let message = "there is no handler for tasks of kind unknown".to_owned();
        assert_eq!(output, Err(HandlerError::Permanent(message)));
    }
}
