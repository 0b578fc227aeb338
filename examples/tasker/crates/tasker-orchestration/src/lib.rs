//! The orchestration service: accepts tasks over HTTP, stores them and puts
//! them on the queue for the workers.
//!
//! | Request | Answer |
//! |---|---|
//! | `POST /tasks` | 202 with the task |
//! | `GET /tasks/{id}` | 200 with the task, 404 if there is none |
//! | `GET /health` | 200 while the database answers, 503 otherwise |
//!
//! All but `/health` need a token or an API key; see [`tasker_shared::auth`].

mod access;
mod error;
mod routes;
mod store;

use pgmq_notify::InvalidQueueName;
use tasker_shared::auth::{AuthSetupError, Authenticator};
use tasker_shared::server::database::{self, DatabaseError};
use tasker_shared::server::http::{self, ServeError};
use tasker_shared::server::shutdown::Shutdown;
use tasker_shared::task::TASK_QUEUE;
use tasker_shared::{Config, ConfigError};

pub use routes::router;
pub use store::TaskStore;

/// The name of the service.
pub const SERVICE: &str = "tasker-orchestration";

/// The port, unless `PORT` sets another one.
pub const DEFAULT_PORT: u16 = 8080;

/// Why the service cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The configuration is incomplete.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Authentication cannot be set up.
    #[error(transparent)]
    Auth(#[from] AuthSetupError),
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The queue has an impossible name.
    #[error(transparent)]
    Queue(#[from] InvalidQueueName),
    /// HTTP cannot be served.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

/// Runs the service until `shutdown`.
///
/// It starts without a database as well, and is unhealthy until there is one.
///
/// # Errors
///
/// [`ServiceError`] says what keeps the service from running.
pub async fn run(config: Config, shutdown: Shutdown) -> Result<(), ServiceError> {
    let authenticator = Authenticator::from_config(&config)?;
    let pool = database::pool(database::connection(config.require_database_url()?)?)?;
    let store = TaskStore::new(pool, TASK_QUEUE.parse()?);
    let address = config.listen_address(DEFAULT_PORT);
    tracing::info!(environment = %config.environment, "starting");
    http::serve(address, router(store, authenticator), shutdown).await?;
    Ok(())
}
