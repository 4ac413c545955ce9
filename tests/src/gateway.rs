//! A gateway client that knows the frames and nothing of the server.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::client::Client;
use crate::server::Server;

pub struct Gateway {
    pub client: Client,
    /// What the server challenged it with.
    pub nonce: String,
    asked: u64,
}

/// Params of a client of a protocol, which describes itself and asks for nothing.
pub fn params(protocol: u64, instance: &str) -> Value {
    json!({
        "minProtocol": protocol,
        "maxProtocol": protocol,
        "client": { "id": "test", "version": "1.0", "platform": "linux", "mode": "test", "instanceId": instance },
    })
}

/// The same with a token and scopes.
pub fn params_with(protocol: u64, instance: &str, token: Option<&str>, scopes: &[&str]) -> Value {
    let mut params = params(protocol, instance);
    params["scopes"] = json!(scopes);
    if let Some(token) = token {
        params["auth"] = json!({ "token": token });
    }
    params
}

/// The same of one that is shown by a name and asks for scopes.
pub fn named(protocol: u64, instance: &str, host: &str, scopes: &[&str]) -> Value {
    let mut params = params_with(protocol, instance, None, scopes);
    params["client"]["displayName"] = json!(host);
    params
}

/// The names in a list.
pub fn hosts(entries: &[Value]) -> Vec<&str> {
    entries.iter().filter_map(|entry| entry["host"].as_str()).collect()
}

/// The entry of a name, or `null`.
pub fn find<'a>(entries: &'a [Value], host: &str) -> &'a Value {
    entries.iter().find(|entry| entry["host"] == host).unwrap_or(&Value::Null)
}

impl Gateway {
    pub async fn open(server: &Server) -> Self {
        let mut client = Client::open(server, "/").await;
        let challenge = client.next_json().await;
        assert_eq!((&challenge["type"], &challenge["event"]), (&json!("event"), &json!("connect.challenge")));
        let nonce = challenge["payload"]["nonce"].as_str().expect("a challenge has a nonce").to_owned();
        Self { client, nonce, asked: 0 }
    }

    /// Opens and connects; the second is what the hello says.
    pub async fn connect(server: &Server, params: Value) -> (Self, Value) {
        let mut gateway = Self::open(server).await;
        let hello = gateway.request("connect", params).await;
        (gateway, hello)
    }

    /// Asks, and waits for the answer; events on the way are passed over. An error is the test's end.
    pub async fn request(&mut self, method: &str, params: Value) -> Value {
        let answer = self.ask(method, params).await;
        assert_eq!(answer["ok"], true, "{method}: {answer}");
        answer["payload"].clone()
    }

    /// Asks for something that is turned down; what is said of it.
    pub async fn refused(&mut self, method: &str, params: Value) -> Value {
        let answer = self.ask(method, params).await;
        assert_eq!(answer["ok"], false, "{method}: {answer}");
        answer["error"].clone()
    }

    pub async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let id = format!("r{}", self.asked);
        self.client.json(json!({ "type": "req", "id": id, "method": method, "params": params })).await;
        self.client.next_where(|frame| frame["type"] == "res" && frame["id"] == *id).await
    }

    /// The next event of a kind; other frames are passed over.
    pub async fn event(&mut self, kind: &str) -> Value {
        self.client.next_where(|frame| frame["type"] == "event" && frame["event"] == kind).await
    }

    /// Waits for the list to become one that fits.
    pub async fn listing(&mut self, fits: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        loop {
            let event = self.event("presence").await;
            let entries = event["payload"]["presence"].as_array().expect("a list of entries").clone();
            if fits(&entries) {
                return entries;
            }
        }
    }
}

/// A device with a key of its own.
pub struct Device(SigningKey);

impl Device {
    pub fn new(seed: u8) -> Self {
        Self(SigningKey::from_bytes(&[seed; 32]))
    }

    pub fn id(&self) -> String {
        Sha256::digest(self.0.verifying_key().as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Puts the device into the params, with what it signs of them.
    pub fn sign(&self, params: &mut Value, nonce: &str, signed_at: u64) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let scopes: Vec<String> = params["scopes"].as_array().into_iter().flatten().map(text).collect();
        let signed = format!(
            "v2|{}|{}|{}|{}|{}|{signed_at}|{}|{nonce}",
            self.id(),
            text(&params["client"]["id"]),
            text(&params["client"]["mode"]),
            params["role"].as_str().unwrap_or("operator"),
            scopes.join(","),
            text(&params["auth"]["token"]),
        );
        params["device"] = json!({
            "id": self.id(),
            "publicKey": BASE64_URL_SAFE_NO_PAD.encode(self.0.verifying_key().as_bytes()),
            "signature": BASE64_URL_SAFE_NO_PAD.encode(self.0.sign(signed.as_bytes()).to_bytes()),
            "signedAt": signed_at,
            "nonce": nonce,
        });
    }
}
