//! tasker: tasks over HTTP, carried out by workers, with PostgreSQL and PGMQ
//! in between.
//!
//! This crate is the way in for programs that want work done. [`Tasker`]
//! submits a task and waits for its output:
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use tasker_core::Tasker;
//! use tasker_core::shared::Config;
//!
//! # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
//! let tasker = Tasker::from_config("http://127.0.0.1:8080", &Config::from_env()?)?;
//! let output = tasker.run("uppercase", "quiet", Duration::from_secs(10)).await?;
//! assert_eq!(output, "QUIET");
//! # Ok(())
//! # }
//! ```
//!
//! The parts are there too: [`client`] for the single requests, [`shared`] for
//! configuration, task types and authentication. The services are in crates of
//! their own, `tasker-orchestration` and `tasker-worker`.

mod tasker;

pub use tasker_client as client;
pub use tasker_shared as shared;

pub use tasker::{Tasker, TaskerError};
