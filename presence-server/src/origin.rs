//! Which pages may use this server. In development any page on this machine, whatever its port, and
//! programs that send no origin; and the name the server was called by must be this machine's too, or
//! a foreign page could point its own name here (DNS rebinding). With a key configured its own pages and
//! those of listed origins; a program needs a token then as everybody does.

use std::net::IpAddr;

use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Uri};

#[derive(Clone, Debug, Default)]
pub struct Origins {
    /// Besides those that need no list; compared without case.
    allowed: Vec<String>,
    is_production: bool,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    #[error("pages of this origin may not connect: add it to `allowed_origins`")]
    Origin,
    #[error("in development this server answers only to names of this machine, such as localhost or 127.0.0.1")]
    Host,
}

impl Forbidden {
    /// The name in errors.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Origin => "forbidden_origin",
            Self::Host => "forbidden_host",
        }
    }
}

impl Origins {
    pub fn new(allowed: &[String], is_production: bool) -> Self {
        let allowed = allowed.iter().map(|origin| origin.trim_end_matches('/').to_lowercase()).collect();
        Self { allowed, is_production }
    }

    pub fn check(&self, headers: &HeaderMap, uri: &Uri) -> Result<(), Forbidden> {
        // A request may name the host twice, in its first line too; then both count.
        let in_line = uri.authority().is_none_or(|authority| is_loopback(authority.host()));
        let in_header = host(headers).is_some_and(|host| is_loopback(host.host()));
        if !self.is_production && (!in_line || !in_header) {
            return Err(Forbidden::Host);
        }
        match headers.get(ORIGIN) {
            Some(origin) if !self.admits(origin, headers) => Err(Forbidden::Origin),
            _ => Ok(()),
        }
    }

    /// Whether a page of this origin may connect and read answers; `headers` are those of its request.
    pub fn admits(&self, origin: &HeaderValue, headers: &HeaderMap) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        let origin = origin.to_lowercase();
        if self.allowed.contains(&origin) {
            return true;
        }
        let Some(page) = page(&origin) else { return false };
        if self.is_production {
            // Not the scheme: who ends TLS before us does not say so.
            host(headers).is_some_and(|host| host.as_str().eq_ignore_ascii_case(page.as_str()))
        } else {
            is_loopback(page.host())
        }
    }
}

/// The name this server was called by.
fn host(headers: &HeaderMap) -> Option<Authority> {
    headers.get(HOST)?.to_str().ok()?.parse().ok()
}

/// Host and port of a page on the web.
fn page(origin: &str) -> Option<Authority> {
    let rest = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"))?;
    rest.parse().ok().filter(|page: &Authority| !page.as_str().contains('@'))
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
        Origins::new(&["https://App.Example/".to_owned()], false).check(&headers, &Uri::from_static("/ws"))
    }

    #[test]
    fn with_a_key_only_own_and_listed_pages_may_connect_under_any_name() {
        let origins = Origins::new(&["https://app.example".to_owned()], true);
        let check = |origin: Option<&'static str>| {
            let mut headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static("Presence.Example:8080"))]);
            headers.extend(origin.map(|origin| (ORIGIN, HeaderValue::from_static(origin))));
            origins.check(&headers, &Uri::from_static("/ws"))
        };
        for origin in [None, Some("https://presence.example:8080"), Some("https://app.example")] {
            assert_eq!(check(origin), Ok(()), "{origin:?}");
        }
        for origin in ["http://localhost:3000", "https://presence.example", "https://x@presence.example:8080", "null"] {
            assert_eq!(check(Some(origin)), Err(Forbidden::Origin), "{origin}");
        }
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
