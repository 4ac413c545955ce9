//! The first request: who the client is, what it asks to be, and how it shows that it may.
//!
//! Fields that are not known here are passed over, other than in the originals: clients are renewed more
//! often than servers.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use serde_json::Value;

use crate::command::Hello;
use crate::id::{InstanceId, SessionId};
use crate::instance::ClientInfo;
use crate::privacy::PrivacyChange;
use crate::time::Millis;
use crate::wire::gateway::handshake::HandshakeFailure;
use crate::wire::gateway::params::Params;
use crate::wire::gateway::protocol::{Protocol, Role};
use crate::wire::gateway::text::node_text;

/// All texts as they were sent, since a device signs them so.
#[derive(Clone, Debug, PartialEq)]
pub struct Connect {
    pub min_protocol: u64,
    pub max_protocol: u64,
    pub client: Client,
    pub role: Option<String>,
    /// What the client asks for; empty when it does not say.
    pub scopes: Vec<String>,
    pub device: Option<Device>,
    pub auth: Auth,
    /// The session to take up again; no original has it (`CONTRACT.md` 1).
    pub session_id: Option<SessionId>,
    /// Nor this: `privacy`, or `invisible` by itself.
    pub privacy: PrivacyChange,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    pub id: String,
    pub display_name: Option<String>,
    pub version: String,
    pub platform: String,
    pub device_family: Option<String>,
    pub model_identifier: Option<String>,
    pub mode: String,
    pub instance_id: Option<InstanceId>,
}

/// A device with a key of its own. Nothing of it is true before its signature was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    pub id: InstanceId,
    pub public_key: String,
    pub signature: String,
    pub signed_at: Millis,
    /// That of the challenge, where the client waited for it.
    pub nonce: Option<String>,
}

/// Secrets: never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Auth {
    pub token: Option<String>,
    pub password: Option<String>,
    pub device_token: Option<String>,
    pub bootstrap_token: Option<String>,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.credential().is_some() { "Auth(given)" } else { "Auth(none)" })
    }
}

/// Of both protocols. Another one is refused, and so is another case.
const MODES: [&str; 8] = ["webchat", "cli", "ui", "backend", "node", "probe", "test", "worker"];

impl Connect {
    pub fn read(params: Option<&Value>) -> Result<Self, HandshakeFailure> {
        Params::new(params).and_then(|params| read(&params)).map_err(HandshakeFailure::BadParams)
    }

    pub fn protocol(&self) -> Result<Protocol, HandshakeFailure> {
        let (min, max) = (self.min_protocol, self.max_protocol);
        Protocol::choose(min, max).ok_or(HandshakeFailure::ProtocolMismatch { min, max })
    }

    pub fn role(&self) -> Result<Role, HandshakeFailure> {
        match &self.role {
            None => Ok(Role::Operator),
            Some(role) => Role::parse(role).ok_or(HandshakeFailure::InvalidRole),
        }
    }

    /// What the list is to say of the client. `scopes` are those it was granted.
    pub fn hello(&self, role: Role, scopes: Vec<String>) -> Hello {
        let Client { id, display_name, version, platform, device_family, model_identifier, mode, instance_id } =
            &self.client;
        let host = display_name.as_deref().and_then(filled).or_else(|| filled(id));
        let optional = |text: &Option<String>| text.as_deref().and_then(filled);
        let device = self.device.as_ref().and_then(|device| InstanceId::parse(&device.name()).ok());
        Hello {
            session_id: self.session_id.clone(),
            privacy: self.privacy,
            alias: instance_id.clone().filter(|own| {
                device.as_ref().is_some_and(|device| !device.as_str().eq_ignore_ascii_case(own.as_str()))
            }),
            info: ClientInfo {
                client_id: filled(id),
                version: filled(version),
                platform: filled(platform),
                device_family: optional(device_family),
                model_identifier: optional(model_identifier),
                mode: filled(mode),
                agent_id: None,
                device_id: device.as_ref().and_then(|device| filled(device.as_str())),
                text: Some(node_text(host.as_deref(), Some(mode))),
                tags: Vec::new(),
                roles: vec![role.as_str().to_owned()],
                scopes,
                host,
            },
            instance_id: device.or_else(|| instance_id.clone()),
            wants_listing: true,
            ..Hello::default()
        }
    }
}

impl Device {
    /// What it is called: its id is a number, and may be written in either case.
    pub fn name(&self) -> String {
        self.id.as_str().to_ascii_lowercase()
    }
}

impl Auth {
    /// What is to be checked, if anything was given: a shared key may come under either name.
    pub fn credential(&self) -> Option<&str> {
        let given = |text: &'_ Option<String>| text.as_deref().map(str::trim).is_some_and(|text| !text.is_empty());
        [&self.token, &self.password].into_iter().find(|text| given(text)).and_then(|text| text.as_deref())
    }
}

fn filled(text: &str) -> Option<String> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn read(params: &Params<'_>) -> Result<Connect, String> {
    // Held to their types as upstream does; nothing here asks for them.
    for list in ["caps", "commands"] {
        params.list(list, false)?;
    }
    for text in ["locale", "userAgent"] {
        params.text(text)?;
    }
    let (min_protocol, max_protocol) =
        (params.required_integer("minProtocol", 1)?, params.required_integer("maxProtocol", 1)?);
    let client = params.required_object("client")?;
    Ok(Connect {
        min_protocol,
        max_protocol,
        client: read_client(&client)?,
        role: params.words("role")?,
        scopes: params.list("scopes", true)?,
        device: params.object("device")?.map(|device| read_device(&device)).transpose()?,
        auth: params.object("auth")?.map(|auth| read_auth(&auth)).transpose()?.unwrap_or_default(),
        session_id: params.id("sessionId", SessionId::parse)?,
        privacy: read_privacy(&client)?.then(read_privacy(params)?),
    })
}

fn read_privacy(params: &Params<'_>) -> Result<PrivacyChange, String> {
    let alone = PrivacyChange { invisible: params.flag("invisible")?, ..PrivacyChange::default() };
    let Some(privacy) = params.object("privacy")? else { return Ok(alone) };
    Ok(alone.then(PrivacyChange {
        presence: privacy.flag("presence")?,
        invisible: privacy.flag("invisible")?,
        cursor: privacy.flag("cursor")?,
    }))
}

fn read_client(client: &Params<'_>) -> Result<Client, String> {
    let read = Client {
        id: client.required_words("id")?,
        display_name: client.words("displayName")?,
        version: client.required_words("version")?,
        platform: client.required_words("platform")?,
        device_family: client.words("deviceFamily")?,
        model_identifier: client.words("modelIdentifier")?,
        mode: client.required_words("mode")?,
        instance_id: client.id("instanceId", InstanceId::parse)?,
    };
    if MODES.contains(&read.mode.as_str()) {
        Ok(read)
    } else {
        Err(client.bad("mode", "be equal to one of the allowed values"))
    }
}

fn read_device(device: &Params<'_>) -> Result<Device, String> {
    let id = device.required_words("id")?;
    Ok(Device {
        id: InstanceId::parse(&id).map_err(|bad| device.bad("id", bad.text()))?,
        public_key: device.required_words("publicKey")?,
        signature: device.required_words("signature")?,
        signed_at: Millis(device.required_integer("signedAt", 0)?),
        // Whether it must be there depends on where the client is, so an empty one is no wrong field.
        nonce: device.text("nonce")?.filter(|nonce| !nonce.is_empty()).map(str::to_owned),
    })
}

fn read_auth(auth: &Params<'_>) -> Result<Auth, String> {
    let text = |name| Ok::<_, String>(auth.text(name)?.map(str::to_owned));
    Ok(Auth {
        token: text("token")?,
        password: text("password")?,
        device_token: text("deviceToken")?,
        bootstrap_token: text("bootstrapToken")?,
    })
}
