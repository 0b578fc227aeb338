//! `sleep` and `panic`: handlers that misbehave on purpose.

#![allow(clippy::panic, reason = "a handler that panics is what this is about")]

use std::time::Duration;

use serde_json::Value;

use super::HandlerError;

/// Blocks its thread for as many milliseconds as the input says.
pub(super) fn sleep(input: &Value) -> Result<Value, HandlerError> {
    let milliseconds = input.as_u64().unwrap_or(0);
    std::thread::sleep(Duration::from_millis(milliseconds));
    Ok(Value::from(milliseconds))
}

/// Panics.
pub(super) fn panic(_input: &Value) -> Result<Value, HandlerError> {
    panic!("panicked as requested")
}
