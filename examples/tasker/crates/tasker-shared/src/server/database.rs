//! The database pool of a service.

use std::time::Duration;

use deadpool_postgres::{
    BuildError, Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime,
};
use tokio_postgres::{Config, NoTls};

use crate::secret::Secret;

/// How long a request waits for a connection before it gives up.
const PATIENCE: Duration = Duration::from_secs(2);

const MAX_CONNECTIONS: usize = 8;

/// Why there is no usable database.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// `DATABASE_URL` is no PostgreSQL URL. The cause is left out: it may
    /// quote the password.
    #[error("DATABASE_URL is not a PostgreSQL connection URL")]
    InvalidUrl,
    /// The pool could not be set up.
    #[error("the connection pool cannot be set up: {0}")]
    Pool(#[from] BuildError),
    /// There is no connection to be had.
    #[error("the database cannot be reached: {0}")]
    Unreachable(#[from] PoolError),
    /// A statement failed.
    #[error("the database refused a statement: {0}")]
    Statement(#[from] tokio_postgres::Error),
    /// The database took too long to answer.
    #[error("the database did not answer within {} s", PATIENCE.as_secs())]
    Timeout,
}

/// Reads a PostgreSQL connection URL.
///
/// # Errors
///
/// When `url` is not one.
pub fn connection(url: &Secret) -> Result<Config, DatabaseError> {
    let mut config: Config = url
        .expose()
        .parse()
        .map_err(|_| DatabaseError::InvalidUrl)?;
    config.connect_timeout(PATIENCE);
    Ok(config)
}

/// Sets up a pool. It connects when a connection is first needed, so that a
/// service can start before its database does.
///
/// # Errors
///
/// When the pool cannot be set up.
pub fn pool(connection: Config) -> Result<Pool, DatabaseError> {
    let recycling = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let pool = Pool::builder(Manager::from_config(connection, NoTls, recycling))
        .max_size(MAX_CONNECTIONS)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(PATIENCE))
        .create_timeout(Some(PATIENCE))
        .recycle_timeout(Some(PATIENCE))
        .build()?;
    Ok(pool)
}

/// Asks the database for an answer.
///
/// # Errors
///
/// When there is none within two seconds.
pub async fn ping(pool: &Pool) -> Result<(), DatabaseError> {
    let answer = async {
        pool.get().await?.simple_query("SELECT 1").await?;
        Ok(())
    };
    tokio::time::timeout(PATIENCE, answer)
        .await
        .unwrap_or(Err(DatabaseError::Timeout))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_url_is_refused_without_being_quoted() {
        let error = connection(&Secret::new("postgres//u:hunter2@h")).unwrap_err();
        assert!(matches!(error, DatabaseError::InvalidUrl));
        assert!(!error.to_string().contains("hunter2"));
    }

    #[tokio::test]
    async fn an_absent_database_is_unreachable() {
        let nowhere = connection(&Secret::new("postgres://u:p@127.0.0.1:1/d")).unwrap();
        let pool = pool(nowhere).unwrap();
        let error = ping(&pool).await.unwrap_err();
        assert!(matches!(error, DatabaseError::Unreachable(_)), "{error}");
    }
}
