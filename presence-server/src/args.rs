//! The command line.

pub mod agents;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args as Arguments, Parser, Subcommand};
use figment::Provider;
use figment::providers::Serialized;
use serde::Serialize;

use crate::args::agents::{Reporting, Serving};

/// Tells people and programs who else is here: a presence server with a demo page.
///
/// Every setting can stand in the configuration file or the environment: PRESENCE_LISTEN,
/// PRESENCE_TIMING__PING_EVERY, … What is said here wins.
#[derive(Debug, Default, Parser)]
#[command(name = "presence-server", version)]
pub struct Args {
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Where to listen [default: 127.0.0.1:3000]; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,

    /// A TOML file with settings
    #[arg(long, value_name = "FILE", env = "PRESENCE_CONFIG", global = true)]
    pub config: Option<PathBuf>,

    /// Where state is kept across restarts [default: presence-data]; `none` keeps nothing
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,

    /// Serve no demo page
    #[arg(long)]
    pub no_demo: bool,

    /// Take tokens from `?token=` too, although a key is configured; proxies may log them
    #[arg(long)]
    pub allow_query_token: bool,

    /// Take tokens from this cookie too
    #[arg(long, value_name = "NAME")]
    pub auth_cookie: Option<String>,

    /// Tell anybody who is here, although a key is configured
    #[arg(long)]
    pub public_dashboards: bool,

    /// What to log on stderr: error, warn, info, debug, or a filter as in RUST_LOG [default: info]
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Prints a token signed with PRESENCE_JWT_SECRET, and nothing else
    Token(Minting),
    /// Reports what an agent does, from its hooks: within 200 ms, in silence, and without ever failing its caller
    Report(Reporting),
    /// Offers presence to an agent over the Model Context Protocol, on stdin and stdout
    Mcp(Serving),
}

/// What a token shall say.
#[derive(Debug, Default, Arguments)]
pub struct Minting {
    /// The user it names
    #[arg(long, value_name = "USER")]
    pub sub: String,

    /// How the user is shown [default: the user's id]
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,

    /// The address of the user's picture
    #[arg(long, value_name = "URL")]
    pub image: Option<String>,

    /// What the user is, such as `agent`; may be given several times
    #[arg(long = "role", value_name = "ROLE")]
    pub roles: Vec<String>,

    /// What the user may ask for, such as `operator.read`; may be given several times
    #[arg(long = "scope", value_name = "SCOPE")]
    pub scopes: Vec<String>,

    /// Rooms it opens, as 'team-*=read,write'; rights are read, write, control; may be given several
    /// times. Without any it opens none
    #[arg(long = "room", value_name = "PATTERN=RIGHTS")]
    pub rooms: Vec<String>,

    /// How long it lasts: 90s, 15m, 12h, 30d
    #[arg(long, value_name = "LENGTH", default_value = "1h")]
    pub expires_in: String,
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
    allow_query_token: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_cookie: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_dashboards: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<&'a str>,
}

impl Args {
    pub fn settings(&self) -> impl Provider {
        Serialized::defaults(Said {
            listen: self.listen,
            data_dir: self.data_dir.as_deref(),
            demo: self.no_demo.then_some(false),
            allow_query_token: self.allow_query_token.then_some(true),
            auth_cookie: self.auth_cookie.as_deref(),
            public_dashboards: self.public_dashboards.then_some(true),
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
        assert_eq!(config.keeps_in(), Some(Path::new("presence-data")));
        assert_eq!(self::config(&["--data-dir", "./none"]).keeps_in(), Some(Path::new("./none")));
        assert_eq!(self::config(&["--data-dir", "none"]).keeps_in(), None);
    }

    #[test]
    fn a_token_can_be_asked_for() {
        let line =
            ["presence-server", "token", "--sub", "ann", "--room", "a=read", "--room", "b=read", "--config", "x"];
        let args = Args::try_parse_from(line).unwrap();
        let Some(Command::Token(minting)) = args.command else { panic!("{args:?}") };
        assert_eq!((minting.sub.as_str(), minting.rooms.len(), minting.expires_in.as_str()), ("ann", 2, "1h"));
        assert_eq!(args.config.as_deref(), Some(Path::new("x")));
        assert!(Args::try_parse_from(["presence-server", "token"]).is_err());
    }
}
