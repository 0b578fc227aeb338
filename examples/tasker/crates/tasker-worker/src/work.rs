//! The loop that does the work.

use std::time::Duration;

use tasker_shared::explain;
use tasker_shared::server::shutdown::Shutdown;
use tokio::sync::watch;

use crate::executor::execute;
use crate::handlers::{HandlerError, Registry};
use crate::policy::{Disposition, MAX_ATTEMPTS};
use crate::store::{JobStore, StoreError, Taken};
use crate::wake_up::WakeUp;

/// How long to wait for a notification before looking at the queue anyway.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// How long to wait after the database failed.
const BACK_OFF: Duration = Duration::from_secs(1);

/// How long the task at hand may go on after the worker was asked to stop.
const GRACE: Duration = Duration::from_millis(300);

/// Works until `shutdown`. A task that is not done shortly after comes back
/// through the queue.
pub(crate) async fn until_shutdown(
    store: &JobStore,
    registry: &Registry,
    wake_up: WakeUp,
    status: watch::Sender<Result<(), String>>,
    shutdown: Shutdown,
) {
    let mut deadline = shutdown.clone();
    let too_late = async {
        deadline.requested().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        () = work(store, registry, wake_up, status, shutdown) => {}
        () = too_late => tracing::warn!("stopping although a task is still running"),
    }
}

async fn work(
    store: &JobStore,
    registry: &Registry,
    mut wake_up: WakeUp,
    status: watch::Sender<Result<(), String>>,
    mut shutdown: Shutdown,
) {
    while !shutdown.is_requested() {
        let found = one_task(store, registry).await;
        let told = found.as_ref().map(|_| ()).map_err(|error| explain(error));
        status.send_modify(|status| *status = told);
        match found {
            Ok(true) => {}
            Ok(false) => tokio::select! {
                () = wake_up.wait(POLL_INTERVAL) => {}
                () = shutdown.requested() => {}
            },
            Err(error) => {
                tracing::error!(error = explain(&error), "cannot work");
                tokio::select! {
                    () = tokio::time::sleep(BACK_OFF) => {}
                    () = shutdown.requested() => {}
                }
            }
        }
    }
}

/// Takes a task and runs it; says whether there was anything on the queue.
async fn one_task(store: &JobStore, registry: &Registry) -> Result<bool, StoreError> {
    let job = match store.take().await? {
        Taken::Nothing => return Ok(false),
        Taken::Stale(message) => {
            tracing::warn!(%message, "archived a message that needs no work");
            return Ok(true);
        }
        Taken::Job(job) => job,
    };
    let outcome = if job.attempt > MAX_ATTEMPTS {
        Err(HandlerError::Permanent(format!(
            "it was started {MAX_ATTEMPTS} times and never ended"
        )))
    } else {
        execute(registry, &job.kind, job.input.clone()).await
    };
    let disposition = Disposition::of(outcome, job.attempt);
    let counts = store.settle(&job, &disposition).await?;
    let (task, kind, attempt) = (job.task, &job.kind, job.attempt);
    match &disposition {
        _ if !counts => tracing::warn!(%task, "another worker was faster"),
        Disposition::Complete(_) => tracing::info!(%task, %kind, attempt, "completed"),
        Disposition::Retry { delay, error } => {
            tracing::warn!(%task, %kind, attempt, ?delay, error, "to be tried again");
        }
        Disposition::Fail(error) => tracing::warn!(%task, %kind, attempt, error, "failed"),
    }
    Ok(true)
}
