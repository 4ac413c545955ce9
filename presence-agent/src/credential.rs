//! What shows the server who asks. Nothing here can be shown.

use std::env;
use std::fmt;

/// The agent's own token: its `sub` is the agent, and `agent` among its roles.
pub const TOKEN: &str = "PRESENCE_TOKEN";

/// The server's key, with which anything may be said of anybody.
pub const SERVER_KEY: &str = "PRESENCE_SERVER_KEY";

/// A token or a key: the server takes both at the same places.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCredential {
    #[error("the token or key holds a character that no header may hold")]
    NoHeader,
}

impl Credential {
    /// `None` for one that is empty, as variables are that were set to nothing.
    pub fn new(text: &str) -> Result<Option<Self>, BadCredential> {
        let text = text.trim();
        match text {
            "" => Ok(None),
            _ if text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) => Ok(Some(Self(text.to_owned()))),
            _ => Err(BadCredential::NoHeader),
        }
    }

    /// For the line to the server, and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[derive(Clone, Debug, Default)]
pub struct Credentials {
    pub token: Option<Credential>,
    pub key: Option<Credential>,
}

impl Credentials {
    pub fn of_environment() -> Result<Self, BadCredential> {
        let read = |name: &str| {
            let text = env::var_os(name).unwrap_or_default();
            Credential::new(text.to_str().ok_or(BadCredential::NoHeader)?)
        };
        Ok(Self { token: read(TOKEN)?, key: read(SERVER_KEY)? })
    }

    /// What an agent says of itself needs no more than its own token.
    pub fn of_agent(&self) -> Option<&Credential> {
        self.token.as_ref().or(self.key.as_ref())
    }

    /// What is said to people needs the key, or a token as good.
    pub fn of_publisher(&self) -> Option<&Credential> {
        self.key.as_ref().or(self.token.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_trimmed_and_never_shown_and_breaks_no_header() {
        let token = Credential::new(" hush \n").unwrap().unwrap();
        assert_eq!((token.expose(), format!("{token:?}").as_str()), ("hush", "[secret]"));
        assert_eq!(Credential::new("  "), Ok(None));
        for text in ["a\r\nX-Evil: 1", "ä", "a\tb"] {
            assert_eq!(Credential::new(text), Err(BadCredential::NoHeader), "{text:?}");
        }
    }

    #[test]
    fn an_agent_shows_its_own_token_before_the_servers_key() {
        let some = |text: &str| Credential::new(text).unwrap();
        let both = Credentials { token: some("token"), key: some("key") };
        assert_eq!((both.of_agent(), both.of_publisher()), (some("token").as_ref(), some("key").as_ref()));
        let key = Credentials { token: None, key: some("key") };
        assert_eq!(key.of_agent(), some("key").as_ref());
    }
}
