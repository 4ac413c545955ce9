//! The server under load: a child that is started, looked at and killed.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::usage::{self, Memory, Times};

/// How long a server may take until it answers.
const PATIENCE: Duration = Duration::from_secs(30);

/// Killed when dropped.
pub struct Server {
    command: Vec<String>,
    cpu: Option<String>,
    pub address: SocketAddr,
    child: Child,
}

impl Server {
    /// Starts it and waits until it answers.
    pub fn start(command: &[String], cpu: Option<&str>, port: u16) -> Result<Self> {
        let port = if port == 0 { free_port()? } else { port };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        ensure!(TcpStream::connect(address).is_err(), "port {port} is taken by another program");
        let cpu = cpu.map(str::to_owned);
        let child = spawn(command, cpu.as_deref(), port)?;
        let mut server = Self { command: command.to_vec(), cpu, address, child };
        server.wait_until_it_answers()?;
        Ok(server)
    }

    /// Kills it, as a crash would, and starts it again without waiting for it.
    pub fn start_again(&mut self) -> Result<()> {
        self.kill()?;
        self.child = spawn(&self.command, self.cpu.as_deref(), self.address.port())?;
        Ok(())
    }

    fn kill(&mut self) -> Result<()> {
        self.child.kill().context("killing the server")?;
        self.child.wait().context("waiting for the killed server")?;
        Ok(())
    }

    fn wait_until_it_answers(&mut self) -> Result<()> {
        let started = Instant::now();
        let mut told = 0;
        while !self.answers() {
            let waited = started.elapsed();
            self.ensure_alive()?;
            if waited > PATIENCE {
                bail!("the server does not listen on {} after {} s", self.address, PATIENCE.as_secs());
            }
            if waited.as_secs() > told {
                told = waited.as_secs();
                eprintln!("waiting for the server to listen on {} ({told} s)", self.address);
            }
            sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Whether it listens.
    pub fn answers(&self) -> bool {
        TcpStream::connect(self.address).is_ok()
    }

    pub fn ensure_alive(&mut self) -> Result<()> {
        match self.child.try_wait().context("looking after the server")? {
            Some(status) => bail!("the server ended by itself ({status}); its command was: {}", self.command.join(" ")),
            None => Ok(()),
        }
    }

    pub fn times(&self) -> Result<Times> {
        usage::times(self.child.id())
    }

    pub fn memory(&self) -> Result<Memory> {
        usage::memory(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already, which is as good.
        drop(self.kill());
    }
}

/// `setpriv` has the kernel kill the server when we end in a way that drops nothing. It and `taskset` become
/// the server, so the child's number is the server's.
fn spawn(command: &[String], cpu: Option<&str>, port: u16) -> Result<Child> {
    let mut words = vec!["setpriv".to_owned(), "--pdeathsig".to_owned(), "KILL".to_owned()];
    if let Some(cpu) = cpu {
        words.extend(["taskset".to_owned(), "-c".to_owned(), cpu.to_owned()]);
    }
    words.extend(command.iter().map(|word| word.replace("{port}", &port.to_string())));
    let (program, arguments) = words.split_first().context("a server's command is missing behind --")?;
    let spawned = Command::new(program)
        .args(arguments)
        .env("PORT", port.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn();
    match spawned {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("setpriv and taskset are needed; they come with util-linux")
        }
        spawned => spawned.with_context(|| format!("starting the server: {}", words.join(" "))),
    }
}

/// Below the ports that sockets get for themselves: among those one might be taken before the server is there.
const PORTS: Range<u16> = 20_000..30_000;

fn free_port() -> Result<u16> {
    let start = usize::try_from(std::process::id()).unwrap_or_default() * 61 % PORTS.len();
    let is_free = |port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok();
    let mut ports = PORTS.cycle().skip(start).take(PORTS.len());
    ports.find(is_free).context("no port from 20000 to 30000 is free")
}
