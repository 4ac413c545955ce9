//! The commands that an agent's own machine runs. All they do is in `presence-agent`.

use std::convert::Infallible;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Args as Arguments;
use presence_agent::address::{BadAddress, ServerAddress};
use presence_agent::credential::{BadCredential, Credential};
use presence_agent::mcp::serve::{Serve, serve};
use presence_agent::report::{EVENTS, Report, report};
use presence_model::id::AgentId;

use crate::logging;

/// What happened. The environment may say who it is about (PRESENCE_AGENT), where the server is (PRESENCE_URL) and who
/// reports (PRESENCE_TOKEN, else PRESENCE_SERVER_KEY).
#[derive(Debug, Arguments)]
pub struct Reporting {
    /// The agent that it is about [default: PRESENCE_AGENT]
    #[arg(long, value_name = "NAME", value_parser = agent)]
    pub agent: Option<AgentId>,

    /// The tool that it used
    #[arg(long, value_name = "NAME")]
    pub tool: Option<String>,

    /// The tokens that it spent since the last report
    #[arg(long, value_name = "COUNT")]
    pub tokens: Option<u64>,

    /// The feature that it works on
    #[arg(long, value_name = "ID")]
    pub feature: Option<String>,

    /// Its session, in which tools and tokens are counted
    #[arg(long, value_name = "ID")]
    pub session: Option<String>,

    /// What it does, in its own words: pushing
    #[arg(long, value_name = "TEXT")]
    pub activity: Option<String>,

    /// What happened [default: tool_execute with a tool, feature_change with a feature alone, else activity]
    #[arg(long, value_name = "EVENT", value_parser = EVENTS)]
    pub event: Option<String>,

    /// Read what a hook is told from stdin: tool, session and event, where no option says them
    #[arg(long)]
    pub stdin: bool,

    /// Where the server is [default: PRESENCE_URL, else http://127.0.0.1:3000]
    // Judged later, as the key is: a password may stand in it.
    #[arg(long, value_name = "URL", value_parser = address)]
    pub url: Option<Result<ServerAddress, BadAddress>>,

    /// A token or the server's key; others on this machine see it here, so better put it into the environment
    // Judged later: whoever parses command lines shows what he refuses.
    #[arg(long, value_name = "KEY", value_parser = |text: &str| Ok::<_, Infallible>(Credential::new(text)))]
    pub key: Option<Result<Option<Credential>, BadCredential>>,

    /// Say on stderr why nothing was reported
    #[arg(short, long)]
    pub verbose: bool,

    /// Fail when nothing was reported, with exit code 1
    #[arg(long)]
    pub strict: bool,
}

/// Who is offered presence. PRESENCE_TOKEN, or else PRESENCE_SERVER_KEY, shows the server who asks.
#[derive(Debug, Arguments)]
pub struct Serving {
    /// What the agent is called [default: PRESENCE_AGENT, else as its client calls itself]
    #[arg(long, value_name = "NAME", value_parser = agent)]
    pub agent: Option<AgentId>,

    /// Where the server is [default: PRESENCE_URL, else http://127.0.0.1:3000]
    #[arg(long, value_name = "URL", value_parser = address)]
    pub url: Option<Result<ServerAddress, BadAddress>>,
}

/// As clap ends the program.
const WRONG_COMMAND_LINE: u8 = 2;

/// What is said in an agent's log: our own words, and of libraries what went wrong.
const LOGGED: &str = "warn,presence_agent=info";

impl Reporting {
    pub fn run(self, began: Instant) -> ExitCode {
        let (is_verbose, is_strict) = (self.verbose, self.strict);
        let credential = match self.key.transpose() {
            Ok(credential) => credential.flatten(),
            Err(bad) => return wrong("--key", &bad),
        };
        let address = match self.url.transpose() {
            Ok(address) => address,
            Err(bad) => return wrong("--url", &bad),
        };
        let said = Report {
            agent: self.agent,
            address,
            credential,
            event: self.event,
            tool: self.tool,
            tokens: self.tokens,
            feature: self.feature,
            session: self.session,
            activity: self.activity,
            reads_hook: self.stdin,
        };
        match report(said, began) {
            Ok(()) => ExitCode::SUCCESS,
            Err(trouble) => {
                if is_verbose {
                    say(&format!("not reported: {trouble}"));
                }
                if is_strict { ExitCode::FAILURE } else { ExitCode::SUCCESS }
            }
        }
    }
}

impl Serving {
    pub fn run(self) -> Result<()> {
        logging::start(LOGGED, io::stderr)?;
        let address = self.url.transpose().context("--url")?;
        Ok(serve(Serve { agent: self.agent, address })?)
    }
}

/// Nobody may read it: that is no trouble of the agent's.
fn say(sentence: &str) {
    let _ = writeln!(io::stderr(), "{sentence}");
}

fn wrong(option: &str, bad: &dyn std::error::Error) -> ExitCode {
    say(&format!("error: {option}: {bad}"));
    ExitCode::from(WRONG_COMMAND_LINE)
}

#[allow(clippy::unnecessary_wraps, reason = "as a parser of arguments is called")]
fn address(text: &str) -> Result<Result<ServerAddress, BadAddress>, Infallible> {
    Ok(text.parse())
}

fn agent(text: &str) -> Result<AgentId, String> {
    AgentId::parse(text).map_err(|bad| format!("it must {bad}"))
}
