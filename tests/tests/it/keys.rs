//! Which keys a server starts with, and which of them a token is held to.

use std::fs;
use std::path::PathBuf;

use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use presence_model::refusal::Code;
use presence_server::auth::gate::Gate;
use presence_server::config::Config;
use presence_server::secret::Secret;
use presence_tests::tokens::{ALGORITHMS, EC_PUBLIC, RSA_PRIVATE, RSA_PUBLIC, SECRET, claims, sign, signing_key};

const P384_PUBLIC: &str = include_str!("../../fixtures/p384.public.pem");

/// A file that is gone with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("presence-{name}-{}", std::process::id()));
        fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn error(config: &Config) -> String {
    Gate::open(config).unwrap_err().to_string()
}

fn public(text: &str) -> Config {
    Config { jwt_public_key: Some(Secret::new(text)), ..Config::default() }
}

fn set(path: impl Into<PathBuf>) -> Config {
    Config { jwt_jwks: Some(path.into()), ..Config::default() }
}

fn code(gate: &Gate, token: &str) -> Option<Code> {
    gate.principal(token).err().map(|refusal| refusal.code)
}

#[test]
fn a_key_that_cannot_be_one_is_named_and_not_shown() {
    let empty = Scratch::new("empty.json", r#"{"keys":[{"kty":"XYZ"}]}"#);
    let none = Scratch::new("none.json", "hush");
    for (config, says) in [
        (public(RSA_PRIVATE), "private key"),
        (public(P384_PUBLIC), "P-256"),
        (public("-----BEGIN PUBLIC KEY-----\nhush\n-----END PUBLIC KEY-----"), "PEM"),
        (public("/nowhere/hush.pem"), "`jwt_public_key`"),
        (set("https://user:hush@id.example/jwks.json"), "not fetched over the network yet"),
        (set("/nowhere/hush.json"), "`jwt_jwks`"),
        (set(&empty.0), "no key that this server can use"),
        (set(&none.0), "JSON Web Key Set"),
    ] {
        let error = error(&config);
        assert!(error.contains(says) && !error.contains("hush"), "{error}");
    }
}

#[test]
fn a_public_key_may_be_a_file_or_one_line() {
    let file = Scratch::new("ec.pem", EC_PUBLIC);
    let token = sign(Algorithm::ES256, &claims("ann", 60.0));
    for given in [file.0.to_str().unwrap(), &EC_PUBLIC.replace('\n', "\\n")] {
        assert_eq!(code(&Gate::open(&public(given)).unwrap(), &token), None, "{given}");
    }
}

#[test]
fn a_secret_and_a_public_key_are_not_taken_for_each_other() {
    let config = Config { jwt_secret: Some(Secret::new(SECRET)), ..public(RSA_PUBLIC) };
    let gate = Gate::open(&config).unwrap();
    for algorithm in [Algorithm::HS256, Algorithm::RS256] {
        assert_eq!(code(&gate, &sign(algorithm, &claims("ann", 60.0))), None, "{algorithm:?}");
    }
    let key = EncodingKey::from_secret(RSA_PUBLIC.as_bytes());
    let confused = encode(&Header::default(), &claims("ann", 60.0), &key).unwrap();
    assert_eq!(code(&gate, &confused), Some(Code::BadToken));
}

#[test]
fn a_set_is_searched_by_the_name_of_the_key() {
    let keys = ALGORITHMS.map(|algorithm| {
        let mut jwk = Jwk::from_encoding_key(&signing_key(algorithm), algorithm).unwrap();
        jwk.common.key_id = Some(format!("{algorithm:?}"));
        jwk
    });
    let file = Scratch::new("set.json", &serde_json::to_string(&JwkSet { keys: keys.to_vec() }).unwrap());
    let gate = Gate::open(&set(&file.0)).unwrap();
    for algorithm in ALGORITHMS {
        let signed = |kid: Option<&str>| {
            let header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) };
            encode(&header, &claims("ann", 60.0), &signing_key(algorithm)).unwrap()
        };
        let own = format!("{algorithm:?}");
        for (kid, refused) in [
            (Some(own.as_str()), None),
            (None, None),
            (Some("another"), Some(Code::BadToken)),
            (Some(if algorithm == Algorithm::HS256 { "RS256" } else { "HS256" }), Some(Code::BadToken)),
        ] {
            assert_eq!(code(&gate, &signed(kid)), refused, "{algorithm:?} {kid:?}");
        }
    }
}

#[test]
fn clocks_may_be_half_a_minute_apart() {
    let gate = Gate::open(&Config { jwt_secret: Some(Secret::new(SECRET)), ..Config::default() }).unwrap();
    let with = |name: &str, seconds: f64| {
        let mut claims = claims("ann", 60.0);
        claims[name] = (presence_tests::tokens::now() + seconds).into();
        code(&gate, &sign(Algorithm::HS256, &claims))
    };
    assert_eq!((with("exp", -25.0), with("exp", -35.0)), (None, Some(Code::TokenExpired)));
    assert_eq!((with("nbf", 25.0), with("nbf", 35.0)), (None, Some(Code::BadToken)));
}
