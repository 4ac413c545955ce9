//! The keys by which tokens are checked, and the check. A key takes one algorithm and no other: that
//! leaves no room for `alg: none`, nor for a public key used as if it were a secret.

use std::fmt;
use std::path::Path;
use std::{fs, io};

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, Validation, decode, decode_header};
use presence_model::refusal::{Code, Refusal};
use presence_model::time::Millis;

use crate::auth::claims::{Claims, bad_token};
use crate::config::Config;
use crate::secret::Secret;

/// What is wrong with a configured key. None of it quotes what stands there.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("`{0}` is set and empty: give it a value, or leave it out")]
    Empty(&'static str),
    #[error("`{0}` names a file that cannot be read")]
    Unreadable(&'static str, #[source] io::Error),
    #[error(
        "`jwt_jwks` is a URL: keys are not fetched over the network yet, so save the set to a file and give its path"
    )]
    Url,
    #[error("`jwt_public_key` is a private key: give this server the public one only")]
    Private,
    #[error(
        "`jwt_public_key` must be a public key in PEM (RSA, EC on P-256, or Ed25519), or the path of a file with one"
    )]
    NoPublicKey,
    #[error("`jwt_jwks` must be the path of a file with a JSON Web Key Set")]
    NoSet,
    #[error("`jwt_jwks` holds no key that this server can use: RSA, EC on P-256, Ed25519, or a secret of HS256")]
    EmptySet,
}

struct Key {
    /// The name by which tokens ask for it, if it has one.
    id: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

pub struct Keys {
    keys: Vec<Key>,
    audience: Option<String>,
    leeway: Millis,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithms: Vec<_> = self.keys.iter().map(|key| key.algorithm).collect();
        f.debug_struct("Keys").field("algorithms", &algorithms).finish_non_exhaustive()
    }
}

const PEM: &str = "-----BEGIN ";

impl Keys {
    pub fn load(config: &Config) -> Result<Self, KeyError> {
        let mut keys = vec![];
        if let Some(secret) = &config.jwt_secret {
            let key = DecodingKey::from_secret(filled("jwt_secret", secret)?.as_bytes());
            keys.push(Key { id: None, algorithm: Algorithm::HS256, key });
        }
        if let Some(given) = &config.jwt_public_key {
            keys.push(public_key(&pem(filled("jwt_public_key", given)?)?)?);
        }
        if let Some(path) = &config.jwt_jwks {
            keys.extend(set(path)?);
        }
        Ok(Self { keys, audience: config.jwt_audience.clone(), leeway: config.timing.token_leeway })
    }

    pub const fn leeway(&self) -> Millis {
        self.leeway
    }

    /// What a token says, if one of the keys made it and it holds now.
    pub fn verify(&self, token: &str) -> Result<Claims, Refusal> {
        let header = decode_header(token).map_err(|error| refusal(error.kind()))?;
        if header.crit.is_some() {
            return Err(bad_token("the token's header asks for extensions (`crit`) that this server does not know"));
        }
        let mut fitting = self.keys.iter().filter(|key| key.algorithm == header.alg).peekable();
        if fitting.peek().is_none() {
            return Err(refusal(&ErrorKind::InvalidAlgorithm));
        }
        // Who does not say which key it was may mean any that fits: a wrong one makes no signature right.
        let asked = |key: &&Key| key.id.is_none() || header.kid.is_none() || key.id == header.kid;
        let mut failure = bad_token("the token names a key (`kid`) that this server does not have");
        for key in fitting.filter(asked) {
            match decode::<Claims>(token, &key.key, &self.validation(key.algorithm)) {
                Ok(token) => return Ok(token.claims),
                Err(error) => {
                    failure = refusal(error.kind());
                    if *error.kind() != ErrorKind::InvalidSignature {
                        break;
                    }
                }
            }
        }
        Err(failure)
    }

    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = self.leeway.0.div_ceil(1_000);
        validation.validate_nbf = true;
        // Without an end a token is good for ever: that is for who makes tokens to decide.
        validation.required_spec_claims.clear();
        match &self.audience {
            Some(audience) => {
                validation.set_audience(&[audience]);
                validation.required_spec_claims.insert("aud".to_owned());
            }
            None => validation.validate_aud = false,
        }
        validation
    }
}

/// In our words: the library's may quote what it read.
fn refusal(kind: &ErrorKind) -> Refusal {
    match kind {
        ErrorKind::ExpiredSignature => Refusal::new(Code::TokenExpired, "auth: the token has expired").at("token"),
        ErrorKind::ImmatureSignature => bad_token("the token is not valid yet"),
        ErrorKind::InvalidAudience => bad_token("the token is made for another audience"),
        ErrorKind::InvalidSignature => bad_token("the token's signature does not fit this server's key"),
        ErrorKind::InvalidAlgorithm => {
            bad_token("the token is signed with an algorithm that this server has no key for")
        }
        ErrorKind::MissingRequiredClaim(claim) if claim == "aud" => bad_token("the token names no audience"),
        ErrorKind::InvalidClaimFormat(claim) if claim == "exp" || claim == "nbf" => {
            bad_token(&format!("the token's claim `{claim}` must be a number of seconds"))
        }
        _ => bad_token("the token is no JWT that this server can read"),
    }
}

/// A key that is set and empty would let everybody sign.
pub fn filled<'a>(name: &'static str, secret: &'a Secret) -> Result<&'a str, KeyError> {
    let text = secret.expose();
    if text.trim().is_empty() { Err(KeyError::Empty(name)) } else { Ok(text) }
}

/// A PEM text, given itself or by its path.
fn pem(given: &str) -> Result<String, KeyError> {
    if !given.contains(PEM) {
        return fs::read_to_string(given.trim()).map_err(|error| KeyError::Unreadable("jwt_public_key", error));
    }
    // Where a variable can hold one line only, its lines are joined by a written `\n`.
    Ok(given.replace("\\n", "\n"))
}

fn public_key(pem: &str) -> Result<Key, KeyError> {
    if pem.contains("PRIVATE KEY") {
        return Err(KeyError::Private);
    }
    let pem = pem.as_bytes();
    let read = [DecodingKey::from_rsa_pem, DecodingKey::from_ec_pem, DecodingKey::from_ed_pem];
    let mut keys = read.into_iter().filter_map(|read| read(pem).ok());
    keys.find_map(|key| usable(None, key)).ok_or(KeyError::NoPublicKey)
}

fn set(path: &Path) -> Result<Vec<Key>, KeyError> {
    if path.to_str().is_some_and(|path| path.contains("://")) {
        return Err(KeyError::Url);
    }
    let text = fs::read_to_string(path).map_err(|error| KeyError::Unreadable("jwt_jwks", error))?;
    let set: JwkSet = serde_json::from_str(&text).map_err(|_| KeyError::NoSet)?;
    let keys: Vec<Key> = set
        .keys
        .iter()
        // Keys of other kinds are somebody else's.
        .filter_map(|jwk| usable(jwk.common.key_id.clone(), DecodingKey::from_jwk(jwk).ok()?))
        .collect();
    if keys.is_empty() { Err(KeyError::EmptySet) } else { Ok(keys) }
}

/// The key with the one algorithm it is for, unless it is broken or of a curve that we do not take.
fn usable(id: Option<String>, key: DecodingKey) -> Option<Key> {
    let algorithm = match key.family() {
        AlgorithmFamily::Hmac => Algorithm::HS256,
        AlgorithmFamily::Rsa => Algorithm::RS256,
        AlgorithmFamily::Ec => Algorithm::ES256,
        AlgorithmFamily::Ed => Algorithm::EdDSA,
    };
    let takes = match Jwk::from_decoding_key(&key, Some(algorithm)).ok()?.algorithm {
        AlgorithmParameters::EllipticCurve(curve) => curve.curve == EllipticCurve::P256,
        AlgorithmParameters::OctetKey(secret) => !secret.value.is_empty(),
        _ => true,
    };
    takes.then_some(Key { id, algorithm, key })
}
