//! What happened to the messages that tell it.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::event::Event;
use crate::time::Millis;
use crate::wire::json::answer::{encode_pong, encode_refused_in, encode_welcome};
use crate::wire::json::door::Door;
use crate::wire::json::encoded::Encoded;
use crate::wire::json::{feeds, presence, rooms, watching};

/// None, one or several messages. The order counts.
pub fn encode(door: Door, event: &Event, now: Millis) -> Vec<Encoded> {
    let plain = |text: String| vec![Encoded { text, not_for: None }];
    match event {
        Event::Welcome(welcome) => plain(encode_welcome(welcome, now)),
        Event::Refused { about, room, refusal } => plain(encode_refused_in(room.as_ref(), about, refusal, now)),
        Event::PresencePicture { version, entries, truncated, asked, now } => {
            let list = |kind| presence::list(kind, *version, entries, *truncated, *now);
            // Kleoz' web client waits for a snapshot, and readers of its page know of none.
            let snapshot = (*asked && door == Door::Kleoz).then(|| list(presence::SNAPSHOT));
            snapshot.into_iter().chain([list(presence::UPDATED)]).collect()
        }
        Event::PresenceChanged { version, change, now } => {
            presence::changed(*version, change, *now).into_iter().collect()
        }
        Event::RoomPicture(picture) => vec![rooms::joined(picture, now)],
        Event::RoomChanged { room, changes, now, .. } => {
            changes.iter().flat_map(|change| rooms::changed(room, change, *now)).collect()
        }
        Event::Cursors { room, moves, now, .. } => moves.iter().map(|moved| rooms::moved(room, moved, *now)).collect(),
        Event::RoomLeft { room, .. } => vec![rooms::left(room, now)],
        // JSON clients say piece by piece what they want, so there is no revision to confirm.
        Event::WishesTaken { .. } => vec![],
        Event::Pong => plain(encode_pong(now)),
        Event::SessionTyping { key, instances } => vec![presence::typing(key, instances, now)],
        Event::Watch { room, watch, news, now } => watching::watch(room, watch, news, *now),
        Event::Broadcast { room, by, payload, now } => {
            watching::broadcast(room, by, payload, *now).into_iter().collect()
        }
        Event::Agents { agents, now, .. } => agents.iter().map(|agent| feeds::agent(agent, *now)).collect(),
        Event::Agent { agent, now } => vec![feeds::agent(agent, *now)],
        Event::FeatureChanged { change, now } => vec![feeds::feature(change, *now)],
        Event::AgentNotice { notice, now } => vec![feeds::notice(notice, *now)],
        Event::Chat { message, now } => vec![feeds::chat(message, *now)],
        Event::Notification { notification, now, .. } => vec![feeds::notification(notification, *now)],
        Event::UserPresence { user, availability, now } => vec![feeds::user_presence(user, *availability, *now)],
        // Nobody asks for these here.
        Event::Listing(_) | Event::Listed { .. } | Event::BeaconTaken { .. } => vec![],
    }
}
