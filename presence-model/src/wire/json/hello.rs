//! The first message of a socket: Koko's `auth`, Kleoz' `connect`.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::vec::Vec;

use serde_json::Value;

use crate::command::{Activity, Hello};
use crate::id::{InstanceId, SessionId};
use crate::instance::ClientInfo;
use crate::privacy::PrivacyChange;
use crate::refusal::Refusal;
use crate::wire::json::fields::{Fields, first};
use crate::wire::json::inbound::Inbound;
use crate::wire::json::plain;
use crate::wire::json::privacy;

/// The SDK's first frame, in errors.
const HELLO: &str = "hello";

pub(crate) fn read_auth(fields: &Fields<'_>) -> Result<Inbound, Refusal> {
    finish(fields.message(), &[fields], ClientInfo::default())
}

/// Kleoz' page wraps everything in `params`, its web client does not. Both put what describes the client
/// into `client`; ids and token are found wherever they stand.
pub(crate) fn read_connect(fields: &Fields<'_>) -> Result<Inbound, Refusal> {
    let params = fields.object("params")?;
    let client = match params.as_ref().map(|params| params.object("client")).transpose()?.flatten() {
        Some(client) => Some(client),
        None => fields.object("client")?,
    };
    let info = client.as_ref().map(client_info).transpose()?.unwrap_or_default();
    let places: Vec<&Fields<'_>> = client.iter().chain(&params).chain([fields]).collect();
    finish(fields.message(), &places, info)
}

/// What the SDK's hello says of its client: an object of the same fields.
pub fn read_info(text: &str) -> Result<(ClientInfo, PrivacyChange), Refusal> {
    let Ok(Value::Object(object)) = plain::parse(text) else {
        return Err(Refusal::bad_field(HELLO, "client", "be a JSON object"));
    };
    let client = Fields::new(HELLO, &object);
    let info = ClientInfo { client_id: client.words("clientId")?, ..client_info(&client)? };
    Ok((info, privacy::beside(&[&client])?))
}

/// What the query of a request says of it: `privacy` is the object as JSON.
pub fn read_query(privacy: Option<&str>, invisible: Option<&str>) -> Result<PrivacyChange, Refusal> {
    let given = [("privacy", privacy), ("invisible", invisible)];
    let given = given.into_iter().filter_map(|(name, text)| Some((name, text.filter(|text| !text.trim().is_empty())?)));
    // What is no JSON is a text, and so neither an object nor a flag.
    let read = |text: &str| plain::parse(text).unwrap_or_else(|_| Value::String(text.to_owned()));
    let object = given.map(|(name, text)| (name.to_owned(), read(text))).collect();
    privacy::beside(&[&Fields::new("query", &object)])
}

/// Looks for each field in one place after the other.
fn finish(message: &'static str, places: &[&Fields<'_>], info: ClientInfo) -> Result<Inbound, Refusal> {
    let token = first(places, |fields| Ok(fields.text("token")?.filter(|token| !token.trim().is_empty())))?;
    let hello = Hello {
        session_id: first(places, |fields| fields.id("sessionId", SessionId::parse))?,
        instance_id: first(places, |fields| fields.id("instanceId", InstanceId::parse))?,
        info,
        activity: Activity { said: None, input_ago: first(places, |fields| fields.seconds("lastInputSeconds"))? },
        privacy: privacy::beside(places)?,
        // Incarnation, attempt and wishes are the SDK's: a JSON client says piece by piece what it wants.
        ..Hello::default()
    };
    Ok(Inbound::Hello { token: token.map(str::to_owned), hello: Box::new(hello.checked(message)?), message })
}

fn client_info(client: &Fields<'_>) -> Result<ClientInfo, Refusal> {
    Ok(ClientInfo {
        client_id: client.words("id")?,
        host: client.words("host")?,
        version: client.words("version")?,
        platform: client.words("platform")?,
        device_family: client.words("deviceFamily")?,
        model_identifier: client.words("modelIdentifier")?,
        mode: client.words("mode")?,
        agent_id: client.words("agentId")?,
        device_id: client.words("deviceId")?,
        text: client.words("text")?,
        tags: client.list("tags")?,
        roles: client.list("roles")?,
        scopes: client.list("scopes")?,
    })
}
