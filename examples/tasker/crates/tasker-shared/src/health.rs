//! The answer of `GET /health`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Whether something works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HealthStatus {
    /// It works.
    Healthy,
    /// It does not work at present.
    Unhealthy,
}

/// One thing that a service depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// Whether it works.
    pub status: HealthStatus,
    /// What is wrong, when something is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// The state of a service: healthy when every check is.
///
/// ```
/// use tasker_shared::health::{HealthReport, HealthStatus};
///
/// let report = HealthReport::new("demo", "1.0.0")
///     .check("database", Ok::<(), &str>(()))
///     .check("queue", Err("never polled"));
/// assert_eq!(report.status, HealthStatus::Unhealthy);
/// assert_eq!(report.http_status(), 503);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthReport {
    /// The name of the service.
    pub service: String,
    /// Its version.
    pub version: String,
    /// Healthy when every check is.
    pub status: HealthStatus,
    /// The single checks, by name.
    pub checks: BTreeMap<String, HealthCheck>,
}

impl HealthReport {
    /// A report without checks, which is healthy.
    pub fn new(service: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            version: version.into(),
            status: HealthStatus::Healthy,
            checks: BTreeMap::new(),
        }
    }

    /// Adds the outcome of a check; an error makes the report unhealthy.
    #[must_use]
    pub fn check<E: ToString>(mut self, name: &str, outcome: Result<(), E>) -> Self {
        let check = match outcome {
            Ok(()) => HealthCheck {
                status: HealthStatus::Healthy,
                message: None,
            },
            Err(error) => {
                self.status = HealthStatus::Unhealthy;
                HealthCheck {
                    status: HealthStatus::Unhealthy,
                    message: Some(error.to_string()),
                }
            }
        };
        self.checks.insert(name.to_owned(), check);
        self
    }

    /// 200 for a healthy service, 503 for an unhealthy one.
    #[must_use]
    pub fn http_status(&self) -> u16 {
        match self.status {
            HealthStatus::Healthy => 200,
            HealthStatus::Unhealthy => 503,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failing_check_makes_the_report_unhealthy_whatever_follows() {
        let report = HealthReport::new("s", "1")
            .check("first", Err("down"))
            .check("second", Ok::<(), String>(()));
        assert_eq!(report.status, HealthStatus::Unhealthy);
        assert_eq!(report.checks["first"].message.as_deref(), Some("down"));
        assert_eq!(report.checks["second"].status, HealthStatus::Healthy);
    }

    #[test]
    fn report_survives_json() {
        let report = HealthReport::new("s", "1").check("database", Ok::<(), String>(()));
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["status"], "healthy");
        assert_eq!(
            serde_json::from_value::<HealthReport>(json).unwrap(),
            report
        );
    }
}
