//! An agent that reports over HTTP, and remembers what it was told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::process::{PATIENCE, Program};

/// What was sent in one request.
struct Report {
    tokens: Vec<u64>,
    answered: Option<Instant>,
}

pub(crate) struct Reporter {
    agent: String,
    /// How many events go into one request.
    batch: usize,
    reports: Vec<Report>,
}

/// As `GET /api/presence/{agent_id}` tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Counters {
    pub(crate) tools: u64,
    pub(crate) tokens: u64,
}

impl Reporter {
    pub(crate) fn new(agent: &str, batch: usize) -> Self {
        Self { agent: agent.to_owned(), batch, reports: vec![] }
    }

    /// Reports until the server is gone, some hundred times a second.
    pub(crate) fn work(&mut self, address: SocketAddr) {
        let Ok(mut line) = Line::open(address) else { return };
        loop {
            let tokens = (0..self.batch).map(|_| rand::random_range(1..1_000)).collect();
            self.reports.push(Report { tokens, answered: None });
            if self.say(&mut line, self.reports.len() - 1).is_none() {
                return;
            }
            sleep(Duration::from_millis(5));
        }
    }

    /// Reports again what was not answered, and what was since a moment. Returns how many events counted.
    pub(crate) fn retry(&mut self, program: &Program, since: Option<Instant>) -> u64 {
        let mut line = Line::open(program.address).unwrap();
        let is_due = |report: &Report| report.answered.is_none_or(|at| since.is_none_or(|since| at >= since));
        let due: Vec<_> = (0..self.reports.len()).filter(|index| is_due(&self.reports[*index])).collect();
        due.into_iter().map(|index| self.say(&mut line, index).unwrap()).sum()
    }

    fn say(&mut self, line: &mut Line, index: usize) -> Option<u64> {
        let report = &mut self.reports[index];
        let events = report.tokens.iter().enumerate().map(|(place, tokens)| {
            json!({ "type": "tool_execute", "cost_tokens": tokens, "idempotency_key": format!("{index}/{place}") })
        });
        let answer = line.post(&format!("/api/agents/{}/events", self.agent), &events.collect())?;
        assert_eq!(answer["success"], true, "{answer}");
        report.answered = Some(Instant::now());
        answer["counted"].as_u64()
    }

    /// The counters behind each report, the first behind none.
    fn moments(&self) -> impl Iterator<Item = Counters> {
        let behind = self.reports.iter().scan(Counters::default(), |counters, report| {
            counters.tools += report.tokens.len() as u64;
            counters.tokens += report.tokens.iter().sum::<u64>();
            Some(*counters)
        });
        std::iter::once(Counters::default()).chain(behind)
    }

    pub(crate) fn total(&self) -> Counters {
        self.moments().last().unwrap()
    }

    /// Whether the counters are those of one moment, and hold what was answered before another.
    pub(crate) fn check(&self, found: Counters, answered_before: Instant) {
        let reports = self.moments().position(|moment| moment == found);
        let reports = reports.unwrap_or_else(|| panic!("{} never stood at {found:?}", self.agent));
        let lost =
            self.reports[reports..].iter().filter(|report| report.answered.is_some_and(|at| at < answered_before));
        assert_eq!(lost.count(), 0, "{}: lost although long answered", self.agent);
    }

    pub(crate) fn found(&self, program: &Program) -> Counters {
        counters(program, &self.agent).unwrap_or_default()
    }
}

pub(crate) fn counters(program: &Program, agent: &str) -> Option<Counters> {
    let answer = program.get(&format!("/api/presence/{agent}"));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    if !head.starts_with("HTTP/1.1 200") {
        return None;
    }
    let presence: Value = serde_json::from_str(body).unwrap();
    let count = |key: &str| presence[key].as_u64().unwrap();
    Some(Counters { tools: count("total_tools_executed"), tokens: count("total_cost_tokens") })
}

/// One connection for many requests.
pub(crate) struct Line {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
}

impl Line {
    pub(crate) fn open(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), address })
    }

    /// The answer; none if the server is gone.
    pub(crate) fn post(&mut self, path: &str, body: &Value) -> Option<Value> {
        let body = body.to_string();
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}",
            self.address
        );
        self.stream.get_mut().write_all(request.as_bytes()).ok()?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
            match line.trim_end().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().unwrap(),
                None if line == "\r\n" => break,
                _ => {}
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer).ok()?;
        Some(serde_json::from_slice(&answer).unwrap())
    }
}
