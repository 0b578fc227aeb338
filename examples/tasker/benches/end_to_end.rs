//! How fast tasks travel: over HTTP to orchestration, through PGMQ to a worker,
//! and back as results.
//!
//! It needs a migrated database and both services: `tasker-ci bench` starts
//! them. One run is one round of `TASKER_BENCH_TASKS` tasks (by default 1000),
//! of which eight are on their way at a time. What it measures it prints as
//! lines of JSON behind the word `tasker-ci-bench`.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tasker_core::client::{Credentials, TaskerClient};
use tasker_core::shared::Config;
use tasker_core::shared::task::{NewTask, TaskState};

type Failure = Box<dyn Error + Send + Sync>;

const AT_A_TIME: usize = 8;
const TASKS: usize = 1000;
const LIMIT: Duration = Duration::from_secs(30);

/// Between two looks at a task: short, because what is measured ends there.
const LOOK: Duration = Duration::from_millis(1);

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let url = std::env::var("TASKER_TEST_ORCHESTRATION_URL")
        .map_err(|_| "TASKER_TEST_ORCHESTRATION_URL is not set: run it by `tasker-ci bench`")?;
    let tasks = std::env::var("TASKER_BENCH_TASKS").map_or(Ok(TASKS), |text| text.parse())?;
    let credentials = Credentials::from_config(&Config::from_env()?)?;
    let client = Arc::new(TaskerClient::new(&url, credentials)?);
    round(&client, tasks.div_ceil(10)).await?; // connections, caches and the worker wake up
    let started = Instant::now();
    let mut latencies = round(&client, tasks).await?;
    let seconds = started.elapsed().as_secs_f64();
    latencies.sort_unstable();

    #[allow(clippy::cast_precision_loss, reason = "far fewer than 2^52 tasks")]
    let throughput = latencies.len() as f64 / seconds;
    tell("tasks per second", throughput, "1/s", "higher");
    for percent in [50, 95, 99] {
        let place = (latencies.len() * percent).div_ceil(100).saturating_sub(1);
        let latency = latencies.get(place).copied().unwrap_or_default();
        let name = format!("latency p{percent}");
        tell(&name, latency.as_secs_f64() * 1000.0, "ms", "lower");
    }
    Ok(())
}

/// Sends so many tasks and waits for each; how long each took.
async fn round(client: &Arc<TaskerClient>, tasks: usize) -> Result<Vec<Duration>, Failure> {
    let sent = Arc::new(AtomicUsize::new(0));
    let senders: Vec<_> = (0..AT_A_TIME)
        .map(|_| {
            let (client, sent) = (Arc::clone(client), Arc::clone(&sent));
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                while sent.fetch_add(1, Ordering::Relaxed) < tasks {
                    latencies.push(one(&client).await?);
                }
                Ok::<_, Failure>(latencies)
            })
        })
        .collect();
    let mut latencies = Vec::with_capacity(tasks);
    for sender in senders {
        latencies.extend(sender.await??);
    }
    Ok(latencies)
}

/// The time from submitting a task until its result is there.
async fn one(client: &TaskerClient) -> Result<Duration, Failure> {
    let started = Instant::now();
    let new = NewTask {
        kind: "sum".parse()?,
        input: json!([1, 2, 3]),
    };
    let mut task = client.submit(&new).await?;
    while !task.state.is_final() {
        if started.elapsed() > LIMIT {
            return Err(format!("task {} is {} after {LIMIT:?}", task.id, task.state).into());
        }
        tokio::time::sleep(LOOK).await;
        task = client.task(task.id).await?;
    }
    if task.state != TaskState::Completed {
        return Err(format!("task {} is {}", task.id, task.state).into());
    }
    Ok(started.elapsed())
}

fn tell(name: &str, value: f64, unit: &str, better: &str) {
    let name = format!("end_to_end: {name}");
    let row = json!({"name": name, "value": value, "unit": unit, "better": better});
    println!("tasker-ci-bench {row}");
}
