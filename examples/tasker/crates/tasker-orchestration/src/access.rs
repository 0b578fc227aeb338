//! Letting callers in.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;
use tasker_shared::auth::{API_KEY_HEADER, AuthError, Authenticator, Presented};
use tasker_shared::clock::unix_now;

use crate::error::ApiError;

/// Passes the request on if its caller may use the API, before its body is read.
pub(crate) async fn require_caller(
    State(authenticator): State<Arc<Authenticator>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let caller = authenticator.authenticate(presented(request.headers())?, unix_now())?;
    tracing::debug!(?caller, path = request.uri().path(), "let in");
    Ok(next.run(request).await)
}

/// A header that is not text cannot be right; it counts as wrong, not as absent.
fn presented(headers: &HeaderMap) -> Result<Presented<'_>, AuthError> {
    let authorization = headers
        .get(AUTHORIZATION)
        .map(|value| value.to_str().map_err(|_| AuthError::NotABearerToken))
        .transpose()?;
    let api_key = headers
        .get(API_KEY_HEADER)
        .map(|value| value.to_str().map_err(|_| AuthError::WrongApiKey))
        .transpose()?;
    Ok(Presented {
        authorization,
        api_key,
    })
}
