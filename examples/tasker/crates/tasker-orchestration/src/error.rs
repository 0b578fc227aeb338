//! Errors as callers see them.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use tasker_shared::api::ErrorBody;
use tasker_shared::auth::AuthError;
use tasker_shared::explain;
use tasker_shared::task::TaskId;

use crate::store::StoreError;

/// Why a request is not answered as wished.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error(transparent)]
    Refused(#[from] AuthError),
    #[error("{0}")]
    Body(#[from] JsonRejection),
    #[error("{0}")]
    Path(#[from] PathRejection),
    #[error("there is no task {0}")]
    NoSuchTask(TaskId),
    #[error("there is nothing at this path")]
    NoSuchPath,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Refused(_) => StatusCode::UNAUTHORIZED,
            Self::Body(rejection) => rejection.status(),
            Self::Path(rejection) => rejection.status(),
            Self::NoSuchTask(_) | Self::NoSuchPath => StatusCode::NOT_FOUND,
            Self::Store(StoreError::Pool(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(StoreError::Unstorable) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        // What fails inside is for the log; callers only learn that it failed.
        let error = if status.is_server_error() {
            tracing::error!(error = explain(&self), "request failed");
            "the task store is not available".to_owned()
        } else {
            self.to_string()
        };
        let mut response = (status, Json(ErrorBody { error })).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(WWW_AUTHENTICATE, scheme);
        }
        response
    }
}
