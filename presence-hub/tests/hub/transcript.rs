//! Events as a reader would note them down.

use std::collections::BTreeMap;

use presence_model::agent::AgentRecord;
use presence_model::event::{CursorMove, Event, InstanceChange, Listing, RoomChange, StateNews, WatchNews};
use presence_model::instance::Instance;
use presence_model::playback::{Playback, Watch, Watching};
use presence_model::room::{Cursor, Member, Selection};
use presence_model::status::{Liveness, Status};
use presence_model::time::Millis;

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
        Event::Watch { room, watch, news, now } => {
            let news = watch_news(news).map(|news| format!("{news} ")).unwrap_or_default();
            format!("{room} watch {news}[{}]", watched(watch, *now))
        }
        Event::Broadcast { room, by, payload, .. } => format!("{room} {} says {payload}", by.session_id),
        Event::Cursors { room, moves, .. } => format!("{room} cursors {}", words(moves.iter().map(cursor_move))),
        Event::RoomLeft { room, .. } => format!("left {room}"),
        Event::WishesTaken { revision } => format!("wishes {revision}"),
        Event::Listing(list) => listing(list),
        Event::Listed { ticket, listing: list } => format!("answer {}: {}", ticket.0, listing(list)),
        Event::BeaconTaken { ticket } => format!("taken {}", ticket.0),
        Event::UserPresence { user, availability, .. } => format!("{user} {}", availability.name()),
        Event::Notification { notification, .. } => format!("{} {}", notification.level.name(), notification.id),
        Event::Chat { message, .. } => format!("chat {} {}", message.conversation, message.id),
        Event::Pong => "pong".to_owned(),
        Event::Agents { agents, more, .. } => {
            let rest = if *more { " and more" } else { "" };
            format!("agents [{}]{rest}", words(agents.iter().map(|record| agent(record))))
        }
        Event::Agent { agent: record, .. } => format!("agent {}", agent(record)),
        Event::FeatureChanged { change, .. } => {
            let old = change.old.map_or("new", |old| old.name());
            format!("feature {} {old}>{} by {}", change.feature, change.new.name(), change.agent)
        }
        Event::AgentNotice { notice, .. } => {
            let task = notice.task.as_deref().map(|task| format!(":{task}")).unwrap_or_default();
            let progress = notice.progress.map(|progress| format!(" {progress}%")).unwrap_or_default();
            format!("notice {}:{}{task}{progress}", notice.agent, notice.state.name())
        }
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
    if let Some(message) = &entry.status_message {
        text.push_str(&format!(":{message:?}"));
    }
    text
}

/// `claude(s1):active:2+700`, with its tools and tokens, then what else it says.
pub(crate) fn agent(record: &AgentRecord) -> String {
    let AgentRecord { agent, status, tools, tokens, .. } = record;
    let mut text =
        format!("{agent}({}):{}:{tools}+{tokens}", record.session.as_deref().unwrap_or_default(), status.name());
    let feature = record.feature.as_ref().map(ToString::to_string);
    for said in [feature.as_deref(), record.last_tool.as_deref(), record.activity.as_deref()].into_iter().flatten() {
        text.push_str(&format!(":{said}"));
    }
    text
}

pub(crate) fn member(member: &Member) -> String {
    let mut text = format!("{}{}", member.card.session_id, unusual(member.status, member.liveness));
    if let Some(message) = &member.status_message {
        text.push_str(&format!(":{message:?}"));
    }
    if let Some(context) = &member.typing {
        text.push_str(&format!(":types-{context}"));
    }
    if let Some(cursor) = member.cursor {
        text.push_str(&place(cursor));
    }
    if let Some(Selection { start, end }) = member.selection {
        text.push_str(&format!(":marks-{start}-{end}"));
    }
    if let Some(watching) = &member.watching {
        text.push_str(&format!(":{}", self::watching(watching)));
    }
    text
}

/// `plays-12.5x1`, and how that differs from what the room plays.
fn watching(watching: &Watching) -> String {
    let differs = watching.desync.map(|desync| format!("!{}", desync.name())).unwrap_or_default();
    format!("{}{differs}", player(watching.playback))
}

fn player(Playback { is_playing, current_time, rate }: Playback) -> String {
    format!("{}-{current_time}x{rate}", if is_playing { "plays" } else { "rests" })
}

fn watch_news(news: &WatchNews) -> Option<String> {
    Some(match news {
        WatchNews::State => return None,
        WatchNews::Synced { by, action } => format!("{} {}", by.session_id, action.name()),
        WatchNews::Requested { by } => format!("{} asks", by.session_id),
        WatchNews::Granted { by: Some(by), to } => format!("{} gives {}", by.session_id, to.session_id),
        WatchNews::Granted { by: None, to } => format!("passes to {}", to.session_id),
    })
}

/// As it is by now.
fn watched(watch: &Watch, now: Millis) -> String {
    let plays = watch.timeline.map(|timeline| format!("{} #{}", player(timeline.at(now)), timeline.operation));
    let driven = watch.controller.as_ref().map(|person| format!("by {}", person.user_id));
    let asked = watch.requests.iter().map(|person| format!("for {}", person.user_id));
    words(plays.into_iter().chain(driven).chain(asked))
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
        (StateNews::Selection, _) => match member.selection {
            Some(Selection { start, end }) => format!("{who} marks {start}-{end}"),
            None => format!("{who} marks nothing"),
        },
        (StateNews::Watching, _) => match &member.watching {
            Some(watching) => format!("{who} {}", self::watching(watching)),
            None => format!("{who} watches nothing"),
        },
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
