//! What is logged: our own events and those of libraries that speak our language.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::fmt::MakeWriter;

#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    #[error("`log` is no filter: {0}")]
    Filter(#[from] ParseError),
    #[error("this process logs already")]
    Twice,
}

/// Starts the log of this process. What libraries write through the crate `log` is left out on purpose:
/// at its finest level tungstenite writes every message, and tokens with them.
pub fn start<W>(filter: &str, writer: W) -> Result<(), LoggingError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(filter)?;
    let in_colour = std::io::stderr().is_terminal();
    let subscriber =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(in_colour).with_writer(writer).finish();
    // And not `init`, which takes those of `log` too.
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LoggingError::Twice)
}
