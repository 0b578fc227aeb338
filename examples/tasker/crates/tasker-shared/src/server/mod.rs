//! What every tasker service needs around its own work.

pub mod database;
pub mod http;
pub mod process;
pub mod shutdown;
