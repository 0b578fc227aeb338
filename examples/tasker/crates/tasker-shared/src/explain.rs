//! Errors with their causes, for people.

use std::error::Error;

/// The text of an error followed by those of its causes.
///
/// Many errors leave out what caused them ("error connecting to server"),
/// others include it; a cause that has been told already is not told twice.
///
/// ```
/// use std::io;
/// use tasker_shared::explain;
///
/// let cause = io::Error::other("connection refused");
/// assert_eq!(explain(&cause), "connection refused");
/// ```
#[must_use]
pub fn explain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let more = cause.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Layer {
        text: &'static str,
        source: Option<Box<Layer>>,
    }

    fn layers(texts: &[&'static str]) -> Option<Box<Layer>> {
        let (text, inner) = texts.split_first()?;
        let source = layers(inner);
        Some(Box::new(Layer { text, source }))
    }

    #[test]
    fn every_cause_is_told_once() {
        let error = layers(&["no database: no connection", "no connection", "refused"]);
        let text = explain(error.unwrap().as_ref());
        assert_eq!(text, "no database: no connection: refused");
    }
}
