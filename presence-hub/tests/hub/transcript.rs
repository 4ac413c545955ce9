//! Events as a reader would note them down.

use std::collections::BTreeMap;

use presence_model::event::{CursorMove, Event, InstanceChange, Listing, RoomChange, StateNews};
use presence_model::instance::Instance;
use presence_model::room::{Cursor, Member};
use presence_model::status::{Liveness, Status};

/// One event as a line. `rooms` remembers which channel is which room.
pub(crate) fn line(event: &Event, rooms: &mut BTreeMap<u32, String>) -> String {
    match event {
        Event::Welcome(welcome) => {
            let again = if welcome.resumed { " again" } else { "" };
            let list = welcome.listing.as_ref().map(|list| format!(" {}", listing(list))).unwrap_or_default();
            format!("welcome{again} {}{list}", welcome.session_id)
        }
        Event::Refused { about, room, refusal } => {
            let room = room.as_ref().map(|room| format!(" {room}")).unwrap_or_default();
            format!("refused {about}{room}: {}", refusal.code)
        }
        Event::PresencePicture { version, entries, truncated, .. } => {
            let more = if *truncated { " and more" } else { "" };
            format!("here v{version} [{}]{more}", words(entries.iter().map(instance)))
        }
        Event::PresenceChanged { version, change, .. } => {
            let change = match change {
                InstanceChange::Joined(entry) => format!("+{}", instance(entry)),
                InstanceChange::Updated(entry) => format!("~{}", instance(entry)),
                InstanceChange::Left { user_id, instance_id } => format!("-{user_id}/{instance_id}"),
            };
            format!("here v{version} {change}")
        }
        Event::RoomPicture(picture) => {
            rooms.insert(picture.channel, picture.room.to_string());
            let members = words(picture.members.iter().map(member));
            format!("{} v{} as {} [{members}]", picture.room, picture.version, picture.own_slot)
        }
        Event::RoomChanged { room, version, changes, .. } => {
            let changes: Vec<_> = changes.iter().map(room_change).collect();
            format!("{room} v{version} {}", changes.join(", "))
        }
        Event::Cursors { room, moves, .. } => format!("{room} cursors {}", words(moves.iter().map(cursor_move))),
        Event::RoomLeft { room, .. } => format!("left {room}"),
        Event::WishesTaken { revision } => format!("wishes {revision}"),
        Event::Listing(list) => listing(list),
        Event::Listed { ticket, listing: list } => format!("answer {}: {}", ticket.0, listing(list)),
        Event::BeaconTaken { ticket } => format!("taken {}", ticket.0),
        Event::Pong => "pong".to_owned(),
        other => format!("{other:?}"),
    }
}

fn words(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" ")
}

fn listing(listing: &Listing) -> String {
    format!("list v{} [{}]", listing.version, words(listing.entries.iter().map(instance)))
}

/// `ann/laptop(s1+s2)`, then what is not as usual.
pub(crate) fn instance(entry: &Instance) -> String {
    let sessions: Vec<_> = entry.sessions.iter().map(ToString::to_string).collect();
    let mut text = format!("{}/{}({})", entry.user_id, entry.instance_id, sessions.join("+"));
    text.push_str(&unusual(entry.status, entry.liveness));
    text
}

pub(crate) fn member(member: &Member) -> String {
    let mut text = format!("{}{}", member.card.session_id, unusual(member.status, member.liveness));
    if let Some(context) = &member.typing {
        text.push_str(&format!(":types-{context}"));
    }
    if let Some(cursor) = member.cursor {
        text.push_str(&place(cursor));
    }
    text
}

fn unusual(status: Status, liveness: Liveness) -> String {
    let mut text = String::new();
    if status != Status::Active {
        text.push_str(&format!(":{}", status.name()));
    }
    if liveness != Liveness::Connected {
        text.push_str(&format!(":{}", liveness.name()));
    }
    text
}

fn place(cursor: Cursor) -> String {
    match (cursor.x, cursor.y) {
        (Some(x), Some(y)) => format!("@{x},{y}"),
        _ => "@nowhere".to_owned(),
    }
}

fn cursor_move(moved: &CursorMove) -> String {
    format!("{}{}", moved.card.session_id, place(moved.cursor))
}

fn state(member: &Member, news: StateNews) -> String {
    let who = &member.card.session_id;
    match (news, &member.status_message) {
        (StateNews::Status, None) => format!("{who} {}", member.status.name()),
        (StateNews::Status, Some(message)) => format!("{who} {} {message:?}", member.status.name()),
        (StateNews::Selection, _) => format!("{who} marks {:?}", member.selection),
        (StateNews::Watching, _) => format!("{who} watches {:?}", member.watching),
    }
}

fn room_change(change: &RoomChange) -> String {
    match change {
        RoomChange::Joined { member: who, first } => {
            format!("+{}{}", member(who), if *first { " first" } else { "" })
        }
        RoomChange::Left { card, last } => format!("-{}{}", card.session_id, if *last { " last" } else { "" }),
        RoomChange::Liveness { card, liveness, .. } => format!("{} {}", card.session_id, liveness.name()),
        RoomChange::State { member, news } => state(member, *news),
        RoomChange::Typing { card, context: Some(context) } => format!("{} types {context}", card.session_id),
        RoomChange::Typing { card, context: None } => format!("{} stops", card.session_id),
    }
}
