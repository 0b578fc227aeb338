//! `GET /health` of the worker.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use deadpool_postgres::Pool;
use tasker_shared::api::HEALTH_PATH;
use tasker_shared::explain;
use tasker_shared::health::HealthReport;
use tasker_shared::server::database;
use tokio::sync::watch;

/// Whether the queue could last be read, or why not.
type Status = Result<(), String>;

/// Where the status is told, and where it is seen.
pub(crate) fn queue_status() -> (watch::Sender<Status>, watch::Receiver<Status>) {
    watch::channel(Err("the queue has not been read yet".to_owned()))
}

#[derive(Clone)]
struct Observed {
    pool: Pool,
    queue: watch::Receiver<Status>,
}

/// Answers `GET /health`.
pub(crate) fn router(pool: Pool, queue: watch::Receiver<Status>) -> Router {
    Router::new()
        .route(HEALTH_PATH, get(health))
        .with_state(Observed { pool, queue })
}

async fn health(State(observed): State<Observed>) -> HealthReport {
    let database = database::ping(&observed.pool).await;
    let queue = observed.queue.borrow().clone();
    HealthReport::new(crate::SERVICE, env!("CARGO_PKG_VERSION"))
        .check("database", database.map_err(|error| explain(&error)))
        .check("queue", queue)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use axum::http::{Request, StatusCode};
    use serde_json::Value;
    use tasker_shared::Secret;
    use tower::ServiceExt;

    #[tokio::test]
    async fn a_worker_without_a_database_is_unhealthy() {
        let nowhere = Secret::new("postgres://u:p@127.0.0.1:1/d");
        let pool = database::pool(database::connection(&nowhere).unwrap()).unwrap();
        let (_status, observed) = queue_status();
        let request = Request::get("/health").body(Body::empty()).unwrap();
        let response = router(pool, observed).oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        let body = to_bytes(response.into_body(), 4096).await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        let message = &body["checks"]["queue"]["message"];
        assert_eq!(message, "the queue has not been read yet");
    }
}
