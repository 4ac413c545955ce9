//! What the SDK is sent, as the server writes it. [`crate::wire::binary::downstream`] reads it.

use alloc::vec::Vec;

use crate::event::{Event, InstanceChange, RoomChange, RoomPicture, Welcome};
use crate::id::{InstanceId, InstanceName, MAX_ID_BYTES, RoomId};
use crate::instance::Instance;
use crate::room::Member;
use crate::time::Millis;
use crate::wire::binary::cursor::{Place, write_place, write_record};
use crate::wire::binary::downstream::{
    AUTH_EXPIRING, CURSORS, NEWS, PRESENCE_CHANGED, PRESENCE_PICTURE, PROBE_REPLY, REFUSED, ROOM_CHANGED, ROOM_LEFT,
    ROOM_PICTURE, SESSION_TYPING, WELCOME, WISHES_TAKEN,
};
use crate::wire::binary::entry::{LEFT, LIVENESS, PUT, STATE, TYPING};
use crate::wire::binary::frame::message;
use crate::wire::binary::writer::Writer;
use crate::wire::feed_view::{
    AgentChangeView, AgentsView, ChatView, FeatureView, NoticeView, NotificationView, UserPresenceView,
};
use crate::wire::json::answer::ErrorBody;
use crate::wire::json::encoded::text;
use crate::wire::view::{CardView, InstanceCard, SelfView, StateView, TypingView, TypistsView, piece};
use crate::wire::watch_view::{BroadcastView, WatchView};

/// Writes an event as one message; empty for what the binary form does not say.
pub fn encode(event: &Event) -> Vec<u8> {
    let mut to = Writer::default();
    let kind = write(&mut to, event);
    kind.map_or_else(Vec::new, |kind| message(kind, &to.body))
}

/// The members of a room as its picture has them. Those who enter together get the same.
pub fn encode_members(members: &[Member]) -> Vec<u8> {
    let mut to = Writer::default();
    to.list(members, write_member);
    to.body
}

/// A room's picture, with its members as [`encode_members`] writes them.
pub fn encode_room_picture(picture: &RoomPicture, members: &[u8]) -> Vec<u8> {
    let mut to = Writer { body: Vec::with_capacity(members.len() + 2 * MAX_ID_BYTES) };
    write_room_picture(&mut to, picture, members);
    message(ROOM_PICTURE, &to.body)
}

/// The answer to a probe. The socket's owner gives it, not the hub.
pub fn encode_probe_reply(sent: Millis, server_now: Millis) -> Vec<u8> {
    let mut to = Writer::default();
    to.number(sent.0);
    to.number(server_now.0);
    message(PROBE_REPLY, &to.body)
}

/// The token ends soon. The socket's owner says it, not the hub.
pub fn encode_auth_expiring(expires_in: Millis) -> Vec<u8> {
    let mut to = Writer::default();
    to.number(expires_in.0);
    message(AUTH_EXPIRING, &to.body)
}

/// Writes the body; returns the frame's kind.
fn write(to: &mut Writer, event: &Event) -> Option<u8> {
    Some(match event {
        Event::Welcome(welcome) => {
            write_welcome(to, welcome);
            WELCOME
        }
        Event::Refused { about, room, refusal } => {
            to.text(about);
            to.maybe_text(room.as_ref().map(RoomId::as_str));
            to.text(&text(&ErrorBody::from(refusal)));
            REFUSED
        }
        Event::PresencePicture { version, entries, truncated, .. } => {
            to.number(*version);
            to.flag(*truncated);
            to.list(entries, write_instance);
            PRESENCE_PICTURE
        }
        Event::PresenceChanged { version, change, .. } => {
            to.number(*version);
            to.list(core::slice::from_ref(change), write_instance_change);
            PRESENCE_CHANGED
        }
        Event::RoomPicture(picture) => {
            write_room_picture(to, picture, &encode_members(&picture.members));
            ROOM_PICTURE
        }
        Event::RoomChanged { channel, version, changes, .. } => {
            to.number(*channel);
            to.number(*version);
            to.list(changes, write_member_change);
            ROOM_CHANGED
        }
        Event::Cursors { channel, moves, .. } => {
            to.number(*channel);
            for moved in moves {
                write_record(&mut to.body, moved.card.slot, moved.sequence, Place::from(&moved.cursor));
            }
            CURSORS
        }
        Event::RoomLeft { room, .. } => {
            to.text(room.as_str());
            ROOM_LEFT
        }
        Event::WishesTaken { revision } => {
            to.number(*revision);
            WISHES_TAKEN
        }
        Event::SessionTyping { key, instances } => {
            let instance_ids = instances.iter().map(InstanceId::as_str).collect();
            to.text(&piece(&TypistsView { session_key: key.as_str(), instance_ids }));
            SESSION_TYPING
        }
        Event::Watch { room, watch, .. } => {
            to.text(&piece(&WatchView::new(room, watch)));
            NEWS
        }
        Event::Broadcast { room, by, payload, .. } => {
            to.text(&piece(&BroadcastView::new(room, by, payload)?));
            NEWS
        }
        Event::Agents { agents, more, .. } => {
            to.text(&piece(&AgentsView::new(agents.iter().map(|agent| &**agent), *more)));
            NEWS
        }
        Event::Agent { agent, .. } => {
            to.text(&piece(&AgentChangeView::new(agent)));
            NEWS
        }
        Event::FeatureChanged { change, now } => {
            to.text(&piece(&FeatureView::new(change, *now)));
            NEWS
        }
        Event::AgentNotice { notice, now } => {
            to.text(&piece(&NoticeView::new(notice, *now)));
            NEWS
        }
        Event::Chat { message, .. } => {
            to.text(&piece(&ChatView::from(&**message)));
            NEWS
        }
        Event::Notification { notification, .. } => {
            to.text(&piece(&NotificationView::from(&**notification)));
            NEWS
        }
        Event::UserPresence { user, availability, now } => {
            to.text(&piece(&UserPresenceView::new(user, *availability, *now)));
            NEWS
        }
        // The SDK asks for no pong, it probes; and for none of the others.
        Event::Pong | Event::Listing(_) | Event::Listed { .. } | Event::BeaconTaken { .. } => return None,
    })
}

fn write_room_picture(to: &mut Writer, picture: &RoomPicture, members: &[u8]) {
    to.text(picture.room.as_str());
    to.number(picture.kind as u64);
    to.number(picture.channel);
    to.number(picture.version);
    to.number(picture.own_slot);
    to.body.extend_from_slice(members);
}

fn write_welcome(to: &mut Writer, welcome: &Welcome) {
    to.text(welcome.session_id.as_str());
    to.text(&text(&SelfView::new(welcome)));
    to.number(welcome.epoch);
    to.number(welcome.server_now.0);
    to.flag(welcome.resumed);
    let timing = &*welcome.timing;
    for length in [
        timing.abandon_after,
        timing.restart_grace,
        timing.ack_every,
        timing.reconnect_window,
        timing.typing_lease,
        timing.thresholds.idle_after,
        timing.thresholds.away_after,
        timing.thresholds.offline_after,
    ] {
        to.number(length.0);
    }
}

fn write_instance(to: &mut Writer, entry: &Instance) {
    to.number(0_u16);
    to.text(&entry.written_name().text());
    to.number(entry.liveness as u64);
    to.text(&piece(&InstanceCard::new(entry)));
    // An instance has no state and no typing apart from its card, and no cursor.
    to.text("");
    to.text("");
    write_place(&mut to.body, 0, Place::default());
}

fn write_instance_change(to: &mut Writer, change: &InstanceChange) {
    match change {
        InstanceChange::Joined(entry) | InstanceChange::Updated(entry) => {
            to.number(PUT);
            write_instance(to, entry);
        }
        InstanceChange::Left { user_id, instance_id } => {
            to.number(LEFT);
            to.text(&InstanceName { user: user_id.clone(), instance: instance_id.clone() }.text());
        }
    }
}

fn write_member(to: &mut Writer, member: &Member) {
    let card = &*member.card;
    to.number(card.slot);
    to.text(card.session_id.as_str());
    to.number(member.liveness as u64);
    to.text(&piece(&CardView::new(card)));
    to.text(&piece(&StateView::new(member)));
    to.text(&piece(&TypingView { typing: member.typing.as_deref() }));
    write_place(&mut to.body, 0, member.cursor.as_ref().map_or_else(Place::default, Place::from));
}

fn write_member_change(to: &mut Writer, change: &RoomChange) {
    match change {
        RoomChange::Joined { member, .. } => {
            to.number(PUT);
            write_member(to, member);
        }
        RoomChange::Left { card, .. } => {
            to.number(LEFT);
            to.text(card.session_id.as_str());
        }
        RoomChange::Liveness { card, liveness, .. } => {
            to.number(LIVENESS);
            to.number(card.slot);
            to.number(*liveness as u64);
        }
        RoomChange::State { member, .. } => {
            to.number(STATE);
            to.number(member.card.slot);
            to.text(&piece(&StateView::new(member)));
        }
        RoomChange::Typing { card, context } => {
            to.number(TYPING);
            to.number(card.slot);
            to.text(&piece(&TypingView { typing: context.as_deref() }));
        }
    }
}
