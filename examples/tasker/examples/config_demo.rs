//! Prints the effective configuration, with secrets hidden. Needs no services.
//!
//! ```text
//! TASKER_ENV=test PORT=9000 cargo run --example config_demo
//! ```

use std::process::ExitCode;

use tasker_core::shared::Config;

fn main() -> ExitCode {
    match Config::from_env() {
        Ok(config) => {
            for setting in config.describe() {
                println!("{setting}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("config_demo: {error}");
            ExitCode::FAILURE
        }
    }
}
