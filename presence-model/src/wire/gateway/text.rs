//! The line that gateway clients write about themselves: for people to read, and for the gateway to take apart.
//!
//! `Node: HOST (IP) · app VERSION · last input Ns ago · mode MODE · reason REASON`

use alloc::format;
use alloc::string::String;
use core::fmt;

use crate::limit::MAX_TEXT_BYTES;

/// What such a line says. A text of any other form says nothing that could be taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeLine<'a> {
    /// Without blanks and without an opening bracket.
    pub host: &'a str,
    pub ip: &'a str,
    pub version: &'a str,
    pub input_seconds: u64,
    pub mode: &'a str,
    /// The rest of the line; it alone may hold the dot that divides the parts.
    pub reason: &'a str,
}

const DOT: char = '·';

impl<'a> NodeLine<'a> {
    pub fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        if text.contains(['\n', '\r']) {
            return None;
        }
        let (host, rest) = after(text, "node:")?.split_once('(')?;
        let (ip, rest) = rest.split_once(')')?;
        let mut parts = rest.trim_start().strip_prefix(DOT)?.splitn(4, DOT);
        let mut part = |keyword: &str| after(parts.next()?.trim(), keyword);
        let version = part("app")?;
        let seconds = before(part("last input")?, "s ago")?;
        let mode = part("mode")?;
        let reason = part("reason")?;

        let (host, ip) = (host.trim(), ip.trim());
        let line = Self { host, ip, version, input_seconds: digits(seconds)?, mode, reason };
        let sound = !host.contains(char::is_whitespace) && line.texts().into_iter().all(|text| !text.is_empty());
        sound.then_some(line)
    }

    fn texts(&self) -> [&'a str; 5] {
        [self.host, self.ip, self.version, self.mode, self.reason]
    }
}

impl fmt::Display for NodeLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, ip, version, input_seconds, mode, reason } = self;
        write!(f, "Node: {host} ({ip}) {DOT} app {version} {DOT} last input {input_seconds}s ago ")?;
        write!(f, "{DOT} mode {mode} {DOT} reason {reason}")
    }
}

/// What follows a keyword, whatever its case.
fn after<'a>(text: &'a str, keyword: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(keyword.len())?;
    start.eq_ignore_ascii_case(keyword).then(|| rest.trim_start())
}

fn before<'a>(text: &'a str, keyword: &str) -> Option<&'a str> {
    let (rest, end) = text.split_at_checked(text.len().checked_sub(keyword.len())?)?;
    end.eq_ignore_ascii_case(keyword).then_some(rest)
}

/// A count of seconds. One beyond all counting is just very long ago.
fn digits(text: &str) -> Option<u64> {
    let counted = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    counted.then(|| text.parse().unwrap_or(u64::MAX))
}

/// What stands in the list for a client that wrote no line of its own.
pub(crate) fn node_text(host: Option<&str>, mode: Option<&str>) -> String {
    let (host, mode) = (host.unwrap_or("unknown"), mode.unwrap_or("unknown"));
    let around = "Node:  · mode ".len() + mode.len();
    format!("Node: {} {DOT} mode {mode}", beginning(host, MAX_TEXT_BYTES.saturating_sub(around)))
}

/// What stands in the list for the server itself.
pub fn own_text(host: Option<&str>, ip: Option<&str>, version: Option<&str>) -> String {
    let host = host.unwrap_or("unknown");
    let ip = ip.map(|ip| format!(" ({ip})")).unwrap_or_default();
    let version = version.map(|version| format!(" {DOT} app {version}")).unwrap_or_default();
    format!("Gateway: {host}{ip}{version} {DOT} mode gateway {DOT} reason self")
}

/// As much of a text as fits into so many bytes.
pub(crate) fn beginning(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
