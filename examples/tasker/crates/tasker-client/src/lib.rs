//! HTTP client for the tasker orchestration service.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use tasker_client::{Credentials, TaskerClient};
//! use tasker_shared::{Config, task::NewTask};
//!
//! # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
//! let config = Config::from_env()?;
//! let credentials = Credentials::from_config(&config)?;
//! let client = TaskerClient::new("http://127.0.0.1:8080", credentials)?;
//! let new = NewTask { kind: "sum".parse()?, input: vec![1, 2, 3].into() };
//! let task = client.submit(&new).await?;
//! let task = client.wait_until_done(task.id, Duration::from_secs(10)).await?;
//! assert_eq!(task.output, Some(6.into()));
//! # Ok(())
//! # }
//! ```

mod backoff;
mod base_url;
mod client;
mod credentials;
mod error;

pub use backoff::Backoff;
pub use base_url::{BaseUrl, InvalidBaseUrl};
pub use client::TaskerClient;
pub use credentials::{Credentials, CredentialsError};
pub use error::ClientError;
