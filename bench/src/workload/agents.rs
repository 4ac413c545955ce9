//! Agents report what they do, and dashboards follow all of them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use memchr::memmem;
use serde_json::{Value, json};

use crate::args::Args;
use crate::gauge::Gauge;
use crate::histogram::Histogram;
use crate::schedule::Schedule;
use crate::server::Server;
use crate::websocket::{CLOSE, PING, PONG, TEXT, front, write_masked};
use crate::workload::report::{percentiles, report, rounded};

/// How long dashboards may take until they show the last of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Answers may be so far behind what was posted.
const MOST_UNANSWERED: u64 = 1_000;

/// Updates that came within this of each other came in one bunch.
const BUNCH: Duration = Duration::from_millis(10);

/// What a dashboard saw.
#[derive(Debug, Default)]
struct Seen {
    updates: u64,
    bunches: u64,
    ages: Histogram,
}

/// When the measurement began, and whether it counts yet.
#[derive(Debug)]
struct Watch {
    start: Instant,
    counts: AtomicBool,
}

impl Watch {
    fn now_us(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

pub fn run(args: &Args) -> Result<Value> {
    let (agents, dashboards) = (args.agents, args.connections());
    ensure!(agents > 0 && dashboards > 0, "agents report, and dashboards follow them");
    ensure!(args.dialect.is_presence(), "no other server here knows agents");
    let server = Server::start(&args.server, args.server_cpu.as_deref(), args.port)?;
    let watch = Arc::new(Watch { start: Instant::now(), counts: AtomicBool::new(false) });
    let expected: Arc<Vec<AtomicU64>> = Arc::new((0..agents).map(|_| AtomicU64::new(u64::MAX)).collect());
    let (shown, all_shown) = channel();
    let followers: Vec<_> = (0..dashboards)
        .map(|_| {
            let socket = dashboard(server.address)?;
            let (watch, expected, shown) = (watch.clone(), expected.clone(), shown.clone());
            Ok(thread::spawn(move || follow(socket, &watch, &expected, &shown)))
        })
        .collect::<Result<_>>()?;
    drop(shown);

    let mut reporter = Reporter::connect(server.address, agents)?;
    eprintln!("{agents} agents report {} times a second to {dashboards} dashboards", args.updates);
    reporter.report(&watch, args.updates, args.warmup)?;
    watch.counts.store(true, Ordering::Relaxed);
    let (gauge, before) = (Gauge::start(&server)?, reporter.posted);
    reporter.report(&watch, args.updates, args.seconds)?;
    let used = gauge.read(&server)?;
    let posted = reporter.posted - before;
    watch.counts.store(false, Ordering::Relaxed);

    // A dashboard looks when something comes: what it is to show is known before the last updates are posted.
    for (expected, done) in expected.iter().zip(&reporter.done) {
        expected.store(done + 1, Ordering::Relaxed);
    }
    reporter.report_once(&watch)?;
    wait_for_all(&all_shown, dashboards)?;
    reporter.finish()?;
    drop(server);
    let mut seen = Seen::default();
    for follower in followers {
        let Ok(one) = follower.join() else { bail!("a dashboard failed") };
        let one = one?;
        seen.updates += one.updates;
        seen.bunches += one.bunches;
        seen.ages.add(&one.ages);
    }
    let each = |count: u64| rounded(count as f64 / dashboards as f64 / args.seconds);
    let figures = json!({
        "agents": agents,
        "updates": posted,
        "cpu_us_per_update": rounded(used.server_us() / posted as f64),
        "server_share": rounded(used.share(used.server.ran)),
        "latency_us": percentiles(&seen.ages),
        "shown_per_second": each(seen.updates),
        "bunches_per_second": each(seen.bunches),
    });
    Ok(report(args, &used, figures))
}

fn wait_for_all(all_shown: &Receiver<()>, dashboards: usize) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    for shown in 0..dashboards {
        match all_shown.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                bail!("only {shown} of {dashboards} dashboards show the newest state of every agent")
            }
        }
    }
    Ok(())
}

/// Opens a socket at the door for dashboards.
fn dashboard(server: SocketAddr) -> Result<TcpStream> {
    let mut socket = TcpStream::connect(server).context("opening a dashboard")?;
    socket.set_nodelay(true)?;
    write!(
        socket,
        "GET /ws/broadcasts HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: cHJlc2VuY2UtYmVuY2gtMQ==\r\n\r\n"
    )?;
    let mut head = vec![];
    // Byte by byte: what follows the head is the first frame's.
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).context("the server opens no socket for dashboards")?;
        head.push(byte[0]);
    }
    ensure!(head.starts_with(b"HTTP/1.1 101"), "no dashboard: {}", String::from_utf8_lossy(&head));
    Ok(socket)
}

/// Reads until the server hangs up. Says once that the newest state of every agent was shown.
fn follow(mut socket: TcpStream, watch: &Watch, expected: &[AtomicU64], shown: &Sender<()>) -> Result<Seen> {
    let (mut seen, mut held, mut buffer) = (Seen::default(), vec![], vec![0; 64 * 1024]);
    let mut counters = vec![0_u64; expected.len()];
    let (mut last_bunch, mut has_told) = (None, false);
    loop {
        let count = match socket.read(&mut buffer) {
            Ok(0) | Err(_) if has_told => return Ok(seen),
            Ok(0) => bail!("the server hung up on a dashboard"),
            Ok(count) => count,
            Err(error) => return Err(error).context("reading a dashboard's socket"),
        };
        held.extend_from_slice(&buffer[..count]);
        let (mut taken, mut updates) = (0, 0);
        while let Some(frame) = front(&held[taken..]) {
            let payload = &held[taken + frame.start..taken + frame.end];
            match frame.opcode {
                TEXT => updates += u64::from(take(payload, watch, &mut counters, &mut seen)?),
                PING => pong(&mut socket, payload)?,
                CLOSE if has_told => return Ok(seen),
                CLOSE => bail!("the server closed a dashboard: {}", String::from_utf8_lossy(payload)),
                _ => {}
            }
            taken += frame.end;
        }
        held.drain(..taken);
        if updates > 0 && watch.counts.load(Ordering::Relaxed) {
            seen.updates += updates;
            let now = Instant::now();
            seen.bunches += u64::from(last_bunch.is_none_or(|last| now.duration_since(last) > BUNCH));
            last_bunch = Some(now);
        }
        let is_newest = || counters.iter().zip(expected).all(|(is, be)| *is == be.load(Ordering::Relaxed));
        if !has_told && is_newest() {
            has_told = true;
            // Who waits may have given up.
            let _ = shown.send(());
        }
    }
}

fn pong(socket: &mut TcpStream, payload: &[u8]) -> Result<()> {
    let mut frame = vec![];
    write_masked(&mut frame, PONG, payload);
    socket.write_all(&frame).context("answering a ping")
}

/// Takes one message; true if it is an agent's state.
fn take(payload: &[u8], watch: &Watch, counters: &mut [u64], seen: &mut Seen) -> Result<bool> {
    let Some(agent) = number(payload, br#""agent_id":"agent-"#) else { return Ok(false) };
    let tools = number(payload, br#""total_tools_executed":"#).context("an agent's state has no count of tools")?;
    let counter = usize::try_from(agent).ok().and_then(|agent| counters.get_mut(agent));
    let counter = counter.context("an agent that never reported")?;
    ensure!(tools >= *counter, "agent {agent} went back from {counter} to {tools} tools");
    *counter = tools;
    if watch.counts.load(Ordering::Relaxed)
        && let Some(sent) = number(payload, br#""activity":"at "#)
    {
        seen.ages.record(u32::try_from(watch.now_us().saturating_sub(sent)).unwrap_or(u32::MAX));
    }
    Ok(true)
}

fn number(text: &[u8], behind: &[u8]) -> Option<u64> {
    let start = memmem::find(text, behind)? + behind.len();
    let digits = text[start..].iter().take_while(|byte| byte.is_ascii_digit());
    digits.map(|digit| u64::from(digit - b'0')).reduce(|number, digit| number * 10 + digit)
}

/// Posts over one connection that stays open, and does not wait for each answer.
struct Reporter {
    socket: TcpStream,
    server: SocketAddr,
    posted: u64,
    answered: Arc<AtomicU64>,
    answers: thread::JoinHandle<Result<()>>,
    /// How many tools each agent has used.
    done: Vec<u64>,
}

impl Reporter {
    fn connect(server: SocketAddr, agents: usize) -> Result<Self> {
        let socket = TcpStream::connect(server).context("connecting as a backend")?;
        socket.set_nodelay(true)?;
        let answered = Arc::new(AtomicU64::new(0));
        let (incoming, count) = (socket.try_clone()?, answered.clone());
        let answers = thread::spawn(move || read_answers(incoming, &count));
        Ok(Self { socket, server, posted: 0, answered, answers, done: vec![0; agents] })
    }

    fn report(&mut self, watch: &Watch, per_second: f64, seconds: f64) -> Result<()> {
        let begin = watch.now_us();
        let mut schedule = Schedule::new(begin, per_second / self.done.len() as f64, self.done.len());
        let end = begin + (seconds * 1e6) as u64;
        loop {
            let now = watch.now_us();
            if now >= end {
                return Ok(());
            }
            while let Some(turn) = schedule.take(now) {
                self.post(watch, turn.who)?;
            }
            sleep(Duration::from_micros(schedule.next_due().min(end).saturating_sub(watch.now_us())));
        }
    }

    fn report_once(&mut self, watch: &Watch) -> Result<()> {
        (0..self.done.len()).try_for_each(|agent| self.post(watch, agent))
    }

    fn post(&mut self, watch: &Watch, agent: usize) -> Result<()> {
        let behind = self.posted - self.answered.load(Ordering::Relaxed);
        ensure!(behind < MOST_UNANSWERED, "the server is {behind} answers behind{}", self.why());
        let body = format!(
            r#"{{"type":"tool_execute","tool_name":"Bash","cost_tokens":10,"activity":"at {}"}}"#,
            watch.now_us()
        );
        write!(
            self.socket,
            "POST /api/agents/agent-{agent}/events HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.server,
            body.len()
        )
        .with_context(|| format!("posting an event{}", self.why()))?;
        self.posted += 1;
        self.done[agent] += 1;
        Ok(())
    }

    fn why(&self) -> &'static str {
        if self.answers.is_finished() { ": it refused one, or hung up" } else { "" }
    }

    /// Waits for the last answer.
    fn finish(self) -> Result<()> {
        let until = Instant::now() + PATIENCE;
        while self.answered.load(Ordering::Relaxed) < self.posted && !self.answers.is_finished() {
            ensure!(Instant::now() < until, "{} events are not answered", self.posted);
            sleep(Duration::from_millis(1));
        }
        let answered = self.answered.load(Ordering::Relaxed);
        if answered == self.posted {
            return Ok(());
        }
        let Ok(end) = self.answers.join() else { bail!("the reader of answers failed") };
        end.and_then(|()| bail!("only {answered} of {} events are answered", self.posted))
    }
}

fn read_answers(socket: TcpStream, answered: &AtomicU64) -> Result<()> {
    let mut from = BufReader::new(socket);
    let (mut line, mut body) = (String::new(), vec![]);
    loop {
        line.clear();
        if from.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let status = line.trim_end().to_owned();
        let mut length = 0;
        loop {
            line.clear();
            from.read_line(&mut line)?;
            let header = line.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().context("the length of an answer")?;
            }
        }
        body.resize(length, 0);
        from.read_exact(&mut body)?;
        ensure!(status.contains(" 200 "), "an event is refused: {status} {}", String::from_utf8_lossy(&body));
        answered.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_behind_their_names() {
        let text = br#"{"agent_id":"agent-17","presence":{"total_tools_executed":42},"activity":"at 9"}"#;
        assert_eq!(number(text, br#""agent_id":"agent-"#), Some(17));
        assert_eq!(number(text, br#""total_tools_executed":"#), Some(42));
        assert_eq!((number(text, br#""activity":"at "#), number(text, b"nothing")), (Some(9), None));
    }
}
