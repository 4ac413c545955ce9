//! Which pages may use this server. In development any page on this machine, whatever its port, and
//! programs that send no origin; and the name the server was called by must be this machine's too, or
//! a foreign page could point its own name here (DNS rebinding).

use std::net::IpAddr;

use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Uri};

#[derive(Clone, Debug, Default)]
pub struct Origins {
    /// Besides those on this machine; compared without case.
    allowed: Vec<String>,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    #[error("pages of this origin may not connect: add it to `allowed_origins`, or open the page from this machine")]
    Origin,
    #[error("in development this server answers only to names of this machine, such as localhost or 127.0.0.1")]
    Host,
}

impl Origins {
    pub fn new(allowed: &[String]) -> Self {
        Self { allowed: allowed.iter().map(|origin| origin.trim_end_matches('/').to_lowercase()).collect() }
    }

    pub fn check(&self, headers: &HeaderMap, uri: &Uri) -> Result<(), Forbidden> {
        // A request may name the host twice, in its first line too; then both count.
        let in_line = uri.authority().is_none_or(|authority| is_loopback(authority.host()));
        let in_header = headers.get(HOST).is_some_and(|host| {
            host.to_str().is_ok_and(|host| host.parse::<Authority>().is_ok_and(|host| is_loopback(host.host())))
        });
        if !in_line || !in_header {
            return Err(Forbidden::Host);
        }
        match headers.get(ORIGIN) {
            Some(origin) if !self.admits(origin) => Err(Forbidden::Origin),
            _ => Ok(()),
        }
    }

    /// Whether a page of this origin may connect and read answers.
    pub fn admits(&self, origin: &HeaderValue) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        let origin = origin.to_lowercase();
        self.allowed.contains(&origin) || is_local_page(&origin)
    }
}

fn is_local_page(origin: &str) -> bool {
    let rest = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    rest.and_then(|rest| rest.parse::<Authority>().ok())
        .is_some_and(|authority| !authority.as_str().contains('@') && is_loopback(authority.host()))
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let name = host.to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(host: Option<&str>, origin: Option<&str>) -> Result<(), Forbidden> {
        let mut headers = HeaderMap::new();
        for (name, value) in [(HOST, host), (ORIGIN, origin)] {
            if let Some(value) = value {
                headers.insert(name, HeaderValue::from_str(value).unwrap());
            }
        }
        Origins::new(&["https://App.Example/".to_owned()]).check(&headers, &Uri::from_static("/ws"))
    }

    #[test]
    fn pages_of_this_machine_and_programs_may_connect() {
        let origins = [
            None,
            Some("http://localhost"),
            Some("http://LOCALHOST:5173"),
            Some("https://127.0.0.9:1"),
            Some("http://[::1]:3000"),
        ];
        for origin in origins.into_iter().chain([Some("http://app.localhost:8080"), Some("https://app.example")]) {
            assert_eq!(check(Some("127.0.0.1:3000"), origin), Ok(()), "{origin:?}");
        }
    }

    #[test]
    fn foreign_pages_may_not() {
        for origin in [
            "https://evil.example",
            "null",
            "",
            "file://",
            "http://localhost.evil.example",
            "http://localhost@evil.example",
            "http://evil.example@localhost",
            "http://127.0.0.1.evil.example",
            "https://app.example.evil.example",
            "http://app.example",
            "localhost",
        ] {
            assert_eq!(check(Some("localhost:3000"), Some(origin)), Err(Forbidden::Origin), "{origin}");
        }
    }

    #[test]
    fn the_server_answers_to_loopback_names_only() {
        for host in ["localhost", "localhost:1", "127.0.0.1", "[::1]:3000", "presence.localhost:3000"] {
            assert_eq!(check(Some(host), None), Ok(()), "{host}");
        }
        for host in [None, Some("evil.example"), Some("10.0.0.1:3000"), Some("localhost.evil.example"), Some("")] {
            assert_eq!(check(host, None), Err(Forbidden::Host), "{host:?}");
        }
    }

    #[test]
    fn a_host_in_the_first_line_counts_too() {
        let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static("localhost"))]);
        let uri = Uri::from_static("http://evil.example/ws");
        assert_eq!(Origins::default().check(&headers, &uri), Err(Forbidden::Host));
    }
}
