//! Koko's messages: what a client asks of its rooms, and says of its person there.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;

use serde_json::Value;

use crate::command::{Activity, Command};
use crate::id::{RoomId, UserId};
use crate::limit::MAX_STATUS_MESSAGE;
use crate::playback::{Action, PlaybackSaid};
use crate::refusal::{Code, Refusal};
use crate::room::{Cursor, RoomKey, RoomKind, Selection};
use crate::status::Status;
use crate::wire::json::fields::{Fields, first};
use crate::wire::json::privacy;

/// What completes "must …" of a status.
const STATUS: &str = "be active, idle, away, busy, reviewing or offline";

/// The same of what a user is told to be.
const AVAILABILITY: &str = "be online, away, busy or offline";

pub(crate) fn join(fields: &Fields<'_>) -> Result<Command, Refusal> {
    let room = room(fields)?;
    let named = fields.text("roomType")?.ok_or_else(|| fields.missing("roomType"))?;
    let kind = RoomKind::parse(named)
        .ok_or_else(|| Refusal { code: Code::UnknownRoomType, ..fields.bad("roomType", RoomKind::MUST) })?;
    Ok(Command::Join { key: RoomKey { room, kind }, privacy: privacy::beside(&[fields])? })
}

pub(crate) fn leave(fields: &Fields<'_>) -> Result<Command, Refusal> {
    room(fields).map(Command::Leave)
}

pub(crate) fn heartbeat(fields: &Fields<'_>) -> Result<Command, Refusal> {
    // Koko's page has the status alone; a client that counts seconds, as Kleoz' do, may say them here.
    let activity = Activity { said: status(fields)?, input_ago: fields.seconds("lastInputSeconds")? };
    Ok(Command::Report { activity, wants_pong: true })
}

pub(crate) fn cursor(fields: &Fields<'_>) -> Result<Command, Refusal> {
    let room = room(fields)?;
    let data = fields.required_object("data")?;
    let cursor = Cursor { x: data.number("x")?, y: data.number("y")?, timestamp: data.number("timestamp")? };
    Ok(Command::Cursor { room, cursor })
}

pub(crate) fn typing(fields: &Fields<'_>) -> Result<Command, Refusal> {
    let room = room(fields)?;
    let data = fields.required_object("data")?;
    let is_typing = data.required_flag("isTyping")?;
    let context = data.text("context")?;
    // Who types may leave out where; the command tells the two apart by the text being there at all.
    let context = is_typing.then(|| context.unwrap_or_default().to_owned());
    Ok(Command::Typing { room, context })
}

pub(crate) fn selection(fields: &Fields<'_>) -> Result<Command, Refusal> {
    let room = room(fields)?;
    let selection = match fields.object("data")? {
        Some(data) => marked(&data)?,
        None if fields.raw("data").is_some() => None,
        None => return Err(fields.missing("data")),
    };
    Ok(Command::Selection { room, selection })
}

/// Both ends, or neither: nothing is marked any more.
fn marked(data: &Fields<'_>) -> Result<Option<Selection>, Refusal> {
    match (data.number("startTime")?, data.number("endTime")?) {
        (Some(start), Some(end)) => Ok(Some(Selection { start, end })),
        (None, None) => Ok(None),
        (None, Some(_)) => Err(data.missing("startTime")),
        (Some(_), None) => Err(data.missing("endTime")),
    }
}

/// Koko's page shows these fields without saying where in a message they stand.
pub(crate) fn set_status(fields: &Fields<'_>) -> Result<Command, Refusal> {
    let data = fields.object("data")?;
    let places: Vec<&Fields<'_>> = [fields].into_iter().chain(&data).collect();
    let status = first(&places, status)?.ok_or_else(|| fields.missing("status"))?;
    let message = first(&places, |fields| fields.sentence("statusMessage", MAX_STATUS_MESSAGE))?;
    Ok(Command::SetStatus { status, message })
}

/// Code Cloud's page has the bare word; an object with it, as it is told to others, is understood too.
pub(crate) fn user_presence(fields: &Fields<'_>) -> Result<Command, Refusal> {
    let bad = || fields.bad("data", AVAILABILITY);
    let status = match fields.raw("data") {
        None | Some(Value::Null) => return Err(fields.missing("data")),
        Some(Value::String(said)) => availability(said).ok_or_else(bad)?,
        Some(Value::Object(_)) => {
            fields.required_object("data")?.required_word("status", availability, AVAILABILITY)?
        }
        Some(_) => return Err(bad()),
    };
    Ok(Command::SetStatus { status, message: None })
}

pub(crate) fn playback(fields: &Fields<'_>) -> Result<Command, Refusal> {
    let room = room(fields)?;
    let data = fields.required_object("data")?;
    let named = data.text("action")?.ok_or_else(|| data.missing("action"))?;
    let action = Action::parse(named).ok_or_else(|| data.bad("action", Action::MUST))?;
    let said = PlaybackSaid {
        is_playing: data.flag("isPlaying")?,
        current_time: data.number("currentTime")?,
        rate: data.number("playbackRate")?,
        at: data.moment("serverTime")?,
        is_stalled: data.flag("stalled")?.unwrap_or_default(),
        ..PlaybackSaid::new(action)
    };
    Ok(Command::Playback { room, said: Box::new(said) })
}

pub(crate) fn control_request(fields: &Fields<'_>) -> Result<Command, Refusal> {
    room(fields).map(Command::ControlRequest)
}

pub(crate) fn control_grant(fields: &Fields<'_>) -> Result<Command, Refusal> {
    let room = room(fields)?;
    let to = fields.required_object("data")?.required_id("toUserId", UserId::parse)?;
    Ok(Command::ControlGrant { room, to })
}

pub(crate) fn control_release(fields: &Fields<'_>) -> Result<Command, Refusal> {
    room(fields).map(Command::ControlRelease)
}

/// Whatever `data` holds, `null` too, as JSON again: only the app understands it.
pub(crate) fn broadcast(fields: &Fields<'_>) -> Result<Command, Refusal> {
    let room = room(fields)?;
    let data = fields.raw("data").ok_or_else(|| fields.missing("data"))?;
    Ok(Command::Broadcast { room, payload: data.to_string().into() })
}

pub(crate) fn privacy(fields: &Fields<'_>) -> Result<Command, Refusal> {
    privacy::change(&fields.required_object("data")?).map(Command::Privacy)
}

fn room(fields: &Fields<'_>) -> Result<RoomId, Refusal> {
    fields.required_id("roomId", RoomId::parse)
}

fn availability(said: &str) -> Option<Status> {
    Some(match said {
        "online" => Status::Active,
        "away" => Status::Away,
        "busy" => Status::Busy,
        "offline" => Status::Offline,
        _ => return None,
    })
}

fn status(fields: &Fields<'_>) -> Result<Option<Status>, Refusal> {
    let said = fields.text("status")?;
    said.map(|said| Status::parse(said).ok_or_else(|| fields.bad("status", STATUS))).transpose()
}
