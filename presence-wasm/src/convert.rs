//! From the session's words to the objects JavaScript sees.

use presence_model::close::Close;
use presence_model::id::{InstanceKey, SessionId};
use presence_model::instance::Instance;
use presence_model::refusal::Refusal;
use presence_model::room::{Cursor, Member};
use presence_model::session::output::{Change, Identity, Link, RoomNews};
use presence_model::time::Millis;
use wasm_bindgen::JsValue;

use crate::clock::Clock;
use crate::shape::{
    ConnectionUpdate, ConnectionView, CursorsUpdate, InstanceView, InstancesUpdate, MemberView, Numbers, RefusalView,
    RefusedUpdate, RoomUpdate, SelfUpdate, SelfView, ToJs,
};

/// Who we are, to mark our own rows.
#[derive(Default)]
pub struct Own {
    pub session: Option<SessionId>,
    pub instance: Option<InstanceKey>,
}

impl Own {
    pub fn learn(&mut self, identity: &Identity) {
        self.session = Some(identity.session_id.clone());
        self.instance = Some(InstanceKey::new(&identity.user_id, &identity.instance_id));
    }
}

/// One update object. `None` never happens: every update is an object.
pub fn update(change: Change, clock: &Clock, own: &Own) -> Option<JsValue> {
    match change {
        Change::Link(link) => {
            ConnectionUpdate { kind: "connection", connection: connection_view(&link, clock) }.to_js()
        }
        Change::Identity(identity) => SelfUpdate { kind: "self", own: self_view(identity) }.to_js(),
        Change::Instances { whole, changed, left, truncated } => InstancesUpdate {
            kind: "instances",
            whole,
            changed: changed.into_iter().map(|entry| instance_view(entry, own)).collect(),
            left: left.iter().map(InstanceKey::to_string).collect(),
            truncated,
        }
        .to_js(),
        Change::Room(news) => room_update(news, own).to_js(),
        Change::Cursors { room, moves } => CursorsUpdate {
            kind: "cursors",
            room_id: room.as_str().to_owned(),
            moves: Numbers(moves.iter().flat_map(|(slot, cursor)| cursor_row(*slot, cursor)).collect()),
        }
        .to_js(),
        Change::Refused { about, refusal } => {
            RefusedUpdate { kind: "refused", about, refusal: refusal_view(refusal) }.to_js()
        }
    }
}

fn connection_view(link: &Link, clock: &Clock) -> ConnectionView {
    let reason = |code: u16| Close::ALL.iter().find(|close| close.code() == code).map(|close| close.reason());
    ConnectionView {
        state: link.state.name(),
        since: clock.on_the_wall(link.since),
        attempt: f64::from(link.attempt),
        retry_at: link.retry_at.map(|at| clock.on_the_wall(at)),
        close_code: link.close_code.map(f64::from),
        close_reason: link.close_code.and_then(reason),
    }
}

fn self_view(identity: Identity) -> SelfView {
    SelfView {
        user_id: identity.user_id.as_str().to_owned(),
        name: identity.name,
        session_id: identity.session_id.as_str().to_owned(),
        instance_id: identity.instance_id.as_str().to_owned(),
    }
}

fn instance_view(entry: Instance, own: &Own) -> InstanceView {
    let key = entry.key();
    InstanceView {
        id: key.to_string(),
        own: own.instance.as_ref() == Some(&key),
        instance_id: entry.instance_id.as_str().to_owned(),
        user_id: entry.user_id.as_str().to_owned(),
        name: entry.name,
        host: entry.info.host,
        ip: entry.ip,
        client_id: entry.info.client_id,
        version: entry.info.version,
        platform: entry.info.platform,
        device_family: entry.info.device_family,
        model_identifier: entry.info.model_identifier,
        mode: entry.info.mode,
        agent_id: entry.info.agent_id,
        roles: entry.info.roles,
        scopes: entry.info.scopes,
        status: entry.status.name(),
        liveness: entry.liveness.name(),
        last_input_at: entry.last_input_at.map(millis),
        reason: entry.reason.as_str().to_owned(),
        ts: millis(entry.ts),
        sessions: entry.sessions.iter().map(|id| id.as_str().to_owned()).collect(),
    }
}

fn room_update(news: RoomNews, own: &Own) -> RoomUpdate {
    RoomUpdate {
        kind: "room",
        room_id: news.room.as_str().to_owned(),
        state: news.state.name(),
        whole: news.whole,
        changed: news.changed.into_iter().map(|member| member_view(member, own)).collect(),
        left: news.left.iter().map(|id| id.as_str().to_owned()).collect(),
        refusal: news.refusal.map(refusal_view),
    }
}

fn member_view(member: Member, own: &Own) -> MemberView {
    let card = &member.card;
    MemberView {
        session_id: card.session_id.as_str().to_owned(),
        user_id: card.user_id.as_str().to_owned(),
        slot: f64::from(card.slot),
        name: card.name.clone(),
        image: card.image.clone(),
        color: card.colour.to_string(),
        status: member.status.name(),
        liveness: member.liveness.name(),
        last_active_at: millis(member.last_active_at),
        joined_at: millis(card.joined_at),
        typing: member.typing,
        own: own.session.as_ref() == Some(&card.session_id),
    }
}

fn refusal_view(refusal: Refusal) -> RefusalView {
    RefusalView {
        code: refusal.code.name(),
        retryable: refusal.code.retryable(),
        message: refusal.message,
        field: refusal.field,
    }
}

fn cursor_row(slot: u16, cursor: &Cursor) -> [f64; 4] {
    let or_nan = |value: Option<f64>| value.unwrap_or(f64::NAN);
    [f64::from(slot), or_nan(cursor.x), or_nan(cursor.y), or_nan(cursor.timestamp)]
}

fn millis(millis: Millis) -> f64 {
    millis.0 as f64
}
