//! The HTTP API.

use std::sync::Arc;

use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use tasker_shared::api::{HEALTH_PATH, TASKS_PATH};
use tasker_shared::auth::Authenticator;
use tasker_shared::explain;
use tasker_shared::health::HealthReport;
use tasker_shared::task::{NewTask, Task, TaskId};

use crate::access::require_caller;
use crate::error::ApiError;
use crate::store::TaskStore;

/// The largest task that is accepted, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// The API on top of `store`, open to those whom `authenticator` lets in.
///
/// Nothing is connected to before the first request:
///
/// ```
/// use tasker_orchestration::{TaskStore, router};
/// use tasker_shared::Secret;
/// use tasker_shared::auth::{ApiKey, Authenticator};
/// use tasker_shared::server::database;
///
/// let url = Secret::new("postgres://tasker@localhost/tasker");
/// let pool = database::pool(database::connection(&url)?)?;
/// let store = TaskStore::new(pool, "tasker_tasks".parse()?);
/// let authenticator = Authenticator::new(None, Some(ApiKey::new(&Secret::new("k"))));
/// let api = router(store, authenticator);
/// assert!(api.has_routes());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn router(store: TaskStore, authenticator: Authenticator) -> Router {
    let protected = Router::new()
        .route(TASKS_PATH, post(submit))
        .route(&format!("{TASKS_PATH}/{{id}}"), get(find))
        .route_layer(middleware::from_fn_with_state(
            Arc::new(authenticator),
            require_caller,
        ));
    Router::new()
        .route(HEALTH_PATH, get(health))
        .merge(protected)
        .fallback(|| async { ApiError::NoSuchPath })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(store)
}

async fn submit(
    State(store): State<TaskStore>,
    body: Result<Json<NewTask>, JsonRejection>,
) -> Result<(StatusCode, Json<Task>), ApiError> {
    let Json(new) = body?;
    let task = store.submit(new).await?;
    tracing::info!(task = %task.id, kind = %task.kind, "accepted");
    Ok((StatusCode::ACCEPTED, Json(task)))
}

async fn find(
    State(store): State<TaskStore>,
    id: Result<Path<TaskId>, PathRejection>,
) -> Result<Json<Task>, ApiError> {
    let Path(id) = id?;
    let task = store.find(id).await?;
    task.map(Json).ok_or(ApiError::NoSuchTask(id))
}

async fn health(State(store): State<TaskStore>) -> HealthReport {
    HealthReport::new(crate::SERVICE, env!("CARGO_PKG_VERSION")).check(
        "database",
        store.ping().await.map_err(|error| explain(&error)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use serde_json::Value;
    use tasker_shared::Secret;
    use tasker_shared::auth::ApiKey;
    use tasker_shared::server::database;
    use tower::ServiceExt;

    /// The status and body of the answer to a request; there is no database.
    async fn answer(request: Request<Body>) -> (StatusCode, Value) {
        let nowhere = Secret::new("postgres://u:p@127.0.0.1:1/d");
        let pool = database::pool(database::connection(&nowhere).unwrap());
        let store = TaskStore::new(pool.unwrap(), "routes".parse().unwrap());
        let authenticator = Authenticator::new(None, Some(ApiKey::new(&Secret::new("k"))));
        let response = router(store, authenticator).oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), MAX_BODY).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    fn post_task(api_key: Option<&str>, body: impl Into<Body>) -> Request<Body> {
        let mut request = Request::post("/tasks").header("content-type", "application/json");
        if let Some(key) = api_key {
            request = request.header("x-api-key", key);
        }
        request.body(body.into()).unwrap()
    }

    #[tokio::test]
    async fn health_needs_no_credentials_but_a_database() {
        let request = Request::get("/health").body(Body::empty()).unwrap();
        let (status, body) = answer(request).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(body["checks"]["database"]["status"], "unhealthy");
    }

    #[tokio::test]
    async fn strangers_are_refused_before_their_body_is_read() {
        for key in [None, Some("wrong")] {
            let (status, body) = answer(post_task(key, "not json")).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{key:?}: {body}");
        }
        let request = Request::get("/tasks/1").body(Body::empty()).unwrap();
        assert_eq!(answer(request).await.0, StatusCode::UNAUTHORIZED);
    }

    #[tokio::test]
    async fn bad_tasks_are_refused_with_a_reason() {
        let huge = format!(r#"{{"kind":"sum","input":"{}"}}"#, "x".repeat(MAX_BODY));
        for (body, status, reason) in [
            ("{", StatusCode::BAD_REQUEST, "JSON"),
            ("{}", StatusCode::UNPROCESSABLE_ENTITY, "kind"),
            (
                r#"{"kind":"Sum"}"#,
                StatusCode::UNPROCESSABLE_ENTITY,
                "task kind",
            ),
            (&huge, StatusCode::PAYLOAD_TOO_LARGE, "length limit"),
        ] {
            let (got, answer) = answer(post_task(Some("k"), body.to_owned())).await;
            assert_eq!(got, status, "{answer}");
            let error = answer["error"].as_str().unwrap();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[tokio::test]
    async fn a_missing_database_is_not_the_callers_fault() {
        let (status, body) = answer(post_task(Some("k"), r#"{"kind":"sum"}"#)).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(body["error"], "the task store is not available");
    }

    #[tokio::test]
    async fn malformed_ids_and_unknown_paths_are_told_apart() {
        let request = Request::get("/tasks/1").header("x-api-key", "k");
        let (status, _) = answer(request.body(Body::empty()).unwrap()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        let request = Request::get("/nothing").body(Body::empty()).unwrap();
        assert_eq!(answer(request).await.0, StatusCode::NOT_FOUND);
    }
}
