//! Who a socket speaks for. Today there is one mode, development: no key is configured, so any token
//! is taken as the user's name, and the server binds loopback only.

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use presence_model::command::{Hello, Principal};
use presence_model::id::{InstanceId, MAX_ID_BYTES, SessionId, UserId};
use presence_model::refusal::{Code, Refusal};
use serde::Deserialize;

/// A subprotocol that carries a token instead of naming a protocol: browsers can set no header.
const TOKEN_PROTOCOL: &str = "presence.token.";

/// How much of a development token becomes the user's id, in characters and, as ids go, in bytes.
const NAME_CHARS: usize = 64;

/// What a request says of its sender before any message, in the order in which it counts.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Offer {
    pub token: Option<String>,
    pub session_id: Option<SessionId>,
    pub instance_id: Option<InstanceId>,
}

/// The query of a door. Ids may stand here for clients that can say them nowhere else.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Query {
    token: Option<String>,
    session_id: Option<String>,
    instance_id: Option<String>,
}

impl Offer {
    pub fn read(headers: &HeaderMap, query: Query) -> Result<Self, Refusal> {
        let blank = |text: &String| text.trim().is_empty();
        let session_id = query.session_id.filter(|text| !blank(text)).map(|text| {
            SessionId::parse(&text).map_err(|bad| Refusal::bad_field("query", "sessionId", &bad.to_string()))
        });
        let instance_id = query.instance_id.filter(|text| !blank(text)).map(|text| {
            InstanceId::parse(&text).map_err(|bad| Refusal::bad_field("query", "instanceId", &bad.to_string()))
        });
        let token = match bearer(headers) {
            Some(token) => Some(token),
            None => protocol_token(headers)?.or(query.token),
        };
        Ok(Self {
            token: token.filter(|token| !blank(token)),
            session_id: session_id.transpose()?,
            instance_id: instance_id.transpose()?,
        })
    }
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

/// The subprotocols a client offers, in its order.
pub fn protocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

fn protocol_token(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(coded) = protocols(headers).find_map(|protocol| protocol.strip_prefix(TOKEN_PROTOCOL)) else {
        return Ok(None);
    };
    decoded(coded).and_then(|bytes| String::from_utf8(bytes).ok()).map(Some).ok_or_else(|| {
        let text = format!("subprotocol: what follows `{TOKEN_PROTOCOL}` must be base64url of a text");
        Refusal::new(Code::BadToken, text)
    })
}

/// Base64url, with padding or without.
fn decoded(coded: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(coded.trim_end_matches('=')).ok()
}

/// The rules by which tokens are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// No key is configured.
    Development,
}

/// What we read of a token without checking it.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    name: Option<String>,
    image: Option<String>,
}

impl Gate {
    pub fn principal(self, token: &str) -> Result<Principal, Refusal> {
        match self {
            Self::Development => match claims(token) {
                Some(claims) => named(&claims.sub, claims.name, claims.image),
                None => named(beginning(token.trim()), None, None),
            },
        }
    }

    /// Who a client without a token is, where such are let in: a guest, named by its instance.
    pub fn guest(self, hello: &Hello, fresh: &SessionId) -> Result<Principal, Refusal> {
        match self {
            Self::Development => {
                let instance = hello.instance_id.as_ref().map(InstanceId::as_str);
                let session = hello.session_id.as_ref().unwrap_or(fresh).as_str();
                // Instances are compared without case, so their guests must be too.
                let name = instance.unwrap_or(session).to_lowercase();
                named(beginning(&format!("guest-{name}")), None, None)
            }
        }
    }
}

/// The claims of a token that looks like a JWT.
fn claims(token: &str) -> Option<Claims> {
    let mut parts = token.trim().split('.');
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

fn named(id: &str, name: Option<String>, image: Option<String>) -> Result<Principal, Refusal> {
    let user_id = UserId::parse(id).map_err(|bad| {
        Refusal::new(Code::BadToken, format!("auth: the user's name in `token` must {bad}")).at("token")
    })?;
    Principal::trusted(user_id).named(name, image)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

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
        let hello = Hello { instance_id: Some(InstanceId::parse("ABC-1").unwrap()), ..Hello::default() };
        assert_eq!(Gate::Development.guest(&hello, &fresh).unwrap().user_id.as_str(), "guest-abc-1");
        let nameless = Gate::Development.guest(&Hello::default(), &fresh).unwrap();
        assert_eq!(nameless.user_id.as_str(), "guest-f00");
        let long = Hello { instance_id: Some(InstanceId::parse(&"x".repeat(128)).unwrap()), ..Hello::default() };
        assert!(Gate::Development.guest(&long, &fresh).is_ok());
    }

    fn offer(headers: &[(&'static str, &str)], query: Query) -> Result<Offer, Refusal> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        Offer::read(&map, query)
    }

    #[test]
    fn tokens_are_found_in_every_place() {
        let query = || Query { token: Some("in-query".to_owned()), ..Query::default() };
        let coded = format!("presence.v1, presence.token.{}", BASE64_URL_SAFE_NO_PAD.encode("in protocol"));
        let token = |headers: &[_]| offer(headers, query()).unwrap().token.unwrap();
        assert_eq!(token(&[]), "in-query");
        assert_eq!(token(&[("sec-websocket-protocol", &coded)]), "in protocol");
        assert_eq!(token(&[("authorization", "bearer  in-header "), ("sec-websocket-protocol", &coded)]), "in-header");
        assert_eq!(token(&[("authorization", "Basic YTpi")]), "in-query");
        assert_eq!(offer(&[], Query { token: Some(" ".to_owned()), ..Query::default() }).unwrap().token, None);
    }

    #[test]
    fn what_stands_wrong_before_any_message_is_refused() {
        let refusal = offer(&[("sec-websocket-protocol", "presence.token.!")], Query::default()).err().unwrap();
        assert_eq!(refusal.code, Code::BadToken);
        let query = Query { session_id: Some("x".repeat(999)), ..Query::default() };
        assert_eq!(offer(&[], query).err().unwrap().field.as_deref(), Some("sessionId"));
    }
}
