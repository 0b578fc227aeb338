//! The whole system at work: tasks travel over HTTP to orchestration, through
//! PGMQ to a worker, and come back as results.
//!
//! The tests expect a migrated database and both services to be running. They
//! read, besides the variables of the services:
//!
//! * `TASKER_TEST_ORCHESTRATION_URL`, by default `http://127.0.0.1:8080`
//! * `TASKER_TEST_WORKER_URL`, by default `http://127.0.0.1:8081`
//!
//! Whatever is missing makes them fail, never skip.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

mod access;
mod health;
mod queue;
mod support;
mod tasks;
