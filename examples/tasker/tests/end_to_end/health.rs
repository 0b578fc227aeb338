//! Both services are there and say so without credentials.

use crate::support::{health_of, orchestration_url, worker_url};

#[tokio::test]
async fn orchestration_is_healthy() {
    let report = health_of("tasker-orchestration", &orchestration_url()).await;
    assert_eq!(report.service, "tasker-orchestration");
    assert!(report.checks.contains_key("database"));
}

#[tokio::test]
async fn the_worker_is_healthy() {
    let report = health_of("tasker-worker", &worker_url()).await;
    assert_eq!(report.service, "tasker-worker");
    assert!(report.checks.contains_key("database"));
    assert!(report.checks.contains_key("queue"));
}
