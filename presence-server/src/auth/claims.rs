//! From what a token says to whom it names and what it allows.

use presence_model::command::Principal;
use presence_model::grant::{Grants, Pattern, Right};
use presence_model::id::UserId;
use presence_model::refusal::{Code, Refusal};
use presence_model::time::Millis;
use serde_json::{Map, Value};

pub type Claims = Map<String, Value>;

/// A token that is not taken. The sentence must not quote it: sentences are logged.
pub fn bad_token(text: &str) -> Refusal {
    Refusal::new(Code::BadToken, format!("auth: {text}")).at("token")
}

/// How the app's own backend is called, which has the server's key.
pub const SERVER: &str = "server";

/// Whom a token that was checked names.
pub fn principal(claims: &Claims, leeway: Millis, wall: Millis) -> Result<Principal, Refusal> {
    let Some(Value::String(subject)) = claims.get("sub") else {
        return Err(bad_token("the token's claim `sub` must be a text that names the user"));
    };
    let user_id = UserId::parse(subject).map_err(|bad| bad_token(&format!("the token's claim `sub` must {bad}")))?;
    if user_id.as_str() == SERVER {
        return Err(bad_token("the token's claim `sub` must be another one: `server` is who has the server's key"));
    }
    let named = Principal::trusted(user_id).named(text(claims, "name")?, text(claims, "image")?);
    Ok(Principal {
        roles: words(claims, "roles")?,
        scopes: words(claims, "scopes")?,
        rooms: rooms(claims)?,
        holds_all: false,
        expires_at: end(claims, leeway, wall),
        ..named.map_err(|bad| Refusal { code: Code::BadToken, ..bad }.at("token"))?
    })
}

fn present<'a>(claims: &'a Claims, name: &str) -> Option<&'a Value> {
    claims.get(name).filter(|value| !value.is_null())
}

fn text(claims: &Claims, name: &str) -> Result<Option<String>, Refusal> {
    match present(claims, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(bad_token(&format!("the token's claim `{name}` must be a text"))),
    }
}

/// A list, or one text with spaces between, as OAuth writes scopes.
fn words(claims: &Claims, name: &str) -> Result<Vec<String>, Refusal> {
    let words = match present(claims, name) {
        None => Some(vec![]),
        Some(Value::String(text)) => Some(text.split_whitespace().map(str::to_owned).collect()),
        Some(Value::Array(list)) => list.iter().map(|word| word.as_str().map(str::to_owned)).collect(),
        Some(_) => None,
    };
    words.ok_or_else(|| bad_token(&format!("the token's claim `{name}` must be a list of texts")))
}

fn rooms(claims: &Claims) -> Result<Grants, Refusal> {
    let bad = || {
        bad_token("the token's claim `rooms` must be an object from patterns to lists of `read`, `write` and `control`")
    };
    let rooms = match present(claims, "rooms") {
        // Nothing granted is nothing allowed.
        None => return Ok(Grants::Rooms(vec![])),
        Some(Value::Object(rooms)) => rooms,
        Some(_) => return Err(bad()),
    };
    let granted = rooms.iter().map(|(pattern, rights)| {
        let rights: Option<Vec<Right>> = rights.as_array()?.iter().map(|right| Right::named(right.as_str()?)).collect();
        Some((Pattern::new(pattern), rights?))
    });
    granted.collect::<Option<_>>().map(Grants::Rooms).ok_or_else(bad)
}

/// When a token ends for who is connected: when it says so. One that was taken although it is over, since
/// clocks differ, has what is left of the leeway.
fn end(claims: &Claims, leeway: Millis, wall: Millis) -> Option<Millis> {
    // Seconds, perhaps with a fraction. The cast saturates.
    let says = Millis((present(claims, "exp")?.as_f64()? * 1_000.0) as u64);
    Some(if says > wall { says } else { says + leeway })
}

#[cfg(test)]
mod tests {
    use super::*;
    use presence_model::id::RoomId;
    use serde_json::json;

    const WALL: Millis = Millis::seconds(1_000);

    fn read(claims: Value) -> Result<Principal, Refusal> {
        let Value::Object(claims) = claims else { panic!("{claims} is no object") };
        principal(&claims, Millis::seconds(30), WALL)
    }

    #[test]
    fn every_claim_has_its_place() {
        let ann = read(json!({
            "sub": " ann ", "name": "Ann", "image": "/a.png", "roles": ["agent"], "scopes": "operator.read x",
            "rooms": { "team-*": ["read", "write"], "stage": ["control"] }, "exp": 1_060.5, "unknown": 1,
        }));
        let ann = ann.unwrap();
        assert_eq!((ann.user_id.as_str(), ann.name.as_str(), ann.image.as_deref()), ("ann", "Ann", Some("/a.png")));
        assert_eq!(
            (ann.roles, ann.scopes),
            (vec!["agent".to_owned()], vec!["operator.read".to_owned(), "x".to_owned()])
        );
        assert_eq!(ann.expires_at, Some(Millis(1_060_500)));
        let allow = |room, right| ann.rooms.allow(&RoomId::parse(room).unwrap(), right);
        assert!(allow("team-1", Right::Write) && !allow("team-1", Right::Control) && allow("stage", Right::Control));
    }

    #[test]
    fn what_is_not_granted_is_not_allowed() {
        let bare = read(json!({ "sub": "ann", "rooms": null, "name": null })).unwrap();
        assert_eq!((bare.rooms, bare.name.as_str(), bare.expires_at), (Grants::Rooms(vec![]), "ann", None));
    }

    #[test]
    fn a_claim_of_the_wrong_type_is_named_and_not_quoted() {
        for (claims, name) in [
            (json!({}), "sub"),
            (json!({ "sub": 7_777 }), "sub"),
            (json!({ "sub": " " }), "sub"),
            (json!({ "sub": "a", "name": 7_777 }), "name"),
            (json!({ "sub": "a", "name": "7777".repeat(99) }), "name"),
            (json!({ "sub": "a", "roles": [7_777] }), "roles"),
            (json!({ "sub": "a", "scopes": 7_777 }), "scopes"),
            (json!({ "sub": "a", "rooms": ["7777"] }), "rooms"),
            (json!({ "sub": "a", "rooms": { "7777": "read" } }), "rooms"),
            (json!({ "sub": "a", "rooms": { "x": ["7777"] } }), "rooms"),
        ] {
            let refusal = read(claims.clone()).unwrap_err();
            assert_eq!((refusal.code, refusal.field.as_deref()), (Code::BadToken, Some("token")), "{claims}");
            assert!(refusal.message.contains(&format!("`{name}`")) && !refusal.message.contains("7777"), "{refusal}");
        }
    }

    #[test]
    fn a_token_taken_late_has_what_is_left_of_the_leeway() {
        let end = |exp: f64| read(json!({ "sub": "a", "exp": exp })).unwrap().expires_at;
        assert_eq!(end(1_001.0), Some(Millis::seconds(1_001)));
        assert_eq!(end(990.0), Some(Millis::seconds(1_020)));
        assert_eq!(end(1e300), Some(Millis(u64::MAX)));
        assert_eq!(end(-5.0), Some(Millis::seconds(30)));
    }
}
