//! What tasks do.

mod fail;
#[cfg(feature = "fault-injection")]
mod fault_injection;
mod sum;
mod uppercase;

use std::collections::BTreeMap;

use serde_json::Value;
use tasker_shared::task::TaskKind;

/// Why a handler gives no output.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum HandlerError {
    /// Another attempt would fail as well.
    #[error("{0}")]
    Permanent(String),
    /// Another attempt may succeed.
    #[error("{0}")]
    Transient(String),
}

/// Does the work of one kind of task: from its input to its output.
pub type Handler = fn(&Value) -> Result<Value, HandlerError>;

/// The handlers by the kind of task they run.
///
/// ```
/// use serde_json::json;
/// use tasker_worker::Registry;
///
/// let registry = Registry::standard();
/// let uppercase = registry.find(&"uppercase".parse()?).ok_or("no such handler")?;
/// assert_eq!(uppercase(&json!("straße"))?, json!("STRASSE"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Registry(BTreeMap<&'static str, Handler>);

impl Registry {
    /// All the handlers there are.
    #[must_use]
    pub fn standard() -> Self {
        let mut handlers: BTreeMap<&'static str, Handler> = BTreeMap::new();
        handlers.insert("fail", fail::run);
        handlers.insert("sum", sum::run);
        handlers.insert("uppercase", uppercase::run);
        #[cfg(feature = "fault-injection")]
        {
            handlers.insert("panic", fault_injection::panic);
            handlers.insert("sleep", fault_injection::sleep);
        }
        Self(handlers)
    }

    /// The handler for tasks of that kind.
    #[must_use]
    pub fn find(&self, kind: &TaskKind) -> Option<Handler> {
        self.0.get(kind.as_str()).copied()
    }

    /// The kinds there are handlers for.
    #[must_use]
    pub fn kinds(&self) -> Vec<&'static str> {
        self.0.keys().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_handler_has_a_name_that_tasks_can_use() {
        let registry = Registry::standard();
        for kind in registry.kinds() {
            let kind: TaskKind = kind.parse().unwrap();
            assert!(registry.find(&kind).is_some(), "{kind}");
        }
        assert!(registry.find(&"unknown".parse().unwrap()).is_none());
    }

    #[test]
    #[ignore = "soak test: ten million runs take about ten seconds"]
    fn handlers_agree_with_themselves_ten_million_times() {
        let numbers = json!([1, 2.5, -3]);
        let expected = sum::run(&numbers);
        for _ in 0..10_000_000 {
            assert_eq!(sum::run(&numbers), expected);
            assert_eq!(uppercase::run(&json!("a")), Ok(json!("A")));
        }
    }
}
