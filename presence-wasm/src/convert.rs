//! From the session's words to the objects JavaScript sees.

use alloc::string::String;
use alloc::vec::Vec;

use presence_model::close::Close;
use presence_model::id::{InstanceId, SessionId, UserId};
use presence_model::instance::Instance;
use presence_model::refusal::Refusal;
use presence_model::room::{Cursor, Member};
use presence_model::session::output::{Change, Identity, Link, RoomNews};
use presence_model::time::Millis;
use wasm_bindgen::JsValue;

use crate::clock::Clock;
use crate::shape::{
    ConnectionUpdate, ConnectionView, CursorsUpdate, InstanceView, InstancesUpdate, MemberView, RefusalView,
    RefusedUpdate, RoomUpdate, SelfUpdate, SelfView, texts,
};
use crate::web::{List, Numbers, joined};

/// Who we are, to mark our own rows.
#[derive(Default)]
pub struct Own {
    identity: Option<Identity>,
}

impl Own {
    pub fn learn(&mut self, identity: &Identity) {
        self.identity = Some(identity.clone());
    }

    fn is_session(&self, session: &SessionId) -> bool {
        self.identity.as_ref().is_some_and(|own| own.session_id == *session)
    }

    /// The server compares ids of instances without regard to case, and lists the spelling it saw first.
    fn is_instance(&self, entry: &Instance) -> bool {
        self.identity.as_ref().is_some_and(|own| {
            own.user_id == entry.user_id && own.instance_id.as_str().eq_ignore_ascii_case(entry.instance_id.as_str())
        })
    }
}

/// One update object.
pub fn update(change: &Change, clock: &Clock, own: &Own) -> JsValue {
    match change {
        Change::Link(link) => ConnectionUpdate { kind: "connection", connection: connection(link, clock) }.to_js(),
        Change::Identity(identity) => SelfUpdate { kind: "self", own: identified(identity) }.to_js(),
        Change::Instances { whole, changed, left, truncated } => {
            let changed = list(changed, |entry| instance(entry, own));
            let left = list(left, |name| JsValue::from_str(&id(&name.user, &name.instance)));
            InstancesUpdate { kind: "instances", whole: *whole, changed, left, truncated: *truncated }.to_js()
        }
        Change::Room(news) => room(news, own),
        Change::Cursors { room, moves } => {
            CursorsUpdate { kind: "cursors", room_id: room.as_str(), moves: rows(moves) }.to_js()
        }
        Change::Refused { about, refusal } => {
            RefusedUpdate { kind: "refused", about, refusal: refused(refusal) }.to_js()
        }
    }
}

fn list<T>(items: &[T], convert: impl Fn(&T) -> JsValue) -> JsValue {
    let list = List::new();
    for item in items {
        list.push(&convert(item));
    }
    list.into()
}

fn connection(link: &Link, clock: &Clock) -> JsValue {
    let reason = |code: u16| Close::ALL.iter().find(|close| close.code() == code).map(|close| close.reason());
    ConnectionView {
        state: link.state.name(),
        since: clock.on_the_wall(link.since),
        attempt: f64::from(link.attempt),
        retry_at: link.retry_at.map(|at| clock.on_the_wall(at)),
        close_code: link.close_code.map(f64::from),
        close_reason: link.close_code.and_then(reason),
    }
    .to_js()
}

fn identified(identity: &Identity) -> JsValue {
    SelfView {
        user_id: identity.user_id.as_str(),
        name: &identity.name,
        session_id: identity.session_id.as_str(),
        instance_id: identity.instance_id.as_str(),
    }
    .to_js()
}

fn id(user: &UserId, instance: &InstanceId) -> String {
    joined(&[user.as_str(), "/", instance.as_str()])
}

fn instance(entry: &Instance, own: &Own) -> JsValue {
    let info = &entry.info;
    InstanceView {
        id: &id(&entry.user_id, &entry.instance_id),
        own: own.is_instance(entry),
        instance_id: entry.instance_id.as_str(),
        user_id: entry.user_id.as_str(),
        name: &entry.name,
        host: info.host.as_deref(),
        ip: entry.ip.as_deref(),
        client_id: info.client_id.as_deref(),
        version: info.version.as_deref(),
        platform: info.platform.as_deref(),
        device_family: info.device_family.as_deref(),
        model_identifier: info.model_identifier.as_deref(),
        mode: info.mode.as_deref(),
        agent_id: info.agent_id.as_deref(),
        roles: texts(&mut info.roles.iter().map(String::as_str)),
        scopes: texts(&mut info.scopes.iter().map(String::as_str)),
        status: entry.status.name(),
        liveness: entry.liveness.name(),
        last_input_at: entry.last_input_at.map(millis),
        reason: entry.reason.as_str(),
        ts: millis(entry.ts),
        sessions: texts(&mut entry.sessions.iter().map(SessionId::as_str)),
    }
    .to_js()
}

fn room(news: &RoomNews, own: &Own) -> JsValue {
    RoomUpdate {
        kind: "room",
        room_id: news.room.as_str(),
        state: news.state.name(),
        whole: news.whole,
        changed: list(&news.changed, |shown| member(shown, own)),
        left: texts(&mut news.left.iter().map(SessionId::as_str)),
        refusal: news.refusal.as_ref().map(refused),
    }
    .to_js()
}

fn member(member: &Member, own: &Own) -> JsValue {
    let card = &*member.card;
    MemberView {
        session_id: card.session_id.as_str(),
        user_id: card.user_id.as_str(),
        slot: f64::from(card.slot),
        name: &card.name,
        image: card.image.as_deref(),
        color: &card.colour.text(),
        status: member.status.name(),
        liveness: member.liveness.name(),
        last_active_at: millis(member.last_active_at),
        joined_at: millis(card.joined_at),
        typing: member.typing.as_deref(),
        own: own.is_session(&card.session_id),
    }
    .to_js()
}

fn refused(refusal: &Refusal) -> JsValue {
    RefusalView {
        code: refusal.code.name(),
        retryable: refusal.code.retryable(),
        message: &refusal.message,
        field: refusal.field.as_deref(),
    }
    .to_js()
}

fn rows(moves: &[(u16, Cursor)]) -> JsValue {
    let mut numbers = Vec::new();
    for (slot, cursor) in moves {
        numbers.push(f64::from(*slot));
        for number in [cursor.x, cursor.y, cursor.timestamp] {
            numbers.push(number.unwrap_or(f64::NAN));
        }
    }
    Numbers::copy_of(&numbers).into()
}

fn millis(millis: Millis) -> f64 {
    millis.0 as f64
}
