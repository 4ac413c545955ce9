//! Frames and changes as a reader would note them down. Where order means nothing, names are sorted.

use presence_model::command::{Command, Picture, Wishes};
use presence_model::id::InstanceName;
use presence_model::instance::Instance;
use presence_model::room::{Cursor, Member, RoomKind};
use presence_model::session::output::{Change, RoomNews};
use presence_model::status::{Liveness, Status};
use presence_model::wire::binary::upstream::Upstream;

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
        Upstream::Command(Command::Report { activity, .. }) => {
            format!("input {} ms ago", activity.input_ago.unwrap().0)
        }
        Upstream::Command(Command::Resync(Picture::Presence)) => "resync list".to_owned(),
        Upstream::Command(Command::Resync(Picture::Room(room))) => format!("resync {room}"),
        Upstream::Command(command) => command.name().to_owned(),
        Upstream::Ack { volatile_bytes } => format!("ack {volatile_bytes}"),
        Upstream::Probe { .. } => "probe".to_owned(),
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
        Change::Identity(identity) => format!("self {}", identity.session_id),
        Change::Instances { changed, left, .. } => {
            format!("list {}", signed(changed.iter().map(instance), left.iter().map(name)))
        }
        Change::Room(RoomNews { room, state, changed, left, .. }) => {
            let who = signed(changed.iter().map(member), left.iter().map(ToString::to_string));
            format!("{room} {} {who}", state.name())
        }
        Change::Cursors { room, moves } => {
            let moves: Vec<_> = moves.iter().map(|(slot, cursor)| format!("{slot}{}", place(*cursor))).collect();
            format!("{room} cursors {}", moves.join(" "))
        }
        Change::Refused { about, refusal } => format!("refused {about}: {}", refusal.code),
    }
    .trim_end()
    .to_owned()
}

fn signed(changed: impl Iterator<Item = String>, left: impl Iterator<Item = String>) -> String {
    let mut parts: Vec<_> = changed.map(|who| format!("+{who}")).chain(left.map(|who| format!("-{who}"))).collect();
    // In ASCII those who are here come before those who left.
    parts.sort();
    parts.join(" ")
}

fn name(name: &InstanceName) -> String {
    format!("{}/{}", name.user, name.instance)
}

fn instance(entry: &Instance) -> String {
    format!("{}{}", entry.instance_id, unusual(entry.status, entry.liveness))
}

pub(crate) fn member(member: &Member) -> String {
    let typing = member.typing.as_ref().map(|context| format!(":types-{context}")).unwrap_or_default();
    format!("{}{}{typing}", member.card.session_id, unusual(member.status, member.liveness))
}

fn unusual(status: Status, liveness: Liveness) -> String {
    let status = if status == Status::Active { "" } else { status.name() };
    let liveness = if liveness == Liveness::Connected { "" } else { liveness.name() };
    [status, liveness].into_iter().filter(|word| !word.is_empty()).map(|word| format!(":{word}")).collect()
}
