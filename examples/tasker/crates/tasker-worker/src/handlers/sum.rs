//! `sum`: from a list of numbers to their sum.
//!
//! Integers add up to an integer; a single fraction makes the sum a fraction.

use serde_json::{Number, Value};

use super::HandlerError;

pub(super) fn run(input: &Value) -> Result<Value, HandlerError> {
    let numbers = numbers(input).ok_or_else(|| permanent("sum needs a list of numbers"))?;
    if let Some(integers) = numbers
        .iter()
        .map(Number::as_i64)
        .collect::<Option<Vec<_>>>()
    {
        let total = integers.into_iter().try_fold(0_i64, i64::checked_add);
        return total
            .map(Value::from)
            .ok_or_else(|| permanent("the sum does not fit 64 bits"));
    }
    let total = numbers.iter().filter_map(Number::as_f64).sum();
    Number::from_f64(total)
        .map(Value::Number)
        .ok_or_else(|| permanent("the sum is not a finite number"))
}

fn numbers(input: &Value) -> Option<Vec<Number>> {
    input
        .as_array()?
        .iter()
        .map(|value| value.as_number().cloned())
        .collect()
}

fn permanent(message: &str) -> HandlerError {
    HandlerError::Permanent(message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn integers_stay_integers() {
        assert_eq!(run(&json!([1, 2, 3])), Ok(json!(6)));
        assert_eq!(run(&json!([])), Ok(json!(0)));
        assert_eq!(run(&json!([1, 0.5])), Ok(json!(1.5)));
    }

    #[test]
    fn what_has_no_sum_is_refused() {
        for input in [
            json!(null),
            json!(1),
            json!(["1"]),
            json!([i64::MAX, 1]),
            json!([f64::MAX, f64::MAX]),
        ] {
            let error = run(&input).unwrap_err();
            assert!(matches!(error, HandlerError::Permanent(_)), "{input}");
        }
    }
}
