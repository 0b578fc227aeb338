//! Serving HTTP until the service is asked to stop.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use tokio::net::TcpListener;

use super::shutdown::Shutdown;
use crate::health::HealthReport;

/// How long open requests may take to finish after the service was asked to stop.
const GRACE: Duration = Duration::from_millis(300);

/// Why a service cannot serve.
#[derive(Debug, thiserror::Error)]
#[error("cannot serve on {address}: {source}")]
pub struct ServeError {
    address: SocketAddr,
    source: io::Error,
}

/// Answers requests on `address` until `shutdown`, then lets open requests
/// finish for a moment.
///
/// # Errors
///
/// When `address` cannot be listened on.
pub async fn serve(
    address: SocketAddr,
    router: Router,
    shutdown: Shutdown,
) -> Result<(), ServeError> {
    let failure = |source| ServeError { address, source };
    let listener = TcpListener::bind(address).await.map_err(failure)?;
    tracing::info!(%address, "listening");
    let (mut stop, mut deadline) = (shutdown.clone(), shutdown);
    let server = axum::serve(listener, router)
        .with_graceful_shutdown(async move { stop.requested().await })
        .into_future();
    let too_late = async {
        deadline.requested().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        result = server => result.map_err(failure),
        () = too_late => {
            tracing::warn!("stopping although requests are still open");
            Ok(())
        }
    }
}

impl IntoResponse for HealthReport {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;
    use tokio::net::TcpStream;

    #[tokio::test]
    async fn an_idle_connection_does_not_hold_up_the_end() {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let (stop, shutdown) = Shutdown::manual();
        let server = tokio::spawn(serve(address, Router::new(), shutdown));
        let connection = loop {
            match TcpStream::connect(address).await {
                Ok(connection) => break connection,
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        };
        let asked = Instant::now();
        stop.request();
        server.await.unwrap().unwrap();
        assert!(asked.elapsed() < Duration::from_millis(800));
        drop(connection);
    }

    #[tokio::test]
    async fn an_address_in_use_is_reported() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = taken.local_addr().unwrap();
        let (_stop, shutdown) = Shutdown::manual();
        let error = serve(address, Router::new(), shutdown).await.unwrap_err();
        assert!(error.to_string().contains(&address.to_string()), "{error}");
    }
}
