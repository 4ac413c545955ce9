//! What the package gives an engine at birth, read property by property: a general decoder would cost
//! more than all the rest of the boundary.

use js_sys::Reflect;
use presence_model::instance::ClientInfo;
use wasm_bindgen::JsValue;

use crate::platform;

pub struct Options {
    pub url: String,
    pub token: Option<String>,
    /// A session that this page holds already, from an engine that failed.
    pub session_id: Option<String>,
    pub info: ClientInfo,
}

impl Options {
    pub fn read(from: &JsValue) -> Self {
        let text = |key: &str| Reflect::get(from, &JsValue::from_str(key)).ok().and_then(|value| value.as_string());
        let guess = platform::guess();
        Self {
            url: text("url").unwrap_or_default(),
            token: text("token"),
            session_id: text("sessionId"),
            info: ClientInfo {
                client_id: text("clientId"),
                host: text("host").or(guess.host),
                version: text("version"),
                platform: text("platform").or(guess.platform),
                device_family: text("deviceFamily").or(guess.device_family),
                model_identifier: None,
                mode: text("mode"),
                agent_id: text("agentId"),
                roles: vec![],
                scopes: vec![],
            },
        }
    }
}
