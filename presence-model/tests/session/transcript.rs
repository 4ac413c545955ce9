//! Frames and changes as a reader would note them down. Where order means nothing, names are sorted.

use presence_model::command::{Command, Picture, Wishes};
use presence_model::room::{Cursor, RoomKind};
use presence_model::session::listing::Difference;
use presence_model::session::output::{Change, RoomNews};
use presence_model::wire::binary::entry::Entry;
use presence_model::wire::binary::upstream::Upstream;
use serde_json::Value;

pub(crate) fn frame(frame: &Upstream) -> String {
    match frame {
        Upstream::Hello { hello, .. } => {
            let session = hello.session_id.as_ref().map_or("-", |id| id.as_str());
            let wished = hello.wishes.as_ref().map(wishes).unwrap_or_default();
            format!("hello {session} attempt {} wish {wished}", hello.attempt)
        }
        Upstream::Command(Command::Wish(wished)) => format!("wish {}", wishes(wished)),
        Upstream::Command(Command::Cursor { room, cursor }) => format!("cursor {room} {}", place(*cursor)),
        Upstream::Command(Command::Typing { room, context }) => {
            format!("type {room} {}", context.as_deref().unwrap_or("no more"))
        }
        Upstream::Command(Command::SessionTyping { key, is_typing }) => {
            format!("type in session {key}{}", if *is_typing { "" } else { " no more" })
        }
        Upstream::Command(Command::Report { activity, .. }) => {
            format!("input {} ms ago", activity.input_ago.unwrap().0)
        }
        Upstream::Command(Command::Resync(Picture::Presence)) => "resync list".to_owned(),
        Upstream::Command(Command::Resync(Picture::Room(room))) => format!("resync {room}"),
        Upstream::Command(command) => command.name().to_owned(),
        Upstream::Ack { volatile_bytes } => format!("ack {volatile_bytes}"),
        Upstream::Probe { .. } => "probe".to_owned(),
        Upstream::Auth { token } => format!("auth {token}"),
        Upstream::Message { text } => format!("says {text}"),
        Upstream::Hidden(is_hidden) => format!("hidden {is_hidden}"),
    }
}

fn wishes(wishes: &Wishes) -> String {
    let mut rooms: Vec<_> = wishes
        .rooms
        .iter()
        .map(|key| match key.kind {
            RoomKind::Project => key.room.to_string(),
            kind => format!("{}/{}", key.room, kind.name()),
        })
        .collect();
    rooms.sort();
    let presence = if wishes.presence { " and the list" } else { "" };
    format!("{} [{}]{presence}", wishes.revision, rooms.join(" "))
}

fn place(cursor: Cursor) -> String {
    match (cursor.x, cursor.y) {
        (Some(x), Some(y)) => format!("@{x:.2},{y:.2}"),
        _ => "@nowhere".to_owned(),
    }
}

pub(crate) fn change(change: &Change) -> String {
    match change {
        Change::Link(link) => format!("link {}", link.state.name()),
        Change::Identity { own, .. } => format!("self {}", text(&read(own), "sessionId")),
        Change::Instances { difference, .. } => format!("list {}", signed(difference, instance)),
        Change::Room(RoomNews { room, state, difference, .. }) => {
            format!("{room} {} {}", state.name(), signed(difference, member))
        }
        Change::Cursors { room, moves } => {
            let moves: Vec<_> =
                moves.iter().map(|moved| format!("{}{}", moved.slot, place(moved.place.into()))).collect();
            format!("{room} cursors {}", moves.join(" "))
        }
        Change::Typists(typists) => {
            let page = read(&format!("{{{typists}}}"));
            format!("typists of {}: {}", text(&page, "sessionKey"), page["instanceIds"])
        }
        Change::TypistsUnknown => "typists unknown".to_owned(),
        Change::News(news) => format!("news {news}"),
        Change::Token(reason) => format!("token {}", reason.name()),
        Change::Refused { about, refusal } => format!("refused {about}: {}", text(&read(refusal), "code")),
    }
    .trim_end()
    .to_owned()
}

fn signed(Difference { changed, left, .. }: &Difference, show: fn(&Entry) -> String) -> String {
    let (changed, left) = (changed.iter().map(show), left.iter());
    let mut parts: Vec<_> = changed.map(|who| format!("+{who}")).chain(left.map(|who| format!("-{who}"))).collect();
    // In ASCII those who are here come before those who left.
    parts.sort();
    parts.join(" ")
}

pub(crate) fn instance(entry: &Entry) -> String {
    let page = joined(&[&entry.card], entry);
    format!("{}{}", text(&page, "instanceId"), unusual(&page))
}

pub(crate) fn member(entry: &Entry) -> String {
    let slot = format!(r#""slot":{}"#, entry.slot);
    let page = joined(&[&entry.card, &entry.state, &entry.typing, &slot], entry);
    assert_eq!(text(&page, "sessionId"), &*entry.name, "an entry is named otherwise than it is described");
    let typing = page.get("typing").map(|_| format!(":types-{}", text(&page, "typing"))).unwrap_or_default();
    format!("{}{}{typing}", entry.name, unusual(&page))
}

/// What a page makes of an entry's pieces: the empty ones are left out.
fn joined(pieces: &[&str], entry: &Entry) -> Value {
    let liveness = format!(r#""liveness":"{}""#, entry.liveness.name());
    let pieces: Vec<_> = pieces.iter().copied().filter(|piece| !piece.is_empty()).chain([&*liveness]).collect();
    read(&format!("{{{}}}", pieces.join(",")))
}

fn read(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|bad| panic!("{bad}: {json}"))
}

fn text<'a>(page: &'a Value, field: &str) -> &'a str {
    page[field].as_str().unwrap_or_else(|| panic!("no `{field}` in {page}"))
}

fn unusual(page: &Value) -> String {
    let usual = [("status", "active"), ("liveness", "connected")];
    let unusual = usual.iter().filter(|(field, usual)| text(page, field) != *usual);
    unusual.map(|(field, _)| format!(":{}", text(page, field))).collect()
}
