//! Every setting, with its default. Defaults < file < environment < arguments; a key that nobody
//! knows is an error that names it.

use std::collections::BTreeMap;
use std::env;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use figment::error::Kind;
use figment::providers::{Env, Format, Serialized, Toml};
use figment::{Figment, Provider};
use hyper::Uri;
use hyper::http::uri::Scheme;
use presence_model::limit::{Limits, Timing};
use presence_model::time::Millis;
use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// A server's settings. The names are the keys of a configuration file; as environment variables they
/// begin with `PRESENCE_`, and `__` stands between a table and its key: `PRESENCE_TIMING__PING_EVERY`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub listen: SocketAddr,
    /// Where state is kept across restarts; `none` keeps nothing.
    pub data_dir: PathBuf,
    /// Whether to serve the demo page.
    pub demo: bool,
    /// Threads that own rooms. One more than the machine has cores gains nothing.
    pub shards: usize,
    /// Origins of pages that may connect, besides this server's own and, without a key, those on this
    /// machine: `https://app.example`.
    pub allowed_origins: Vec<String>,
    /// The secret of tokens signed with HS256. With any key tokens are checked, and only then others than
    /// this machine may be let in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwt_secret: Option<Secret>,
    /// The public key of tokens signed with RS256, ES256 or EdDSA: PEM, or the path of a file with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwt_public_key: Option<Secret>,
    /// The path of a file with a JSON Web Key Set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwt_jwks: Option<PathBuf>,
    /// What tokens must have in their claim `aud`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwt_audience: Option<String>,
    /// What the app's own backends and agents say instead of a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_key: Option<Secret>,
    /// Where the app's backend says which rooms it opens for whom: `http://backend.internal/rooms`. It is asked where
    /// a token does not open a room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants_url: Option<String>,
    /// Whether `?token=` counts although tokens are checked. It lands in the logs of proxies.
    pub allow_query_token: bool,
    /// A cookie that may hold the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_cookie: Option<String>,
    /// Whether anybody may ask who is here although tokens are checked.
    pub public_dashboards: bool,
    /// What to log, as `RUST_LOG` would say it.
    pub log: String,
    pub timing: Timing,
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000),
            data_dir: "presence-data".into(),
            demo: true,
            shards: std::thread::available_parallelism().map_or(1, usize::from),
            allowed_origins: vec![],
            jwt_secret: None,
            jwt_public_key: None,
            jwt_jwks: None,
            jwt_audience: None,
            server_key: None,
            grants_url: None,
            allow_query_token: false,
            auth_cookie: None,
            public_dashboards: false,
            log: "info".to_owned(),
            timing: Timing::default(),
            limits: Limits::default(),
        }
    }
}

/// More have no place in a connection's number.
pub const MAX_SHARDS: usize = 256;

/// Each shard keeps room for one frame.
const MAX_FRAME_BYTES: usize = 16 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("unknown setting `{key}` in {place}; known there: {known}")]
    Unknown { key: String, place: String, known: String },
    // Boxed because figment's error is ten times the size of everything else here.
    #[error(transparent)]
    Unreadable(Box<figment::Error>),
    /// The parser's own words show the line, and a secret may stand there.
    #[error("the configuration file cannot be read as TOML: {0}")]
    NotToml(String),
    #[error("`{key}` must {must}")]
    Senseless { key: &'static str, must: &'static str },
}

impl From<figment::Error> for ConfigError {
    fn from(error: figment::Error) -> Self {
        let known = match &error.kind {
            Kind::UnknownField(_, known) => known,
            Kind::Message(text) if text.contains(" | ") => return Self::NotToml(without_lines(text)),
            _ => return Self::Unreadable(Box::new(error)),
        };
        let place = error.metadata.as_ref().map_or_else(
            || "the settings".to_owned(),
            |from| from.source.as_ref().map_or_else(|| from.name.to_string(), ToString::to_string),
        );
        Self::Unknown { key: error.path.join("."), place, known: known.join(", ") }
    }
}

/// A parser's message without the lines of the file that it shows.
fn without_lines(text: &str) -> String {
    let shown = |line: &&str| line.contains('|');
    text.lines().filter(|line| !shown(line)).map(str::trim).collect::<Vec<_>>().join(": ")
}

/// Settings whose text counts as it stands: read as the others are, `0123` would become a number.
const VERBATIM: &[&str] = &[
    "data_dir",
    "jwt_secret",
    "jwt_public_key",
    "jwt_jwks",
    "jwt_audience",
    "server_key",
    "grants_url",
    "auth_cookie",
];

/// What the environment says to agents' commands, and `PRESENCE_CONFIG`, which says where the file is.
const OTHERS: &[&str] = &["config", "url", "token", "agent"];

/// The environment's part.
pub fn environment() -> impl Provider {
    let texts: BTreeMap<&str, String> = VERBATIM
        .iter()
        .filter_map(|key| {
            let value = env::var_os(format!("PRESENCE_{}", key.to_uppercase()))?;
            // Never left out: without its key a server would be in development mode.
            Some((*key, value.to_string_lossy().into_owned()))
        })
        .collect();
    let others = Env::prefixed("PRESENCE_").split("__").ignore(OTHERS).ignore(VERBATIM);
    Figment::from(others).merge(Serialized::defaults(texts))
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

    /// Whether tokens are checked: production, in one word.
    pub const fn has_key(&self) -> bool {
        self.jwt_secret.is_some()
            || self.jwt_public_key.is_some()
            || self.jwt_jwks.is_some()
            || self.server_key.is_some()
    }

    /// The directory for what is kept across restarts.
    pub fn keeps_in(&self) -> Option<&Path> {
        (self.data_dir != Path::new("none")).then_some(&*self.data_dir)
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
        let cookie_is_a_name = self.auth_cookie.as_ref().is_none_or(|name| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && !b"=;,\"".contains(&byte))
        });
        let grants_url = self.grants_url.as_deref().map(str::parse::<Uri>);
        let url_is_usable = grants_url.as_ref().is_none_or(|url| {
            url.as_ref().is_ok_and(|url| url.scheme() == Some(&Scheme::HTTP) && url.authority().is_some())
        });
        let zero = positive.into_iter().find(|(_, length)| *length == Millis::ZERO);
        let checks = [
            ((1..=MAX_SHARDS).contains(&self.shards), "shards", "be at least 1 and at most 256"),
            (zero.is_none(), zero.map_or("", |(key, _)| key), "be longer than nothing"),
            (timing.ping_every < timing.gone_after, "timing.ping_every", "be shorter than `timing.gone_after`"),
            (timing.suspect_after <= timing.gone_after, "timing.suspect_after", "not exceed `timing.gone_after`"),
            (timing.token_leeway <= Millis::minutes(60), "timing.token_leeway", "not exceed an hour"),
            (cookie_is_a_name, "auth_cookie", "be the name of a cookie"),
            (
                url_is_usable,
                "grants_url",
                "be an `http://` address; for `https` put a proxy beside this server, which has no TLS of its own",
            ),
            (self.jwt_audience.as_deref() != Some(""), "jwt_audience", "not be empty"),
            (!self.data_dir.as_os_str().is_empty(), "data_dir", "be a directory, or `none`"),
            (limits.message_bytes > 0, "limits.message_bytes", "be at least 1"),
            (limits.message_bytes <= limits.frame_bytes, "limits.message_bytes", "not exceed `limits.frame_bytes`"),
            (limits.frame_bytes <= MAX_FRAME_BYTES, "limits.frame_bytes", "not exceed 16 MiB"),
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
        let file = env::temp_dir().join(format!("presence-config-{}.toml", std::process::id()));
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
    fn what_is_wrong_around_a_secret_does_not_show_it() {
        for text in ["jwt_secret = \"hush-hush\nx = 1", "server_key = hush-hush", "jwt_secret = [\"hush-hush\"]"] {
            let file = env::temp_dir().join(format!("presence-secret-{}.toml", std::process::id()));
            std::fs::write(&file, text).unwrap();
            let none = || Serialized::defaults(nothing());
            let error = Config::load(Some(&file), none(), none()).unwrap_err();
            std::fs::remove_file(&file).unwrap();
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("hush"), "{shown}");
        }
        let error = load(serde_json::json!({ "jwt_secret": 4711 }), nothing()).unwrap_err();
        assert!(error.contains("jwt_secret") && !error.contains("4711"), "{error}");
        let config = load(serde_json::json!({ "jwt_secret": "hush-hush" }), nothing()).unwrap();
        assert!(config.has_key() && !format!("{config:?}{}", serde_json::json!(config)).contains("hush"));
    }

    #[test]
    fn senseless_settings_are_named() {
        for (given, key) in [
            (serde_json::json!({ "shards": 0 }), "shards"),
            (serde_json::json!({ "shards": 257 }), "shards"),
            (serde_json::json!({ "limits": { "frame_bytes": 99_999_999 } }), "limits.frame_bytes"),
            (serde_json::json!({ "timing": { "late_after": 0 } }), "timing.late_after"),
            (serde_json::json!({ "timing": { "ping_every": 99_000 } }), "timing.ping_every"),
            (serde_json::json!({ "auth_cookie": "a=b" }), "auth_cookie"),
            (serde_json::json!({ "data_dir": "" }), "data_dir"),
            (serde_json::json!({ "grants_url": "https://backend" }), "grants_url"),
            (serde_json::json!({ "grants_url": "/rooms" }), "grants_url"),
            (serde_json::json!({ "timing": { "token_leeway": 9_999_999 } }), "timing.token_leeway"),
            (serde_json::json!({ "limits": { "frame_bytes": 10 } }), "limits.message_bytes"),
        ] {
            let error = load(given, nothing()).unwrap_err();
            assert!(error.starts_with(&format!("`{key}` must ")), "{error}");
        }
    }
}
