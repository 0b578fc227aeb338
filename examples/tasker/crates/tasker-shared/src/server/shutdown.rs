//! The request to stop, as every part of a service sees it.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Tells the parts of a service that it was asked to stop.
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Receiver<bool>);

/// Asks a service to stop.
#[derive(Debug)]
pub struct StopHandle(watch::Sender<bool>);

impl StopHandle {
    /// Asks the service to stop; asking again changes nothing.
    pub fn request(&self) {
        self.0.send_replace(true);
    }
}

impl Shutdown {
    /// A request that comes from the program itself.
    #[must_use]
    pub fn manual() -> (StopHandle, Self) {
        let (sender, receiver) = watch::channel(false);
        (StopHandle(sender), Self(receiver))
    }

    /// A request that comes as SIGTERM or SIGINT. To be called within a runtime.
    ///
    /// # Errors
    ///
    /// When the signals cannot be listened for.
    pub fn on_signals() -> io::Result<Self> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let (stop, shutdown) = Self::manual();
        tokio::spawn(async move {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            };
            tracing::info!(signal = name, "asked to stop");
            stop.request();
        });
        Ok(shutdown)
    }

    /// Returns once the service was asked to stop, or when nobody is left who
    /// could ask.
    pub async fn requested(&mut self) {
        // An error means that the sender is gone, which also ends the wait.
        let _ = self.0.wait_for(|stop| *stop).await;
    }

    /// Whether the service was asked to stop.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        *self.0.borrow()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_clone_sees_the_request() {
        let (stop, mut first) = Shutdown::manual();
        let mut second = first.clone();
        assert!(!first.is_requested());
        stop.request();
        first.requested().await;
        second.requested().await;
        assert!(second.is_requested());
    }
}
