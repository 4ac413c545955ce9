//! Whether a device is the one whose name it gives: it signs the challenge with the key that it is named by
//! (`WIRE-FACTS.md` 1.2).

use ed25519_dalek::{Signature, VerifyingKey};
use presence_model::time::Millis;
use presence_model::wire::gateway::connect::Connect;
use presence_model::wire::gateway::handshake::HandshakeFailure;
use sha2::{Digest, Sha256};

/// Nothing is wrong with a client that names no device. `wall`: the client signed with its own clock.
pub(super) fn verify(connect: &Connect, wall: Millis, nonce: &str, is_local: bool) -> Result<(), HandshakeFailure> {
    let Some(device) = &connect.device else { return Ok(()) };
    let key = device.key()?;
    if !device.id.as_str().eq_ignore_ascii_case(&hex(&Sha256::digest(key))) {
        return Err(HandshakeFailure::DeviceIdMismatch);
    }
    device.check(wall, nonce, is_local)?;
    let key = VerifyingKey::from_bytes(&key).map_err(|_| HandshakeFailure::DeviceKeyInvalid)?;
    let signature = Signature::from_bytes(&device.signature()?);
    let mut texts = connect.signed_texts().into_iter();
    // Strictly: a signature under a weak key would fit any text.
    if texts.any(|text| key.verify_strict(text.as_bytes(), &signature).is_ok()) {
        Ok(())
    } else {
        Err(HandshakeFailure::DeviceSignatureInvalid)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use ed25519_dalek::{Signer, SigningKey};
    use serde_json::{Value, json};

    use super::*;

    const NOW: Millis = Millis(1_795_174_352_907);
    const NONCE: &str = "n-1";

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn id() -> String {
        hex(&Sha256::digest(key().verifying_key().as_bytes()))
    }

    /// Params of a client on this device that signed `text`.
    fn params(text: &str, nonce: Option<&str>) -> Value {
        let coded = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let mut params = json!({
            "minProtocol": 3,
            "maxProtocol": 3,
            "client": { "id": "cli", "version": "dev", "platform": "linux", "mode": "cli" },
            "role": "operator",
            "scopes": ["operator.admin", "operator.pairing"],
            "auth": { "token": "t" },
            "device": {
                "id": id(),
                "publicKey": coded(key().verifying_key().as_bytes()),
                "signature": coded(&key().sign(text.as_bytes()).to_bytes()),
                "signedAt": NOW.0,
            },
        });
        if let Some(nonce) = nonce {
            params["device"]["nonce"] = json!(nonce);
        }
        params
    }

    fn verified(params: &Value, now: Millis, is_local: bool) -> Result<(), HandshakeFailure> {
        verify(&Connect::read(Some(params)).unwrap(), now, NONCE, is_local)
    }

    fn with_nonce() -> String {
        format!("v2|{}|cli|cli|operator|operator.admin,operator.pairing|{}|t|{NONCE}", id(), NOW.0)
    }

    fn without_nonce() -> String {
        format!("v1|{}|cli|cli|operator|operator.admin,operator.pairing|{}|t", id(), NOW.0)
    }

    #[test]
    fn a_device_that_signed_the_challenge_is_itself() {
        assert_eq!(verified(&params(&with_nonce(), Some(NONCE)), NOW, false), Ok(()));
        let newest = format!("v3{}|linux|", with_nonce().strip_prefix("v2").unwrap());
        assert_eq!(verified(&params(&newest, Some(NONCE)), NOW, false), Ok(()));
        assert_eq!(verified(&params(&without_nonce(), None), NOW, true), Ok(()));
    }

    #[test]
    fn each_lie_has_its_own_answer() {
        let good = || params(&with_nonce(), Some(NONCE));
        let with = |pointer: &str, value: Value| {
            let mut params = good();
            *params.pointer_mut(pointer).unwrap() = value;
            params
        };
        let late = NOW + Millis::minutes(10) + Millis(1);
        use HandshakeFailure as Failure;
        for (params, now, is_local, failure) in [
            (with("/device/id", json!("f".repeat(64))), NOW, false, Failure::DeviceIdMismatch),
            (with("/device/publicKey", json!("AAAA")), NOW, false, Failure::DeviceKeyInvalid),
            (good(), late, false, Failure::DeviceSignatureExpired),
            (params(&without_nonce(), None), NOW, false, Failure::DeviceNonceRequired),
            (params(&with_nonce(), Some("n-2")), NOW, false, Failure::DeviceNonceMismatch),
            (with("/device/signature", json!("AAAA")), NOW, false, Failure::DeviceSignatureInvalid),
            (with("/auth/token", json!("stolen")), NOW, false, Failure::DeviceSignatureInvalid),
            (with("/scopes/1", json!("operator.write")), NOW, false, Failure::DeviceSignatureInvalid),
            (with("/client/mode", json!("ui")), NOW, true, Failure::DeviceSignatureInvalid),
            (params(&without_nonce(), Some(NONCE)), NOW, true, Failure::DeviceSignatureInvalid),
        ] {
            assert_eq!(verified(&params, now, is_local), Err(failure));
        }
        assert_eq!(verified(&good(), late - Millis(1), false), Ok(()));
    }

    #[test]
    fn a_key_of_small_order_signs_for_nobody() {
        // The identity: the signature of zeros would fit any text under it.
        let mut weak = [0; 32];
        weak[0] = 1;
        let mut params = params(&with_nonce(), Some(NONCE));
        params["device"]["publicKey"] = json!(BASE64_URL_SAFE_NO_PAD.encode(weak));
        params["device"]["id"] = json!(hex(&Sha256::digest(weak)));
        let mut signature = [0; 64];
        signature[0] = 1;
        params["device"]["signature"] = json!(BASE64_URL_SAFE_NO_PAD.encode(signature));
        assert_eq!(verified(&params, NOW, false), Err(HandshakeFailure::DeviceSignatureInvalid));
    }
}
