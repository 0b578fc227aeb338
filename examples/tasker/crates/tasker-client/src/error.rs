//! What can go wrong with a request.

use std::time::Duration;

use tasker_shared::task::TaskId;

use crate::base_url::InvalidBaseUrl;
use crate::credentials::CredentialsError;

/// Why a request gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The address of the service is not one.
    #[error(transparent)]
    BaseUrl(#[from] InvalidBaseUrl),
    /// There are no credentials to show.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The service cannot be reached.
    #[error("{url} cannot be reached: {reason}")]
    Unreachable {
        /// The address of the service.
        url: String,
        /// What happened.
        reason: String,
    },
    /// The service did not answer in time.
    #[error("{url} did not answer within {} s", limit.as_secs())]
    Timeout {
        /// The address of the service.
        url: String,
        /// How long the client waited.
        limit: Duration,
    },
    /// The service answered with an error.
    #[error("the service answered {status}: {message}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// The explanation of the service.
        message: String,
    },
    /// The answer is too long or breaks off.
    #[error("the answer cannot be read: {0}")]
    Answer(String),
    /// The answer is not of the expected form.
    #[error("the answer is not of the expected form: {0}")]
    Json(#[from] serde_json::Error),
    /// The task was not done in time.
    #[error("task {0} was not done in time")]
    NotDone(TaskId),
}

impl ClientError {
    /// The HTTP status, when the service answered with an error.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }
}
