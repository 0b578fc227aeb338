//! The orchestration service as a program; see the library for what it does.

use std::process::ExitCode;

fn main() -> ExitCode {
    tasker_shared::server::process::run(tasker_orchestration::SERVICE, tasker_orchestration::run)
}
