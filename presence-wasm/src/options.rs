//! What the package gives an engine at birth, read property by property: a general decoder would cost
//! more than all the rest of the boundary.

use alloc::string::String;

use presence_model::instance::ClientInfo;
use wasm_bindgen::JsValue;

use crate::platform;
use crate::web::get_text;

pub struct Options {
    pub url: String,
    pub token: Option<String>,
    /// A session that this page holds already, from an engine that failed.
    pub session_id: Option<String>,
    pub info: ClientInfo,
}

impl Options {
    pub fn read(from: &JsValue) -> Self {
        let guess = platform::guess();
        Self {
            url: get_text(from, "url").unwrap_or_default(),
            token: get_text(from, "token"),
            session_id: get_text(from, "sessionId"),
            info: ClientInfo {
                client_id: get_text(from, "clientId"),
                host: get_text(from, "host").or(guess.host),
                version: get_text(from, "version"),
                platform: get_text(from, "platform").or(guess.platform),
                device_family: get_text(from, "deviceFamily").or(guess.device_family),
                mode: get_text(from, "mode"),
                agent_id: get_text(from, "agentId"),
                ..ClientInfo::default()
            },
        }
    }
}
