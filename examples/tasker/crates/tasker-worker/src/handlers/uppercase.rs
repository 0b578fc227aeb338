//! `uppercase`: from a text to the same text in capitals.

use serde_json::Value;

use super::HandlerError;

pub(super) fn run(input: &Value) -> Result<Value, HandlerError> {
    match input {
        Value::String(text) => Ok(Value::String(text.to_uppercase())),
        _ => Err(HandlerError::Permanent(
            "uppercase needs a text as its input".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_become_capitals_and_nothing_else_is_taken() {
        assert_eq!(run(&json!("tasker é")), Ok(json!("TASKER É")));
        assert!(run(&json!(["tasker"])).is_err());
        assert!(run(&Value::Null).is_err());
    }
}
