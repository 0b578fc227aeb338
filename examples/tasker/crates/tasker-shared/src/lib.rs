//! What the tasker crates have in common.
//!
//! * [`config`]: the configuration, read from the environment
//! * [`task`]: tasks, their kinds and their state machine
//! * [`auth`]: who may use the API: RS256 tokens and an API key
//! * [`api`]: the paths and errors of the HTTP API
//! * [`health`]: the answer of `GET /health`
//! * `server` (with the feature `server`): logging, signals, the HTTP
//!   listener and the database pool of a service
//!
//! Without the feature `server` the crate needs neither a runtime nor a
//! network, which keeps clients small.

pub mod api;
pub mod auth;
pub mod clock;
pub mod config;
mod explain;
pub mod health;
pub mod secret;
#[cfg(feature = "server")]
pub mod server;
pub mod task;

pub use config::{Config, ConfigError, Environment};
pub use explain::explain;
pub use secret::Secret;
