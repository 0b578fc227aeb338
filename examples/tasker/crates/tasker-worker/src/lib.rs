//! The worker: takes tasks from the queue, runs their handlers and stores the
//! results.
//!
//! A task whose handler fails for a passing reason is tried again, up to
//! [`MAX_ATTEMPTS`] times. A task whose worker dies comes back through the
//! queue. `GET /health` answers 200 while the database answers and the queue
//! can be read, and 503 otherwise.

mod executor;
mod handlers;
mod health;
mod policy;
mod store;
mod wake_up;
mod work;

use pgmq_notify::InvalidQueueName;
use tasker_shared::server::database::{self, DatabaseError};
use tasker_shared::server::http::{self, ServeError};
use tasker_shared::server::shutdown::Shutdown;
use tasker_shared::task::TASK_QUEUE;
use tasker_shared::{Config, ConfigError};

pub use executor::execute;
pub use handlers::{Handler, HandlerError, Registry};
pub use policy::MAX_ATTEMPTS;

use store::JobStore;
use wake_up::WakeUp;

/// The name of the service.
pub const SERVICE: &str = "tasker-worker";

/// The port, unless `PORT` sets another one.
pub const DEFAULT_PORT: u16 = 8081;

/// Why the service cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The configuration is incomplete.
    #[error(transparent)]
    Config(#[from] ConfigError),
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
    let connection = database::connection(config.require_database_url()?)?;
    let pool = database::pool(connection.clone())?;
    let queue: pgmq_notify::QueueName = TASK_QUEUE.parse()?;
    let registry = Registry::standard();
    tracing::info!(environment = %config.environment, handlers = ?registry.kinds(), "starting");

    let (status, observed) = health::queue_status();
    let router = health::router(pool.clone(), observed);
    let serving = http::serve(
        config.listen_address(DEFAULT_PORT),
        router,
        shutdown.clone(),
    );
    let store = JobStore::new(pool, queue.clone());
    let wake_up = WakeUp::new(connection, queue);
    let working = async {
        work::until_shutdown(&store, &registry, wake_up, status, shutdown).await;
        Ok(())
    };
    tokio::try_join!(serving, working)?;
    Ok(())
}
