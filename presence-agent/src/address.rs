//! Where the server is.

use std::env;
use std::str::FromStr;

use tokio_tungstenite::tungstenite::http::Uri;

/// Where `presence-server` listens when nothing else was said.
pub const DEFAULT: &str = "http://127.0.0.1:3000";

/// Says where the server is where the command line does not.
pub const URL: &str = "PRESENCE_URL";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    /// Host and port.
    authority: String,
    /// What stands before every path; a proxy may serve more than this server.
    base: String,
}

/// The text itself is not shown: a password may stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    #[error("the server's address must be one as http://127.0.0.1:3000")]
    NotHttp,
    #[error(
        "the server's address must begin with http://: TLS is not spoken here. Take the server's own address, or that \
         of a proxy on this machine"
    )]
    Https,
    #[error("the server's address must hold no user and no query: tokens go into PRESENCE_TOKEN")]
    NotPlain,
}

impl ServerAddress {
    /// What the command line said, else the environment, else the usual place.
    pub fn find(said: Option<Self>) -> Result<Self, BadAddress> {
        match (said, env::var_os(URL)) {
            (Some(said), _) => Ok(said),
            (None, Some(text)) if !text.is_empty() => text.to_str().ok_or(BadAddress::NotHttp)?.parse(),
            _ => DEFAULT.parse(),
        }
    }

    /// As a request names it, and as names are looked up.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    pub fn path(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub fn socket(&self, path: &str) -> String {
        format!("ws://{}{}{path}", self.authority, self.base)
    }
}

impl FromStr for ServerAddress {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let uri: Uri = text.trim().parse().map_err(|_| BadAddress::NotHttp)?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err(BadAddress::Https),
            _ => return Err(BadAddress::NotHttp),
        }
        let authority = uri.authority().ok_or(BadAddress::NotHttp)?;
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err(BadAddress::NotPlain);
        }
        let authority = format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(80));
        Ok(Self { authority, base: uri.path().trim_end_matches('/').to_owned() })
    }
}

/// A piece of a path in which every character may stand.
pub fn segment(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_host_port_and_what_stands_before_the_paths() {
        for (text, authority, path, socket) in [
            ("http://127.0.0.1:3000", "127.0.0.1:3000", "/x", "ws://127.0.0.1:3000/ws"),
            (" http://presence.internal/ ", "presence.internal:80", "/x", "ws://presence.internal:80/ws"),
            ("http://[::1]:7/here/", "[::1]:7", "/here/x", "ws://[::1]:7/here/ws"),
        ] {
            let address: ServerAddress = text.parse().unwrap();
            assert_eq!(
                (address.authority(), address.path("/x"), address.socket("/ws")),
                (authority, path.to_owned(), socket.to_owned())
            );
        }
        assert_eq!(ServerAddress::find(None).unwrap().authority(), "127.0.0.1:3000");
    }

    #[test]
    fn what_is_no_plain_address_is_refused_without_being_shown() {
        for (text, why) in [
            ("", BadAddress::NotHttp),
            ("127.0.0.1:3000", BadAddress::NotHttp),
            ("ftp://x", BadAddress::NotHttp),
            ("https://presence.example", BadAddress::Https),
            ("http://ann:hush@presence.example", BadAddress::NotPlain),
            ("http://presence.example?token=hush", BadAddress::NotPlain),
        ] {
            let error = text.parse::<ServerAddress>().unwrap_err();
            assert_eq!(error, why, "{text}");
            assert!(!error.to_string().contains("hush"));
        }
    }

    #[test]
    fn every_character_may_stand_in_a_piece_of_a_path() {
        assert_eq!(segment("claude-1"), "claude-1");
        assert_eq!(segment("a/b ä?"), "a%2Fb%20%C3%A4%3F");
    }
}
