//! The life of a service process.

use std::error::Error;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use tokio::runtime;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::shutdown::Shutdown;
use crate::config::Config;
use crate::explain;

/// How long work on other threads may go on after the service has ended.
const LAST_MOMENT: Duration = Duration::from_millis(50);

/// Runs a service from its start to its end: reads the configuration, starts
/// the logs, listens for signals and runs `service`.
///
/// Whatever still runs on other threads at the end is abandoned; a task that
/// is lost this way comes back through the queue.
pub fn run<E, F>(name: &str, service: impl FnOnce(Config, Shutdown) -> F) -> ExitCode
where
    E: Error + 'static,
    F: Future<Output = Result<(), E>>,
{
    match try_run(service) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Not a log line: the logs may not be running yet, or be off.
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn try_run<E, F>(service: impl FnOnce(Config, Shutdown) -> F) -> Result<(), String>
where
    E: Error + 'static,
    F: Future<Output = Result<(), E>>,
{
    let config = Config::from_env().map_err(|error| error.to_string())?;
    start_logs(&config.log_filter)?;
    let runtime = runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start: {error}"))?;
    let outcome = runtime.block_on(async {
        let shutdown = Shutdown::on_signals().map_err(|error| error.to_string())?;
        service(config, shutdown)
            .await
            .map_err(|error| explain(&error))
    });
    runtime.shutdown_timeout(LAST_MOMENT);
    outcome
}

fn start_logs(filter: &str) -> Result<(), String> {
    let filter = Targets::from_str(filter)
        .map_err(|error| format!("RUST_LOG is {filter:?}, which cannot be read: {error}"))?;
    tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr))
        .with(filter)
        .try_init()
        .map_err(|error| error.to_string())
}
