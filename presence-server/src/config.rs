//! Every setting, with its default. Defaults < file < environment < arguments; a key that nobody
//! knows is an error that names it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use figment::error::Kind;
use figment::providers::{Env, Format, Serialized, Toml};
use figment::{Figment, Provider};
use presence_model::limit::{Limits, Timing};
use presence_model::time::Millis;
use serde::{Deserialize, Serialize};

/// A server's settings. The names are the keys of a configuration file; as environment variables they
/// begin with `PRESENCE_`, and `__` stands between a table and its key: `PRESENCE_TIMING__PING_EVERY`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub listen: SocketAddr,
    /// Where state is kept across restarts. Nothing is written there yet: all of it lives in memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
    /// Whether to serve the demo page.
    pub demo: bool,
    /// Threads that own rooms. One more than the machine has cores gains nothing.
    pub shards: usize,
    /// Origins of pages that may connect, besides those on this machine: `https://app.example`.
    pub allowed_origins: Vec<String>,
    /// What to log, as `RUST_LOG` would say it.
    pub log: String,
    pub timing: Timing,
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000),
            data_dir: None,
            demo: true,
            shards: std::thread::available_parallelism().map_or(1, usize::from),
            allowed_origins: vec![],
            log: "info".to_owned(),
            timing: Timing::default(),
            limits: Limits::default(),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("unknown setting `{key}` in {place}; known there: {known}")]
    Unknown { key: String, place: String, known: String },
    // Boxed because figment's error is ten times the size of everything else here.
    #[error(transparent)]
    Unreadable(Box<figment::Error>),
    #[error("`{key}` must {must}")]
    Senseless { key: &'static str, must: &'static str },
}

impl From<figment::Error> for ConfigError {
    fn from(error: figment::Error) -> Self {
        let Kind::UnknownField(_, known) = &error.kind else { return Self::Unreadable(Box::new(error)) };
        let place = error.metadata.as_ref().map_or_else(
            || "the settings".to_owned(),
            |from| from.source.as_ref().map_or_else(|| from.name.to_string(), ToString::to_string),
        );
        Self::Unknown { key: error.path.join("."), place, known: known.join(", ") }
    }
}

/// The environment's part. `PRESENCE_CONFIG` says where the file is, so it cannot be a key of it.
pub fn environment() -> Env {
    Env::prefixed("PRESENCE_").split("__").ignore(&["config"])
}

impl Config {
    pub fn load(
        file: Option<&Path>,
        environment: impl Provider,
        arguments: impl Provider,
    ) -> Result<Self, ConfigError> {
        let mut layers = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = file {
            layers = layers.merge(Toml::file_exact(file));
        }
        let config: Self = layers.merge(environment).merge(arguments).extract().map_err(ConfigError::from)?;
        config.checked()
    }

    /// Refuses what no server can run with.
    pub fn checked(self) -> Result<Self, ConfigError> {
        let Self { timing, limits, .. } = &self;
        let positive = [
            ("timing.ping_every", timing.ping_every),
            ("timing.keepalive_every", timing.keepalive_every),
            ("timing.late_after", timing.late_after),
            ("timing.hello_timeout", timing.hello_timeout),
        ];
        let zero = positive.into_iter().find(|(_, length)| *length == Millis::ZERO);
        let checks = [
            (self.shards > 0, "shards", "be at least 1"),
            (zero.is_none(), zero.map_or("", |(key, _)| key), "be longer than nothing"),
            (timing.ping_every < timing.gone_after, "timing.ping_every", "be shorter than `timing.gone_after`"),
            (timing.suspect_after <= timing.gone_after, "timing.suspect_after", "not exceed `timing.gone_after`"),
            (limits.message_bytes > 0, "limits.message_bytes", "be at least 1"),
            (limits.message_bytes <= limits.frame_bytes, "limits.message_bytes", "not exceed `limits.frame_bytes`"),
        ];
        match checks.into_iter().find(|(holds, ..)| !holds) {
            Some((_, key, must)) => Err(ConfigError::Senseless { key, must }),
            None => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(environment: serde_json::Value, arguments: serde_json::Value) -> Result<Config, String> {
        Config::load(None, Serialized::defaults(environment), Serialized::defaults(arguments))
            .map_err(|error| error.to_string())
    }

    fn nothing() -> serde_json::Value {
        serde_json::json!({})
    }

    #[test]
    fn later_layers_win_and_leave_the_rest() {
        let environment = serde_json::json!({ "demo": false, "listen": "127.0.0.1:1", "timing": { "drain": 7 } });
        let config = load(environment, serde_json::json!({ "listen": "127.0.0.1:2" })).unwrap();
        assert_eq!(config.listen.port(), 2);
        assert!(!config.demo);
        assert_eq!(config.timing, Timing { drain: Millis(7), ..Timing::default() });
    }

    #[test]
    fn the_file_stands_between_defaults_and_environment() {
        let file = std::env::temp_dir().join(format!("presence-config-{}.toml", std::process::id()));
        std::fs::write(&file, "shards = 3\ndemo = false\n[timing.thresholds]\nidle_after = 9\n").unwrap();
        let environment = Serialized::defaults(serde_json::json!({ "shards": 4 }));
        let config = Config::load(Some(&file), environment, Serialized::defaults(nothing()));
        std::fs::remove_file(&file).unwrap();
        let config = config.unwrap();
        assert_eq!((config.shards, config.demo), (4, false));
        assert_eq!(config.timing.thresholds.idle_after, Millis(9));
        assert_eq!(config.timing.thresholds.away_after, Timing::default().thresholds.away_after);
    }

    #[test]
    fn unknown_keys_are_named_wherever_they_stand() {
        for (given, key) in [
            (serde_json::json!({ "lisen": "127.0.0.1:1" }), "lisen"),
            (serde_json::json!({ "timing": { "ping_evry": 1 } }), "timing.ping_evry"),
            (serde_json::json!({ "timing": { "thresholds": { "idle": 1 } } }), "timing.thresholds.idle"),
            (serde_json::json!({ "limits": { "users": 1 } }), "limits.users"),
        ] {
            let error = load(given, nothing()).unwrap_err();
            assert!(error.contains(&format!("`{key}`")), "{error}");
        }
    }

    #[test]
    fn a_missing_file_and_a_wrong_type_are_named() {
        let none = || Serialized::defaults(nothing());
        let error = Config::load(Some(Path::new("/nowhere/presence.toml")), none(), none()).unwrap_err().to_string();
        assert!(error.contains("/nowhere/presence.toml"), "{error}");
        let error = load(serde_json::json!({ "timing": { "drain": "soon" } }), nothing()).unwrap_err();
        assert!(error.contains("timing.drain") && error.contains("soon"), "{error}");
    }

    #[test]
    fn senseless_settings_are_named() {
        for (given, key) in [
            (serde_json::json!({ "shards": 0 }), "shards"),
            (serde_json::json!({ "timing": { "late_after": 0 } }), "timing.late_after"),
            (serde_json::json!({ "timing": { "ping_every": 99_000 } }), "timing.ping_every"),
            (serde_json::json!({ "limits": { "frame_bytes": 10 } }), "limits.message_bytes"),
        ] {
            let error = load(given, nothing()).unwrap_err();
            assert!(error.starts_with(&format!("`{key}` must ")), "{error}");
        }
    }
}
