//! Where a token may stand before any message, and what else a request says of its sender there.

use axum::extract::{self, Request};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, COOKIE, ORIGIN, SEC_WEBSOCKET_PROTOCOL};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use presence_model::id::{InstanceId, SessionId};
use presence_model::privacy::PrivacyChange;
use presence_model::refusal::{Code, Refusal};
use presence_model::wire::json::hello::read_query;
use serde::Deserialize;

/// A subprotocol that carries a token instead of naming a protocol: browsers can set no header.
const TOKEN_PROTOCOL: &str = "presence.token.";

/// Where backends and agents may put the server's key, besides `Authorization`.
const SERVER_KEY: &str = "x-server-key";

/// Set by browsers and by no page: the request comes from a page of this very origin.
const FETCH_SITE: &str = "sec-fetch-site";

/// Which of the places that are not always open are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// `?token=`: it lands in the logs of whatever stands before this server.
    pub query: bool,
    /// `X-Server-Key`. Closed without a key: who is called by a token would be called by that secret.
    pub server_key: bool,
    /// The name of a cookie.
    pub cookie: Option<String>,
}

/// What a request says of its sender before any message.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Offer {
    pub token: Option<String>,
    pub session_id: Option<SessionId>,
    pub instance_id: Option<InstanceId>,
    pub privacy: PrivacyChange,
}

/// The query of a door. Ids may stand here for clients that can say them nowhere else, and what must be known before
/// anybody is shown.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Query {
    token: Option<String>,
    session_id: Option<String>,
    instance_id: Option<String>,
    privacy: Option<String>,
    invisible: Option<String>,
}

impl Offer {
    pub fn of(request: &Request, places: &Places) -> Result<Self, Refusal> {
        let query = extract::Query::<Query>::try_from_uri(request.uri())
            // The parser's own words name fields, never values.
            .map_err(|error| Refusal::new(Code::BadField, format!("query: {}", error.body_text())))?;
        Self::read(request.headers(), query.0, places)
    }

    /// Of several tokens the one counts that was the most trouble to put there.
    fn read(headers: &HeaderMap, query: Query, places: &Places) -> Result<Self, Refusal> {
        let blank = |text: &String| text.trim().is_empty();
        let session_id = query.session_id.filter(|text| !blank(text)).map(|text| {
            SessionId::parse(&text).map_err(|bad| Refusal::bad_field("query", "sessionId", &bad.to_string()))
        });
        let instance_id = query.instance_id.filter(|text| !blank(text)).map(|text| {
            InstanceId::parse(&text).map_err(|bad| Refusal::bad_field("query", "instanceId", &bad.to_string()))
        });
        let token = match bearer(headers).or_else(|| server_key(headers, places)) {
            Some(token) => Some(token),
            None => protocol_token(headers)?
                .or_else(|| query.token.filter(|_| places.query))
                .or_else(|| cookie(headers, places.cookie.as_deref()?)),
        };
        Ok(Self {
            token: token.filter(|token| !blank(token)),
            session_id: session_id.transpose()?,
            instance_id: instance_id.transpose()?,
            privacy: read_query(query.privacy.as_deref(), query.invisible.as_deref())?,
        })
    }
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

fn server_key(headers: &HeaderMap, places: &Places) -> Option<String> {
    let key = headers.get(SERVER_KEY).filter(|_| places.server_key)?;
    key.to_str().ok().map(|key| key.trim().to_owned())
}

/// A browser sends its cookies whoever wrote the page, so this one counts only for pages that may
/// connect. Foreign origins were turned away before; without any, the browser must name the page ours.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let is_ours = headers.contains_key(ORIGIN) || headers.get(FETCH_SITE).is_some_and(|site| site == "same-origin");
    let pairs = headers.get_all(COOKIE).iter().filter(|_| is_ours).filter_map(|value| value.to_str().ok());
    let mut pairs = pairs.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value.trim_matches('"').to_owned())
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
pub fn decoded(coded: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(coded.trim_end_matches('=')).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn offer(headers: &[(&'static str, &str)], query: Query, places: &Places) -> Result<Offer, Refusal> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        Offer::read(&map, query, places)
    }

    fn places() -> Places {
        Places { query: true, server_key: true, cookie: Some("session".to_owned()) }
    }

    #[test]
    fn tokens_are_found_in_every_place() {
        let query = || Query { token: Some("in-query".to_owned()), ..Query::default() };
        let coded = format!("presence.v1, presence.token.{}", BASE64_URL_SAFE_NO_PAD.encode("in protocol"));
        let token = |headers: &[_]| offer(headers, query(), &places()).unwrap().token.unwrap();
        assert_eq!(token(&[("cookie", "session=in-cookie"), ("origin", "http://localhost")]), "in-query");
        assert_eq!(token(&[("sec-websocket-protocol", &coded)]), "in protocol");
        assert_eq!(token(&[("x-server-key", " in-key "), ("sec-websocket-protocol", &coded)]), "in-key");
        assert_eq!(token(&[("authorization", "bearer  in-header "), ("x-server-key", "in-key")]), "in-header");
        assert_eq!(token(&[("authorization", "Basic YTpi")]), "in-query");
        let blank = Query { token: Some(" ".to_owned()), ..Query::default() };
        assert_eq!(offer(&[], blank, &places()).unwrap().token, None);
    }

    #[test]
    fn places_that_are_closed_hold_nothing() {
        let query = Query { token: Some("in-query".to_owned()), ..Query::default() };
        let headers = [("x-server-key", "key"), ("cookie", "session=a"), ("origin", "http://localhost")];
        assert_eq!(offer(&headers, query, &Places::default()).unwrap().token, None);
    }

    #[test]
    fn a_cookie_counts_only_for_pages_that_may_connect() {
        let token = |headers: &[_]| offer(headers, Query::default(), &places()).unwrap().token;
        let cookie = ("cookie", "a=b; session=\"t.o.k\"; sessions=x");
        assert_eq!(token(&[cookie, ("origin", "http://localhost")]).as_deref(), Some("t.o.k"));
        assert_eq!(token(&[cookie, ("sec-fetch-site", "same-origin")]).as_deref(), Some("t.o.k"));
        assert_eq!(token(&[cookie]), None);
        assert_eq!(token(&[cookie, ("sec-fetch-site", "cross-site")]), None);
        assert_eq!(token(&[("cookie", "sessions=x"), ("origin", "http://localhost")]), None);
    }

    #[test]
    fn what_stands_wrong_before_any_message_is_refused() {
        let protocol = [("sec-websocket-protocol", "presence.token.!")];
        let refusal = offer(&protocol, Query::default(), &places()).err().unwrap();
        assert_eq!(refusal.code, Code::BadToken);
        let query = Query { session_id: Some("x".repeat(999)), ..Query::default() };
        assert_eq!(offer(&[], query, &places()).err().unwrap().field.as_deref(), Some("sessionId"));
    }

    #[test]
    fn who_wants_to_be_unseen_may_say_so_in_the_query_and_is_not_misunderstood() {
        let privacy = |privacy: &str, invisible: &str| {
            let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            let query = Query { privacy: text(privacy), invisible: text(invisible), ..Query::default() };
            offer(&[], query, &places()).map(|offer| offer.privacy)
        };
        let hidden = PrivacyChange { invisible: Some(true), ..PrivacyChange::default() };
        assert_eq!(privacy("", ""), Ok(PrivacyChange::default()));
        assert_eq!(privacy("", "true"), Ok(hidden));
        assert_eq!(privacy(r#"{"invisible":true}"#, " "), Ok(hidden));
        assert_eq!(privacy(r#"{"cursor":false}"#, "true"), Ok(PrivacyChange { cursor: Some(false), ..hidden }));
        for (object, invisible, field) in [
            ("", "yes", "invisible"),
            ("", "1", "invisible"),
            ("invisible", "", "privacy"),
            ("[]", "", "privacy"),
            (r#"{"invisible":"true"}"#, "", "privacy.invisible"),
        ] {
            let refusal = privacy(object, invisible).unwrap_err();
            assert_eq!((refusal.code, refusal.field.as_deref()), (Code::BadField, Some(field)), "{object} {invisible}");
        }
    }
}
