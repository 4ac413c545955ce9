//! `presence-server token`: makes a token that this server takes.

use jsonwebtoken::{EncodingKey, Header, encode};
use presence_model::grant::Right;
use presence_model::time::Millis;
use serde_json::{Value, json};

use crate::args::Minting;
use crate::auth::claims::{self, Claims};
use crate::auth::keys::{KeyError, filled};
use crate::config::Config;

#[derive(Debug, thiserror::Error)]
pub enum MintError {
    #[error("there is no secret to sign with: set PRESENCE_JWT_SECRET, or `jwt_secret` in the configuration file")]
    NoSecret,
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("`--room {0}` must be a pattern and its rights: 'team-*=read,write'; rights are read, write and control")]
    Room(String),
    #[error("`--expires-in {0}` must be a length of time such as 90s, 15m, 12h or 30d")]
    Length(String),
    /// The server would not take it.
    #[error("{0}")]
    Useless(String),
    #[error("the token cannot be signed")]
    Signing,
}

/// The token of `wanted`, as of `wall`.
pub fn mint(wanted: &Minting, config: &Config, wall: Millis) -> Result<String, MintError> {
    let secret = filled("jwt_secret", config.jwt_secret.as_ref().ok_or(MintError::NoSecret)?)?;
    let now = wall.0 / 1_000;
    let mut claims = Claims::new();
    claims.insert("sub".to_owned(), json!(wanted.sub));
    claims.insert("iat".to_owned(), json!(now));
    claims.insert("exp".to_owned(), json!(now.saturating_add(seconds(&wanted.expires_in)?)));
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            claims.insert(name.to_owned(), value);
        }
    };
    put("name", wanted.name.as_ref().map(|name| json!(name)));
    put("image", wanted.image.as_ref().map(|image| json!(image)));
    put("roles", (!wanted.roles.is_empty()).then(|| json!(wanted.roles)));
    put("scopes", (!wanted.scopes.is_empty()).then(|| json!(wanted.scopes)));
    put("rooms", rooms(&wanted.rooms)?);
    put("aud", config.jwt_audience.as_ref().map(|audience| json!(audience)));
    claims::principal(&claims, Millis::ZERO, wall).map_err(|refusal| MintError::Useless(refusal.message))?;
    encode(&Header::default(), &claims, &EncodingKey::from_secret(secret.as_bytes())).map_err(|_| MintError::Signing)
}

fn rooms(given: &[String]) -> Result<Option<Value>, MintError> {
    let mut rooms = Claims::new();
    for one in given {
        let bad = || MintError::Room(one.clone());
        // A pattern may hold the sign too.
        let (pattern, rights) = one.rsplit_once('=').ok_or_else(bad)?;
        let rights: Option<Vec<Right>> = rights.split(',').map(|right| Right::named(right.trim())).collect();
        rooms.insert(pattern.to_owned(), json!(rights.ok_or_else(bad)?));
    }
    Ok((!rooms.is_empty()).then_some(Value::Object(rooms)))
}

/// `90s`, `15m`, `12h`, `30d`; a bare number is seconds.
fn seconds(text: &str) -> Result<u64, MintError> {
    let number = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = match &text[number.len()..] {
        "" | "s" => Some(1),
        "m" => Some(60),
        "h" => Some(3_600),
        "d" => Some(86_400),
        _ => None,
    };
    let length = number.parse::<u64>().ok().zip(unit).and_then(|(number, unit)| number.checked_mul(unit));
    length.ok_or_else(|| MintError::Length(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::gate::Gate;
    use crate::clock::wall_now;
    use crate::secret::Secret;
    use presence_model::id::RoomId;

    fn config() -> Config {
        let secret = Some(Secret::new("a secret of at least 32 characters"));
        Config { jwt_secret: secret, jwt_audience: Some("presence".to_owned()), ..Config::default() }
    }

    fn wanted() -> Minting {
        Minting { sub: "ann".to_owned(), expires_in: "1h".to_owned(), ..Minting::default() }
    }

    #[test]
    fn what_is_minted_is_taken() {
        let rooms = vec!["team-*=read, write".to_owned(), "a=b=control".to_owned()];
        let wanted = Minting { name: Some("Ann".to_owned()), roles: vec!["agent".to_owned()], rooms, ..wanted() };
        let wall = wall_now();
        let token = mint(&wanted, &config(), wall).unwrap();
        let ann = Gate::open(&config()).unwrap().principal(&token).unwrap();
        assert_eq!((ann.user_id.as_str(), ann.name.as_str(), ann.roles), ("ann", "Ann", vec!["agent".to_owned()]));
        let allow = |room, right| ann.rooms.allow(&RoomId::parse(room).unwrap(), right);
        assert!(allow("team-1", Right::Write) && allow("a=b", Right::Control) && !allow("x", Right::Read));
        assert_eq!(ann.expires_at, Some(Millis::seconds(wall.0 / 1_000 + 3_600)));
    }

    #[test]
    fn what_cannot_be_minted_is_said() {
        let error = |wanted, config: &Config| mint(&wanted, config, wall_now()).unwrap_err().to_string();
        assert!(error(wanted(), &Config::default()).contains("PRESENCE_JWT_SECRET"));
        for room in ["team-*", "team-*=fly", "x="] {
            assert!(error(Minting { rooms: vec![room.to_owned()], ..wanted() }, &config()).contains(room));
        }
        for length in ["", "h", "1w", "-1s", "99999999999999999999d", "1é"] {
            let text = error(Minting { expires_in: length.to_owned(), ..wanted() }, &config());
            assert!(text.contains("--expires-in"), "{text}");
        }
        assert!(error(Minting { sub: " ".to_owned(), ..wanted() }, &config()).contains("`sub`"));
    }
}
