//! The command line.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Parser;
use figment::Provider;
use figment::providers::Serialized;
use serde::Serialize;

/// Tells people and programs who else is here: a presence server with a demo page.
///
/// Every setting can stand in the configuration file or the environment: PRESENCE_LISTEN,
/// PRESENCE_TIMING__PING_EVERY, … What is said here wins.
#[derive(Debug, Default, Parser)]
#[command(name = "presence-server", version)]
pub struct Args {
    /// Where to listen [default: 127.0.0.1:3000]; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,

    /// A TOML file with settings
    #[arg(long, value_name = "FILE", env = "PRESENCE_CONFIG")]
    pub config: Option<PathBuf>,

    /// Where state is kept across restarts; this version keeps all of it in memory and writes nothing
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,

    /// Serve no demo page
    #[arg(long)]
    pub no_demo: bool,

    /// What to log on stderr: error, warn, info, debug, or a filter as in RUST_LOG [default: info]
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
}

/// What the arguments say about settings; the rest is left to the other layers.
#[derive(Serialize)]
struct Said<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    listen: Option<SocketAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_dir: Option<&'a Path>,
    #[serde(skip_serializing_if = "Option::is_none")]
    demo: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<&'a str>,
}

impl Args {
    pub fn settings(&self) -> impl Provider {
        Serialized::defaults(Said {
            listen: self.listen,
            data_dir: self.data_dir.as_deref(),
            demo: self.no_demo.then_some(false),
            log: self.log.as_deref(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn config(line: &[&str]) -> Config {
        let args = Args::try_parse_from(["presence-server"].iter().chain(line)).unwrap();
        Config::load(None, Serialized::defaults(serde_json::json!({})), args.settings()).unwrap()
    }

    #[test]
    fn nothing_said_means_the_defaults() {
        assert_eq!(config(&[]), Config::default());
        assert_eq!(Config::default().listen.to_string(), "127.0.0.1:3000");
    }

    #[test]
    fn what_is_said_becomes_a_setting() {
        let config = config(&["--listen", "127.0.0.1:0", "--no-demo", "--log", "debug"]);
        assert_eq!((config.listen.port(), config.demo, config.log.as_str()), (0, false, "debug"));
    }
}
