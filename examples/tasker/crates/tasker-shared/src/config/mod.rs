//! The configuration, read from the environment.
//!
//! | Variable | Meaning | Default |
//! |---|---|---|
//! | `DATABASE_URL` | PostgreSQL connection | none; services need it |
//! | `TASKER_ENV` | `development`, `test` or `production` | `development` |
//! | `LOG_LEVEL` | `off`, `error`, `warn`, `info`, `debug`, `trace` | `info` |
//! | `RUST_LOG` | log levels per module; wins over `LOG_LEVEL` | none |
//! | `JWT_PUBLIC_KEY` | PEM (SPKI), checks tokens | none |
//! | `JWT_PRIVATE_KEY` | PEM (PKCS#8), signs tokens; clients only | none |
//! | `API_KEY` | the key accepted as `X-API-Key` | none |
//! | `BIND_ADDRESS` | the address services listen on | `127.0.0.1` |
//! | `PORT` | the port a service listens on | the service's own |
//!
//! A variable that is set to the empty string counts as not set.

mod describe;
mod environment;

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

pub use describe::{Setting, redact_database_url};
pub use environment::Environment;

use crate::secret::Secret;

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    /// A variable is needed and not set.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// A variable is set to bytes that are not UTF-8.
    #[error("{0} is not valid UTF-8")]
    NotUnicode(&'static str),
    /// A variable is set to something else than what it allows.
    #[error("{name} is {value:?}, expected {expected}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What it is set to.
        value: String,
        /// What it may be set to.
        expected: &'static str,
    },
}

/// The effective configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where this process runs (`TASKER_ENV`).
    pub environment: Environment,
    /// Log levels, from `RUST_LOG` or else `LOG_LEVEL`.
    pub log_filter: String,
    /// The database (`DATABASE_URL`).
    pub database_url: Option<Secret>,
    /// The key that checks tokens (`JWT_PUBLIC_KEY`).
    pub jwt_public_key: Option<String>,
    /// The key that signs tokens (`JWT_PRIVATE_KEY`).
    pub jwt_private_key: Option<Secret>,
    /// The key accepted in place of a token (`API_KEY`).
    pub api_key: Option<Secret>,
    /// The address to listen on (`BIND_ADDRESS`).
    pub bind_address: IpAddr,
    /// The port to listen on, when `PORT` sets one.
    pub port: Option<u16>,
}

impl Config {
    /// Reads the configuration from the environment of this process.
    ///
    /// # Errors
    ///
    /// Names the first variable whose value cannot be used.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_lookup(|name| std::env::var_os(name))
    }

    /// Reads the configuration through `lookup`, which finds a variable by name.
    ///
    /// ```
    /// use tasker_shared::{Config, Environment};
    ///
    /// let config = Config::from_lookup(|name| match name {
    ///     "TASKER_ENV" => Some("test".into()),
    ///     "PORT" => Some("9000".into()),
    ///     _ => None,
    /// })?;
    /// assert_eq!(config.environment, Environment::Test);
    /// assert_eq!(config.listen_address(8080).to_string(), "127.0.0.1:9000");
    /// # Ok::<(), tasker_shared::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Names the first variable whose value cannot be used.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Self, ConfigError> {
        let read = |name: &'static str| -> Result<Option<String>, ConfigError> {
            match lookup(name).map(OsString::into_string) {
                None => Ok(None),
                Some(Ok(value)) if value.is_empty() => Ok(None),
                Some(Ok(value)) => Ok(Some(value)),
                Some(Err(_)) => Err(ConfigError::NotUnicode(name)),
            }
        };
        let environment = match read("TASKER_ENV")? {
            Some(value) => value.parse()?,
            None => Environment::default(),
        };
        let level = log_level(read("LOG_LEVEL")?)?;
        Ok(Self {
            environment,
            log_filter: read("RUST_LOG")?.unwrap_or(level),
            database_url: read("DATABASE_URL")?.map(Secret::new),
            jwt_public_key: read("JWT_PUBLIC_KEY")?,
            jwt_private_key: read("JWT_PRIVATE_KEY")?.map(Secret::new),
            api_key: read("API_KEY")?.map(Secret::new),
            bind_address: bind_address(read("BIND_ADDRESS")?)?,
            port: port(read("PORT")?)?,
        })
    }

    /// The database, which a service cannot do without.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Missing`] when `DATABASE_URL` is not set.
    pub fn require_database_url(&self) -> Result<&Secret, ConfigError> {
        self.database_url
            .as_ref()
            .ok_or(ConfigError::Missing("DATABASE_URL"))
    }

    /// The address to listen on, with the port of `PORT` or else `default_port`.
    #[must_use]
    pub fn listen_address(&self, default_port: u16) -> SocketAddr {
        SocketAddr::new(self.bind_address, self.port.unwrap_or(default_port))
    }
}

fn log_level(value: Option<String>) -> Result<String, ConfigError> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    let Some(value) = value else {
        return Ok("info".to_owned());
    };
    let level = value.to_ascii_lowercase();
    if LEVELS.contains(&level.as_str()) {
        return Ok(level);
    }
    Err(ConfigError::Invalid {
        name: "LOG_LEVEL",
        value,
        expected: "off, error, warn, info, debug or trace",
    })
}

fn bind_address(value: Option<String>) -> Result<IpAddr, ConfigError> {
    let Some(value) = value else {
        return Ok(IpAddr::V4(Ipv4Addr::LOCALHOST));
    };
    value.parse().map_err(|_| ConfigError::Invalid {
        name: "BIND_ADDRESS",
        value,
        expected: "an IP address",
    })
}

fn port(value: Option<String>) -> Result<Option<u16>, ConfigError> {
    let Some(value) = value else {
        return Ok(None);
    };
    match value.parse() {
        Ok(port) if port != 0 => Ok(Some(port)),
        _ => Err(ConfigError::Invalid {
            name: "PORT",
            value,
            expected: "a port from 1 to 65535",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_lookup(|name| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn an_empty_environment_gives_the_defaults() {
        let config = config(&[]).unwrap();
        assert_eq!(config.environment, Environment::Development);
        assert_eq!(config.log_filter, "info");
        assert_eq!(config.listen_address(8080).to_string(), "127.0.0.1:8080");
        assert_eq!(
            config.require_database_url().unwrap_err().to_string(),
            "DATABASE_URL is not set"
        );
    }

    #[test]
    fn rust_log_wins_over_log_level() {
        let both = [("LOG_LEVEL", "WARN"), ("RUST_LOG", "info,hyper=off")];
        assert_eq!(config(&both).unwrap().log_filter, "info,hyper=off");
        assert_eq!(config(&both[..1]).unwrap().log_filter, "warn");
    }

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        let config = config(&[("API_KEY", ""), ("PORT", ""), ("TASKER_ENV", "")]).unwrap();
        assert!(config.api_key.is_none());
        assert_eq!(config.port, None);
    }

    #[test]
    fn a_bad_value_is_reported_with_its_variable() {
        for (name, value) in [
            ("PORT", "0"),
            ("PORT", "65536"),
            ("PORT", "http"),
            ("BIND_ADDRESS", "localhost"),
            ("LOG_LEVEL", "loud"),
            ("TASKER_ENV", "staging"),
        ] {
            let error = config(&[(name, value)]).unwrap_err().to_string();
            assert!(error.starts_with(name), "{name}={value}: {error}");
            assert!(error.contains(value), "{name}={value}: {error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_not_unicode_are_refused() {
        use std::os::unix::ffi::OsStringExt;
        let result = Config::from_lookup(|name| {
            (name == "API_KEY").then(|| OsString::from_vec(vec![0xff, 0xfe]))
        });
        assert_eq!(result.unwrap_err(), ConfigError::NotUnicode("API_KEY"));
    }

    #[test]
    fn ipv6_addresses_are_accepted() {
        let config = config(&[("BIND_ADDRESS", "::1"), ("PORT", "81")]).unwrap();
        assert_eq!(config.listen_address(8080).to_string(), "[::1]:81");
    }
}
