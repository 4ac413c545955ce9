//! The programs that take part: how they are built, and how each server is started.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::bench::row::{Load, Row, Server};
use crate::command::{cargo, find_program, run};
use crate::step::Steps;
use crate::{npm, place};

/// Where everything stands once it is built.
pub(crate) struct Programs {
    presence: PathBuf,
    load: PathBuf,
    raw: PathBuf,
}

/// The packages whose versions stand beside the figures.
pub(crate) const PEER_PACKAGES: [&str; 5] = ["socket.io", "ws", "@y/websocket-server", "@hocuspocus/server", "yjs"];

impl Programs {
    /// Builds what is measured and what measures. Another server may take the place of ours.
    pub(crate) fn build(other: Option<&Path>, steps: &mut Steps) -> Result<Self> {
        steps.run("node and npm", "node --version; npm --version", npm::check_tools)?;
        // A command a package: built together, the server would get features that only the generator needs.
        let ours = if other.is_some() { &["presence-bench"][..] } else { &["presence-server", "presence-bench"] };
        for package in ours {
            let what = ["build", "--release", "--locked", "--package", *package];
            steps.run(package, &format!("cargo build --release -p {package}"), |_| {
                run(cargo().args(what).arg("--target-dir").arg(place::target()))
            })?;
        }
        steps.run("peers", "npm ci --prefix bench/peers", |notes| npm::install_in(&place::peers(), notes))?;
        let built = |name: &str| place::target().join("release").join(name);
        let presence = match other {
            Some(other) if !other.is_file() => bail!("there is no server at {}", other.display()),
            Some(other) => std::path::absolute(other)?,
            None => built("presence-server"),
        };
        Ok(Self { presence, load: built("presence-load"), raw: built("raw-limit") })
    }

    pub(crate) fn load(&self) -> &Path {
        &self.load
    }

    /// The server's command line; `{port}` stands where its port goes, or PORT tells it.
    pub(crate) fn server(&self, server: Server) -> Vec<OsString> {
        let words = |program: &Path, arguments: &[&str]| {
            std::iter::once(program.as_os_str().to_owned()).chain(arguments.iter().map(OsString::from)).collect()
        };
        let peer = |name: &str| {
            let file = place::peers().join(format!("{name}.mjs"));
            vec!["node".into(), file.into_os_string()]
        };
        match server {
            Server::PresenceBinary | Server::PresenceJson => {
                let mut words: Vec<_> = words(&self.presence, &["--listen", "127.0.0.1:{port}", "--log", "warn"]);
                words.extend(["--data-dir".into(), data().into_os_string()]);
                words
            }
            Server::Raw { window } => words(&self.raw, &["--window", &window.to_string(), "--read-every", "5"]),
            Server::RawPerDelivery => words(&self.raw, &["--window", "0"]),
            Server::SocketIo => peer("socketio"),
            Server::Ws => peer("ws"),
            Server::YWebsocket => peer("y-websocket"),
            Server::Hocuspocus => peer("hocuspocus"),
        }
    }
}

/// Where our server keeps its state while it is measured.
pub(crate) fn data() -> PathBuf {
    place::scratch().join("bench-data")
}

/// What `presence-load` calls the way a server's clients speak.
pub(crate) const fn dialect(server: Server) -> &'static str {
    match server {
        Server::PresenceBinary => "presence-binary",
        Server::PresenceJson => "presence-json",
        Server::Raw { .. } => "raw-binary",
        Server::RawPerDelivery => "raw",
        Server::SocketIo => "socketio",
        Server::Ws => "ws",
        Server::YWebsocket => "y-websocket",
        Server::Hocuspocus => "hocuspocus",
    }
}

/// The load as `presence-load` takes it, and about how many seconds it lasts.
pub(crate) fn workload(row: &Row, seconds: u32) -> (Vec<String>, u32) {
    let (name, more, lasts) = match row.load {
        Load::Cursors { rooms, members, rate } => {
            let size = [("rooms", rooms), ("members", members), ("rate", rate), ("warmup", 2), ("seconds", seconds)];
            ("cursors", size.to_vec(), seconds + 4 + rooms * members / 1_000)
        }
        Load::Idle { connections } => ("idle", vec![("connections", connections)], 6 + connections / 500),
        Load::JoinStorm => ("join-storm", vec![("connections", 2_000)], 4),
        Load::DropReturn => ("drop-return", vec![], 5),
        Load::Restart => ("restart", vec![], 6),
        Load::Agents { updates } => ("agents", vec![("updates", updates), ("seconds", seconds)], seconds + 4),
        Load::Mixed { connections } => {
            ("mixed", vec![("connections", connections), ("seconds", seconds)], seconds + 4 + connections / 500)
        }
    };
    let mut arguments = vec!["--workload".to_owned(), name.to_owned()];
    arguments.extend(more.into_iter().flat_map(|(name, value)| [format!("--{name}"), value.to_string()]));
    (arguments, lasts)
}

/// Servers that somebody may have installed, and why none of them is measured here.
pub(crate) fn left_out() -> Vec<String> {
    [("sockudo", "the Pusher protocol"), ("centrifugo", "Centrifugo's protocol")]
        .into_iter()
        .map(|(name, protocol)| match find_program(&[name]) {
            None => format!("{name}: not measured, there is none in the PATH"),
            Some(file) => format!(
                "{name}: not measured although {} is there, for presence-load does not speak {protocol}",
                file.display()
            ),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_become_arguments() {
        let row = Row::new(Load::Cursors { rooms: 5, members: 100, rate: 20 }, Server::Ws);
        let (arguments, lasts) = workload(&row, 8);
        let expected = "--workload cursors --rooms 5 --members 100 --rate 20 --warmup 2 --seconds 8";
        assert_eq!(arguments.join(" "), expected);
        assert_eq!(lasts, 12);
        assert_eq!(workload(&Row::new(Load::DropReturn, Server::Ws), 8).0, ["--workload", "drop-return"]);
    }
}
