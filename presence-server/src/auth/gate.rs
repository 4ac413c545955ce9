//! The rules by which tokens are taken.

use std::sync::Arc;

use presence_model::command::{Hello, Principal};
use presence_model::id::{InstanceId, MAX_ID_BYTES, SessionId, UserId};
use presence_model::refusal::{Code, Refusal};
use serde::Deserialize;
use subtle::ConstantTimeEq;

use crate::auth::claims::{self, SERVER, bad_token};
use crate::auth::keys::{KeyError, Keys, filled};
use crate::auth::offer::{Places, decoded};
use crate::clock::wall_now;
use crate::config::Config;
use crate::secret::Secret;

/// How much of a development token becomes the user's id, in characters and, as ids go, in bytes.
const NAME_CHARS: usize = 64;

#[derive(Clone, Debug)]
pub enum Gate {
    /// No key is configured: any token is taken as its user's name, and the server binds loopback only.
    Development,
    /// A token counts if one of our keys made it.
    Production(Arc<Locks>),
}

#[derive(Debug)]
pub struct Locks {
    keys: Keys,
    /// What the app's own backends say instead of a token.
    server_key: Option<Secret>,
}

/// What we read of a token without checking it.
#[derive(Deserialize)]
struct Unchecked {
    sub: String,
    name: Option<String>,
    image: Option<String>,
}

impl Gate {
    pub fn open(config: &Config) -> Result<Self, KeyError> {
        if !config.has_key() {
            return Ok(Self::Development);
        }
        let server_key = config.server_key.clone();
        if let Some(key) = &server_key {
            filled("server_key", key)?;
        }
        Ok(Self::Production(Arc::new(Locks { keys: Keys::load(config)?, server_key })))
    }

    /// Where tokens may stand.
    pub fn places(&self, config: &Config) -> Places {
        Places {
            query: config.allow_query_token || matches!(self, Self::Development),
            server_key: config.server_key.is_some(),
            cookie: config.auth_cookie.clone(),
        }
    }

    pub fn principal(&self, token: &str) -> Result<Principal, Refusal> {
        let token = token.trim();
        match self {
            Self::Development => match unchecked(token) {
                Some(claims) => named(&claims.sub, claims.name, claims.image),
                None => named(beginning(token), None, None),
            },
            Self::Production(locks) if locks.is_server_key(token) => server(),
            Self::Production(locks) => claims::principal(&locks.keys.verify(token)?, locks.keys.leeway(), wall_now()),
        }
    }

    /// Who a client without a token is, where such are let in: its device, or a guest named by its instance.
    pub fn guest(
        &self,
        message: &str,
        hello: &Hello,
        device: Option<&str>,
        fresh: &SessionId,
    ) -> Result<Principal, Refusal> {
        match (self, device) {
            (Self::Development, Some(device)) => named(device, None, None),
            (Self::Development, None) => {
                let instance = hello.instance_id.as_ref().map(InstanceId::as_str);
                let session = hello.session_id.as_ref().unwrap_or(fresh).as_str();
                // Instances are compared without case, so their guests must be too.
                let name = instance.unwrap_or(session).to_lowercase();
                named(beginning(&format!("guest-{name}")), None, None)
            }
            (Self::Production(_), _) => {
                Err(Refusal::new(Code::Unauthenticated, format!("{message}: this server takes nobody without a token")))
            }
        }
    }
}

impl Locks {
    fn is_server_key(&self, token: &str) -> bool {
        // In constant time: how long a comparison takes must not tell how much of the key was right.
        self.server_key.as_ref().is_some_and(|key| key.expose().trim().as_bytes().ct_eq(token.as_bytes()).into())
    }
}

/// The app's own backend.
fn server() -> Result<Principal, Refusal> {
    Ok(Principal { scopes: vec!["operator.admin".to_owned()], ..named(SERVER, None, None)? })
}

/// The claims of a token that looks like a JWT.
fn unchecked(token: &str) -> Option<Unchecked> {
    let mut parts = token.split('.');
    let (_header, body, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    serde_json::from_slice(&decoded(body)?).ok()
}

/// As much of a text as fits into a development user's id.
fn beginning(text: &str) -> &str {
    let mut ends = text.char_indices().map(|(at, letter)| at + letter.len_utf8());
    let end = ends.by_ref().take(NAME_CHARS).take_while(|end| *end <= MAX_ID_BYTES).last();
    &text[..end.unwrap_or(0)]
}

/// Somebody with every right.
fn named(id: &str, name: Option<String>, image: Option<String>) -> Result<Principal, Refusal> {
    let user_id = UserId::parse(id).map_err(|bad| bad_token(&format!("the user's name in `token` must {bad}")))?;
    Principal::trusted(user_id).named(name, image)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use presence_model::grant::Grants;

    fn user(token: &str) -> String {
        Gate::Development.principal(token).unwrap().user_id.as_str().to_owned()
    }

    fn jwt(claims: &str) -> String {
        format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn a_development_token_is_the_users_name() {
        assert_eq!(user(" Guest 42 "), "Guest 42");
        assert_eq!(user(&"ä".repeat(100)), "ä".repeat(64));
        assert_eq!(user(&"🦀".repeat(100)), "🦀".repeat(32));
        assert_eq!(user("a.b.c"), "a.b.c");
        let without_subject = jwt(r#"{"name":"Ann"}"#);
        assert_eq!(user(&without_subject), without_subject);
    }

    #[test]
    fn a_development_jwt_is_its_subject() {
        let principal = Gate::Development.principal(&jwt(r#"{"sub":"ann","name":"Ann","image":"/a.png","exp":1}"#));
        let principal = principal.unwrap();
        assert_eq!((principal.user_id.as_str(), principal.name.as_str()), ("ann", "Ann"));
        assert_eq!(principal.image.as_deref(), Some("/a.png"));
        let long = format!("https://id.example/{}", "b".repeat(80));
        assert_eq!(user(&jwt(&format!(r#"{{"sub":"{long}"}}"#))), long);
    }

    #[test]
    fn a_token_that_can_be_no_name_is_refused() {
        for token in ["\u{0}", "a\nb", &jwt(r#"{"sub":""}"#)] {
            let refusal = Gate::Development.principal(token).unwrap_err();
            assert_eq!((refusal.code, refusal.field.as_deref()), (Code::BadToken, Some("token")), "{token:?}");
        }
    }

    #[test]
    fn a_guest_is_named_by_its_instance_without_regard_to_case() {
        let fresh = SessionId::parse("f00").unwrap();
        let guest = |hello: &Hello| Gate::Development.guest("connect", hello, None, &fresh).unwrap();
        let hello = Hello { instance_id: Some(InstanceId::parse("ABC-1").unwrap()), ..Hello::default() };
        assert_eq!(guest(&hello).user_id.as_str(), "guest-abc-1");
        assert_eq!(guest(&Hello::default()).user_id.as_str(), "guest-f00");
        guest(&Hello { instance_id: Some(InstanceId::parse(&"x".repeat(128)).unwrap()), ..Hello::default() });
        let device = Gate::Development.guest("connect", &hello, Some("d-1"), &fresh).unwrap();
        assert_eq!(device.user_id.as_str(), "d-1");
    }

    #[test]
    fn the_servers_key_is_the_server_and_nothing_else_is() {
        let config = Config { server_key: Some(Secret::new("the key")), ..Config::default() };
        let gate = Gate::open(&config).unwrap();
        let server = gate.principal(" the key ").unwrap();
        assert_eq!((server.user_id.as_str(), server.scopes.as_slice()), ("server", &["operator.admin".to_owned()][..]));
        assert_eq!(server.rooms, Grants::All);
        for token in ["the ke", "the key2", "THE KEY", "", "a.b.c"] {
            assert_eq!(gate.principal(token).unwrap_err().code, Code::BadToken, "{token}");
        }
        let fresh = SessionId::parse("f00").unwrap();
        let refusal = gate.guest("connect", &Hello::default(), None, &fresh).unwrap_err();
        assert_eq!(refusal.code, Code::Unauthenticated);
    }

    #[test]
    fn a_key_that_is_set_and_empty_opens_nothing() {
        for config in [
            Config { server_key: Some(Secret::new(" ")), ..Config::default() },
            Config { jwt_secret: Some(Secret::new("")), ..Config::default() },
            Config { jwt_public_key: Some(Secret::new("")), ..Config::default() },
        ] {
            assert!(matches!(Gate::open(&config), Err(KeyError::Empty(_))));
        }
    }
}
