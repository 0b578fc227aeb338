//! `fail`: fails, for whoever wants to see what happens then.
//!
//! The input may hold a `message`, and `"transient": true` for a failure that
//! is worth another attempt.

use serde_json::Value;

use super::HandlerError;

pub(super) fn run(input: &Value) -> Result<Value, HandlerError> {
    let message = input["message"].as_str().unwrap_or("failed as requested");
    if input["transient"].as_bool().unwrap_or(false) {
        Err(HandlerError::Transient(message.to_owned()))
    } else {
        Err(HandlerError::Permanent(message.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_input_decides_how_it_fails() {
        let message = "failed as requested".to_owned();
        assert_eq!(run(&Value::Null), Err(HandlerError::Permanent(message)));
        let input = json!({"message": "later", "transient": true});
        let later = HandlerError::Transient("later".to_owned());
        assert_eq!(run(&input), Err(later));
    }
}
