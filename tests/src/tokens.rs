//! Tokens, good and bad, and the keys for them. The private keys in `fixtures` were made for these tests
//! with openssl and open nothing.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use presence_model::refusal::Code;
use presence_server::config::Config;
use presence_server::secret::Secret;
use serde_json::{Value, json};

pub const SECRET: &str = "a secret that only this test and its server know";
pub const SERVER_KEY: &str = "the key of the app's own backends";
pub const AUDIENCE: &str = "presence";

pub const RSA_PUBLIC: &str = include_str!("../fixtures/rsa.public.pem");
pub const RSA_PRIVATE: &str = include_str!("../fixtures/rsa.private.pem");
pub const EC_PUBLIC: &str = include_str!("../fixtures/ec.public.pem");
pub const EC_PRIVATE: &str = include_str!("../fixtures/ec.private.pem");
pub const ED_PUBLIC: &str = include_str!("../fixtures/ed.public.pem");
pub const ED_PRIVATE: &str = include_str!("../fixtures/ed.private.pem");

pub const ALGORITHMS: [Algorithm; 4] = [Algorithm::HS256, Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];

/// Makes a server take tokens of one algorithm, for our audience.
pub fn configure(config: &mut Config, algorithm: Algorithm) {
    let public = match algorithm {
        Algorithm::RS256 => RSA_PUBLIC,
        Algorithm::ES256 => EC_PUBLIC,
        Algorithm::EdDSA => ED_PUBLIC,
        _ => {
            config.jwt_secret = Some(Secret::new(SECRET));
            ""
        }
    };
    config.jwt_public_key = (!public.is_empty()).then(|| Secret::new(public));
    config.jwt_audience = Some(AUDIENCE.to_owned());
    config.server_key = Some(Secret::new(SERVER_KEY));
}

pub fn signing_key(algorithm: Algorithm) -> EncodingKey {
    match algorithm {
        Algorithm::RS256 => EncodingKey::from_rsa_pem(RSA_PRIVATE.as_bytes()),
        Algorithm::ES256 => EncodingKey::from_ec_pem(EC_PRIVATE.as_bytes()),
        Algorithm::EdDSA => EncodingKey::from_ed_pem(ED_PRIVATE.as_bytes()),
        _ => Ok(EncodingKey::from_secret(SECRET.as_bytes())),
    }
    .expect("the test's keys are keys")
}

pub fn sign(algorithm: Algorithm, claims: &Value) -> String {
    encode(&Header::new(algorithm), claims, &signing_key(algorithm)).expect("the test's keys sign")
}

/// Seconds on the wall clock.
pub fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is set").as_secs_f64()
}

/// A token of somebody for every room, that ends in so many seconds.
pub fn token(user: &str, seconds: f64) -> String {
    sign(Algorithm::HS256, &claims(user, seconds))
}

pub fn claims(user: &str, seconds: f64) -> Value {
    json!({ "sub": user, "aud": AUDIENCE, "exp": now() + seconds, "rooms": { "*": ["read", "write", "control"] } })
}

/// A token that must not be taken, and how it is refused.
pub struct Bad {
    pub what: &'static str,
    pub token: String,
    pub code: Code,
    pub says: &'static str,
}

/// Everything that can be wrong with ann's token where the server takes `algorithm`.
pub fn bad_tokens(algorithm: Algorithm) -> Vec<Bad> {
    let with = |name: &str, value: Value| {
        let mut claims = claims("ann", 600.0);
        claims[name] = value;
        claims
    };
    let without = |name: &str| {
        let mut claims = claims("ann", 600.0);
        claims.as_object_mut().expect("claims are an object").remove(name);
        claims
    };
    let signed = |claims: &Value| sign(algorithm, claims);
    let good = signed(&claims("ann", 600.0));
    let mut list = vec![];
    let mut add = |what, token, code, says| list.push(Bad { what, token, code, says });
    add("expired", signed(&with("exp", json!(now() - 60.0))), Code::TokenExpired, "expired");
    add("not yet valid", signed(&with("nbf", json!(now() + 60.0))), Code::BadToken, "not valid yet");
    add("another audience", signed(&with("aud", json!("another"))), Code::BadToken, "audience");
    add("no audience", signed(&without("aud")), Code::BadToken, "audience");
    add("no subject", signed(&without("sub")), Code::BadToken, "`sub`");
    add("the backend's name", signed(&with("sub", json!("server"))), Code::BadToken, "`server`");
    add("rooms of a wrong type", signed(&with("rooms", json!({ "*": ["fly"] }))), Code::BadToken, "`rooms`");
    add("another's signature", with_body_of(&good, &claims("eve", 600.0)), Code::BadToken, "signature");
    add("no signature", good[..good.rfind('.').map_or(0, |dot| dot + 1)].to_owned(), Code::BadToken, "signature");
    add("alg none", unsigned(&claims("ann", 600.0)), Code::BadToken, "no JWT");
    add("no JWT", "ann".to_owned(), Code::BadToken, "no JWT");
    if algorithm == Algorithm::HS256 {
        let key = EncodingKey::from_secret(b"another secret");
        let token = encode(&Header::default(), &claims("ann", 600.0), &key).expect("any secret signs");
        add("another secret", token, Code::BadToken, "signature");
        add("another algorithm", sign(Algorithm::RS256, &claims("ann", 600.0)), Code::BadToken, "algorithm");
    } else {
        add("the public key as a secret", confused(algorithm), Code::BadToken, "algorithm");
        add("another algorithm", sign(Algorithm::HS256, &claims("ann", 600.0)), Code::BadToken, "algorithm");
    }
    list
}

fn encoded(value: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
}

fn unsigned(claims: &Value) -> String {
    format!("{}.{}.", encoded(&json!({ "alg": "none", "typ": "JWT" })), encoded(claims))
}

fn with_body_of(token: &str, claims: &Value) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    format!("{}.{}.{}", parts[0], encoded(claims), parts[2])
}

/// What is public, taken for a secret: whoever takes the algorithm from the token would believe it.
fn confused(algorithm: Algorithm) -> String {
    let public = match algorithm {
        Algorithm::RS256 => RSA_PUBLIC,
        Algorithm::ES256 => EC_PUBLIC,
        _ => ED_PUBLIC,
    };
    let key = EncodingKey::from_secret(public.as_bytes());
    encode(&Header::default(), &claims("ann", 600.0), &key).expect("any secret signs")
}
