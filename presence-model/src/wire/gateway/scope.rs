//! What a connected client may ask: its scopes, and which of them each method needs.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use serde_json::json;

use crate::wire::gateway::error::{ErrorCode, GatewayError};
use crate::wire::gateway::frame::quoted;
use crate::wire::gateway::protocol::{CONNECT, Protocol, Role, SYSTEM_EVENT, SYSTEM_PRESENCE};

pub const READ: &str = "operator.read";
pub const WRITE: &str = "operator.write";
pub const ADMIN: &str = "operator.admin";

/// What the bearer's token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held<'a> {
    /// The server's own key, and anybody in development.
    All,
    Only(&'a [String]),
}

/// Whether who has one scope has the other: `operator.admin` is all that operators may, and who may write may
/// read.
fn includes(scope: &str, other: &str) -> bool {
    scope == other
        || match scope {
            ADMIN => other.starts_with("operator."),
            WRITE => other == READ,
            _ => false,
        }
}

/// What a client is granted of what it asks for. Where its token has less than a scope it asks for, it gets
/// what of it the token has: most clients ask for `operator.admin` and would be content with less.
pub fn granted(protocol: Protocol, role: Role, asked: &[String], held: Held<'_>) -> Vec<String> {
    let Held::Only(held) = held else {
        let by_default = asked.is_empty() && protocol == Protocol::V3 && role == Role::Operator;
        return if by_default { vec![ADMIN.to_owned()] } else { unique(asked.iter()) };
    };
    unique(asked.iter().flat_map(|asked| {
        let whole = held.iter().any(|held| includes(held, asked));
        let parts = held.iter().filter(move |held| !whole && includes(asked, held));
        whole.then_some(asked).into_iter().chain(parts)
    }))
}

fn unique<'a>(scopes: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for scope in scopes {
        if !kept.contains(scope) {
            kept.push(scope.clone());
        }
    }
    kept
}

/// A method that this server serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    SystemPresence,
    SystemEvent,
}

impl Method {
    const fn needs(self) -> &'static str {
        match self {
            Self::SystemPresence => READ,
            Self::SystemEvent => ADMIN,
        }
    }

    /// Of a client that has connected. `scopes` are those it was granted.
    pub fn authorized(name: &str, protocol: Protocol, role: Role, scopes: &[String]) -> Result<Self, GatewayError> {
        let method = match name {
            CONNECT => return Err(GatewayError::invalid("connect is only valid as the first request")),
            SYSTEM_PRESENCE => Some(Self::SystemPresence),
            SYSTEM_EVENT => Some(Self::SystemEvent),
            _ => None,
        };
        if method.is_some() && role == Role::Node {
            return Err(GatewayError::invalid(format!("unauthorized role: {role}")));
        }
        // Protocol 4 says that it does not know a method only to those who may do everything. A node has no
        // scopes to miss.
        let needs = match method {
            Some(method) => Some(method.needs()),
            None => (protocol == Protocol::V4 && role == Role::Operator).then_some(ADMIN),
        };
        if let Some(needed) = needs.filter(|needed| !scopes.iter().any(|scope| includes(scope, needed))) {
            return Err(missing(protocol, needed));
        }
        method.ok_or_else(|| GatewayError::invalid(format!("unknown method: {}", quoted(name))))
    }
}

fn missing(protocol: Protocol, scope: &str) -> GatewayError {
    let text = format!("missing scope: {scope}");
    match protocol {
        Protocol::V3 => GatewayError::invalid(text),
        Protocol::V4 => GatewayError::new(ErrorCode::Forbidden, text).with(json!({
            "code": "MISSING_SCOPE",
            "missingScope": scope,
            "requiredScopes": [scope],
        })),
    }
}
