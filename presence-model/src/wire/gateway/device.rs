//! What a device signs to show that it is the one it names, as far as that needs no cryptography: its id is
//! the SHA-256 of its Ed25519 key, which is the server's to verify.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use crate::time::Millis;
use crate::wire::gateway::connect::{Connect, Device};
use crate::wire::gateway::handshake::HandshakeFailure;
use crate::wire::gateway::protocol::Role;

/// How far the device's clock may be from ours.
pub const MAX_SKEW: Millis = Millis::minutes(10);

impl Device {
    /// Whether it was signed now, and for this socket: `nonce` is that of the challenge. A client on this
    /// machine need not have waited for it.
    pub fn check(&self, now: Millis, nonce: &str, is_local: bool) -> Result<(), HandshakeFailure> {
        let skew = now.since(self.signed_at).max(self.signed_at.since(now));
        if skew > MAX_SKEW {
            return Err(HandshakeFailure::DeviceSignatureExpired);
        }
        match self.nonce.as_deref() {
            None if is_local => Ok(()),
            None => Err(HandshakeFailure::DeviceNonceRequired),
            Some(given) if given == nonce => Ok(()),
            Some(_) => Err(HandshakeFailure::DeviceNonceMismatch),
        }
    }

    /// The raw Ed25519 key.
    pub fn key(&self) -> Result<[u8; 32], HandshakeFailure> {
        let key = decode_base64url(&self.public_key).and_then(|bytes| bytes.try_into().ok());
        key.ok_or(HandshakeFailure::DeviceKeyInvalid)
    }

    pub fn signature(&self) -> Result<[u8; 64], HandshakeFailure> {
        let signature = decode_base64url(&self.signature).and_then(|bytes| bytes.try_into().ok());
        signature.ok_or(HandshakeFailure::DeviceSignatureInvalid)
    }
}

impl Connect {
    /// The texts of which the device may have signed any, newest form first. The third form binds what the
    /// device is, the second the nonce, the first neither.
    pub fn signed_texts(&self) -> Vec<String> {
        let Some(device) = &self.device else { return Vec::new() };
        let client = &self.client;
        let auth = &self.auth;
        let token = [&auth.token, &auth.device_token, &auth.bootstrap_token].into_iter().find_map(Option::as_deref);
        let signed = [
            device.id.as_str(),
            &client.id,
            &client.mode,
            self.role.as_deref().unwrap_or(Role::Operator.as_str()),
            &self.scopes.join(","),
            &device.signed_at.0.to_string(),
            token.unwrap_or_default(),
        ]
        .join("|");
        let Some(nonce) = &device.nonce else { return vec![format!("v1|{signed}")] };
        let platform = folded(&client.platform);
        let family = folded(client.device_family.as_deref().unwrap_or_default());
        vec![format!("v3|{signed}|{nonce}|{platform}|{family}"), format!("v2|{signed}|{nonce}")]
    }
}

/// As clients write what their device is before they sign it.
fn folded(text: &str) -> String {
    text.trim().to_ascii_lowercase()
}

/// Also takes the other alphabet and padding, as the originals do. `None` for what is no base64.
pub fn decode_base64url(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    if text.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut held, mut bits) = (0_u32, 0_u32);
    for letter in text.bytes() {
        held = (held << 6 | sextet(letter)?) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    Some(bytes)
}

const fn sextet(letter: u8) -> Option<u32> {
    Some(match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'-' | b'+' => 62,
        b'_' | b'/' => 63,
        _ => return None,
    } as u32)
}
