//! What must hold: some of it always, the rest once all is calm.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use presence_hub::io::Shard;
use presence_model::id::{InstanceKey, SessionId};
use presence_model::room::{Cursor, Member, RoomKey};
use presence_model::session::output::RoomState;
use presence_model::status::{Liveness, Status};
use presence_model::time::Millis;
use presence_model::wire::binary::cursor::Place;
use presence_model::wire::binary::entry::Entry;

use crate::client::{Client, Fate};
use crate::mirror::Leave;
use crate::shown::{is_same, is_true_instance, is_true_member};
use crate::world::World;

/// What passes between the lobby and a room may be under way for this long.
const UNDER_WAY: Millis = Millis::seconds(2);

/// Holds at any moment: nothing outlives its time, no queue passes its bound, no store differs from
/// the session it listens to.
pub fn audit(world: &mut World) {
    let now = world.now();
    let server = &mut world.server;
    if server.frozen_since.is_some() {
        return;
    }
    server.ledger.settle(now);
    let ledger = &server.ledger;
    for key in &world.rooms {
        for member in members(&server.hubs, key) {
            let session = &member.card.session_id;
            let belongs = ledger.life(session).is_some_and(|life| life.wishes.contains(key));
            let released = ledger.released_at(now, session, &key.room);
            assert!(
                belongs || released.is_some_and(|at| at + UNDER_WAY >= now),
                "{session} is a ghost in {}: released at {released:?}",
                key.room
            );
            let typed = ledger.typed_at(session, &key.room).unwrap_or(Millis::ZERO);
            assert!(
                member.typing.is_none() || typed + server.timing.typing_lease + UNDER_WAY >= now,
                "{session} types in {} though its lease is over",
                key.room
            );
        }
    }
    for entry in server.hubs[0].presence(now, false).entries.iter() {
        let key = entry.key();
        assert!(ledger.holds(&key), "{key} is listed, gone at {:?}", ledger.gone_at(&key));
    }
    let frame = 16 + 16 * world.clients.len();
    server.check_bounds(frame * world.rooms.len());
    for client in &world.clients {
        mirror_equals_session(client);
    }
}

/// A leave was told to a client that did nothing for it: the one who left must have gone, or have
/// stayed away after a restart for as long as its grace.
pub fn leave(world: &World, observer: usize, leave: &Leave) {
    let (now, ledger, observer) = (world.now(), &world.server.ledger, &world.clients[observer]);
    let name = format!("client {} at {now}", observer.number);
    match leave {
        Leave::Member { room, session, joined_at } => {
            let is_refused = observer.mirror.rooms.get(room).is_none_or(|view| view.state == RoomState::Refused);
            let released = ledger.released_at(now, session, room);
            if is_refused || released.is_some_and(|at| at + UNDER_WAY >= *joined_at) {
                return;
            }
            assert!(
                is_over_after_restart(world, observer, *joined_at),
                "{name} saw {session} leave {room}: it did not"
            );
            let key = observer.wants.get(room).map(|kind| RoomKey { room: room.clone(), kind: *kind });
            let back = key
                .as_ref()
                .and_then(|key| members(&world.server.hubs, key).find(|member| member.card.session_id == *session));
            let is_back = back.is_some_and(|member| member.card.joined_at + UNDER_WAY < now);
            // Who was disturbed, had a message lost or hangs on a dead line may not have heard of it; nor has
            // anyone whose server stood still.
            let server = &world.server;
            let disturbed_at = observer.disturbed_at.max(server.thawed_at);
            let is_calm = disturbed_at + server.timing.restart_grace + UNDER_WAY < now
                && server.frozen_since.is_none()
                && observer.welcomed_at.last() >= server.ledger.restarts.last()
                && !world.network.has_harmed;
            assert!(!(is_back && is_calm), "{name} saw {session} leave {room}: it is back after the restart");
        }
        Leave::Instance(key) => {
            let has_gone = ledger.gone_at(key).is_some() || !ledger.is_alive(now, key);
            assert!(
                has_gone || is_over_after_restart(world, observer, Millis::ZERO),
                "{name} saw {key} leave: it did not"
            );
        }
    }
}

/// Whether the server's last life ended after `since`, and the observer has waited for those who come back.
fn is_over_after_restart(world: &World, observer: &Client, since: Millis) -> bool {
    let grace = world.server.timing.restart_grace;
    let Some(restart) = world.server.ledger.restarts.iter().find(|at| **at >= since) else { return false };
    let Some(welcome) = observer.welcomed_at.iter().find(|at| *at >= restart) else { return false };
    *welcome + grace <= world.now()
}

pub fn members<'a>(hubs: &'a [presence_hub::hub::Hub], key: &'a RoomKey) -> impl Iterator<Item = &'a Member> {
    hubs[Shard::of(&key.room, hubs.len()).0].members(key)
}

fn mirror_equals_session(client: &Client) {
    let (Some(session), number) = (&client.session, client.number) else { return };
    same_entries(&client.mirror.instances, session.instances())
        .unwrap_or_else(|wrong| panic!("client {number} was not told all about the list: {wrong}"));
    for (room, view) in &client.mirror.rooms {
        same_entries(&view.members, session.members(room))
            .unwrap_or_else(|wrong| panic!("client {number} was not told all about {room}: {wrong}"));
        for shown in session.members(room).filter(|shown| !view.is_own(&shown.name)) {
            let name = &shown.name;
            assert_eq!(view.pointed(shown.slot), shown.cursor, "client {number} was not told where {name} points");
        }
    }
}

/// Whether what was told is what is shown, in every part of every entry.
fn same_entries<'a>(told: &BTreeMap<Arc<str>, Entry>, shown: impl Iterator<Item = &'a Entry>) -> Result<(), String> {
    let mut count = 0;
    for shown in shown {
        count += 1;
        let told = told.get(&shown.name);
        if !told.is_some_and(|told| is_same(told, shown)) {
            return Err(format!("{told:?}, not {shown:?}"));
        }
    }
    if count == told.len() { Ok(()) } else { Err(format!("of {:?} are shown {count}", told.keys())) }
}

/// Holds once nothing is under way and every line has had its time: each view equals the hub, and the
/// hub holds what is true.
pub fn calm(world: &World) {
    let online = online(world);
    list_is_true(world, &online);
    conversations_are_true(world, &online);
    for key in &world.rooms {
        room_is_true(world, key, &online);
    }
    for client in online {
        views_are_true(world, client);
        clock_is_true(world, client);
    }
}

/// The client knows the server's clock. Its only exchange after a jump of its own clock may have been as
/// long under way as lines swallow, and is half as wrong.
fn clock_is_true(world: &World, client: &Client) {
    const NEAR: Millis = Millis::seconds(30);
    let Some(session) = &client.session else { return };
    let believed = session.server_now(world.now() + client.owner.skew);
    let error = believed.since(world.now()).max(world.now().since(believed));
    assert!(error <= NEAR, "client {} is {error} wrong about the server's clock", client.number);
}

/// Who is online: all that run, as far as their user may have so many sessions.
fn online(world: &World) -> Vec<&Client> {
    let running: Vec<&Client> = world.clients.iter().filter(|client| client.fate == Fate::Runs).collect();
    for client in &running {
        let of_user = running.iter().filter(|other| other.owner.user == client.owner.user);
        let (all, online) = (of_user.clone().count(), of_user.filter(|other| other.is_online()).count());
        let link = client.mirror.link;
        let limit = world.server.limits.sessions_per_user;
        assert_eq!(online, all.min(limit), "client {} is {link:?}; {online} of {all} are online", client.number);
    }
    running.into_iter().filter(|client| client.is_online()).collect()
}

fn list_is_true(world: &World, online: &[&Client]) {
    let list = world.server.hubs[0].presence(world.now(), false);
    let listed: BTreeMap<InstanceKey, BTreeSet<SessionId>> =
        list.entries.iter().map(|entry| (entry.key(), entry.sessions.iter().cloned().collect())).collect();
    let mut wanted: BTreeMap<InstanceKey, BTreeSet<SessionId>> = BTreeMap::new();
    for client in online {
        let identity = client.mirror.identity.as_ref().expect("who is online knows who it is");
        let key = InstanceKey::new(&identity.user_id, &identity.instance_id);
        assert_eq!(
            client.session_id(),
            Some(&identity.session_id),
            "client {} was told wrong who it is",
            client.number
        );
        wanted.entry(key).or_default().insert(identity.session_id.clone());
    }
    let limit = world.server.limits.instances;
    assert_eq!(list.truncated, wanted.len() > limit);
    assert_eq!(listed.len(), wanted.len().min(limit), "of {wanted:?} are listed {listed:?}");
    assert!(listed.iter().all(|(key, sessions)| wanted.get(key) == Some(sessions)), "{listed:?} is not of {wanted:?}");
    for entry in list.entries.iter() {
        assert_eq!(entry.liveness, Liveness::Connected, "{}", entry.key());
    }
    for client in online.iter().filter(|client| client.wants_presence) {
        for entry in list.entries.iter() {
            let shown = client.mirror.instances.get(entry.written_name().text().as_str());
            let shown = shown.unwrap_or_else(|| panic!("client {} misses {}", client.number, entry.key()));
            is_true_instance(shown, entry)
                .unwrap_or_else(|wrong| panic!("client {} is wrong about {}: {wrong}", client.number, entry.key()));
        }
        assert_eq!(client.mirror.instances.len(), list.entries.len(), "client {} lists too many", client.number);
    }
}

/// Everybody who hears of the list knows who types in which conversation: those whom the list holds.
fn conversations_are_true(world: &World, online: &[&Client]) {
    // What a network that loses single messages took from one of them, only the next word there brings.
    if world.network.has_harmed {
        return;
    }
    let list = world.server.hubs[0].presence(world.now(), false);
    let mut typists: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for client in online {
        let Some(session) = client.session_id() else { continue };
        let Some(entry) = list.entries.iter().find(|entry| entry.sessions.contains(session)) else { continue };
        for (key, _) in client.converses_until.iter().filter(|(_, until)| **until > world.now()) {
            typists.entry(key.to_string()).or_default().insert(entry.instance_id.to_string());
        }
    }
    for client in online {
        let wanted = if client.wants_presence { typists.clone() } else { BTreeMap::new() };
        assert_eq!(client.mirror.typists, wanted, "client {} is wrong about who types", client.number);
    }
}

fn room_is_true(world: &World, key: &RoomKey, online: &[&Client]) {
    let now = world.now();
    let seated: BTreeSet<_> = members(&world.server.hubs, key).map(|member| member.card.session_id.clone()).collect();
    let wanted: BTreeSet<_> = online
        .iter()
        .filter(|client| client.wants.get(&key.room) == Some(&key.kind) && client.mirror.is_in(&key.room))
        .filter_map(|client| client.session_id().cloned())
        .collect();
    assert_eq!(seated, wanted, "{} holds others than those who are in it", key.room);
    for member in members(&world.server.hubs, key) {
        let session = &member.card.session_id;
        assert_eq!(member.liveness, Liveness::Connected, "{session} in {}", key.room);
        let client = online.iter().find(|client| client.session_id() == Some(session)).expect("all are online");
        if let Some(pointed) = client.pointed.get(&key.room) {
            assert!(
                same_place(*pointed, member.cursor.unwrap_or_default()),
                "{session} (client {}) points at {pointed:?}, not {:?}",
                client.number,
                member.cursor
            );
        }
        let types = client.types_until.get(&key.room).is_some_and(|until| *until > now);
        assert_eq!(member.typing.is_some(), types, "whether {session} types in {}", key.room);
        if let Some(status) = true_status(world, &client.owner.user, online) {
            assert_eq!(member.status, status, "{session} in {}", key.room);
        }
    }
}

/// What a user's input says; `None` too near to a threshold to tell.
fn true_status(world: &World, user: &str, online: &[&Client]) -> Option<Status> {
    const NEAR: Millis = Millis::seconds(3);
    let newest = online.iter().filter(|client| client.owner.user == user).map(|client| client.last_input).max()?;
    let quiet = world.now().since(newest);
    let thresholds = world.server.timing.thresholds;
    let is_near = |threshold: Millis| quiet + NEAR > threshold && quiet < threshold + NEAR;
    let is_clear = !is_near(thresholds.idle_after) && !is_near(thresholds.away_after);
    is_clear.then(|| thresholds.by_input(world.now(), Some(newest)))
}

fn views_are_true(world: &World, client: &Client) {
    let number = client.number;
    assert_eq!(
        client.mirror.rooms.keys().collect::<Vec<_>>(),
        client.wants.keys().collect::<Vec<_>>(),
        "client {number} sees other rooms than it wants"
    );
    for (room, kind) in &client.wants {
        let view = &client.mirror.rooms[room];
        if view.state == RoomState::Refused {
            assert!(view.members.is_empty(), "client {number} sees into {room}, which refused it");
            continue;
        }
        assert_eq!(view.state, RoomState::Joined, "client {number} waits for {room}");
        let key = RoomKey { room: room.clone(), kind: *kind };
        let held: BTreeMap<_, _> =
            members(&world.server.hubs, &key).map(|member| (member.card.session_id.as_str(), member)).collect();
        assert_eq!(
            view.members.keys().map(Arc::as_ref).collect::<Vec<_>>(),
            held.keys().copied().collect::<Vec<_>>(),
            "client {number} sees others in {room} than are there"
        );
        assert_eq!(view.own.as_ref(), client.session_id(), "client {number} mistakes another for itself in {room}");
        for (session, member) in held {
            is_true_member(&view.members[session], member)
                .unwrap_or_else(|wrong| panic!("client {number} is wrong about {session} in {room}: {wrong}"));
            if !view.is_own(session) {
                let (shown, held) = (view.pointed(member.card.slot), Place::from(&member.cursor.unwrap_or_default()));
                assert_eq!(shown, held, "client {number} is wrong where {session} points in {room}");
            }
        }
    }
}

/// The wire keeps a place to the pixel of a large screen, and a moment to the millisecond.
fn same_place(a: Cursor, b: Cursor) -> bool {
    let near = |a: Option<f64>, b: Option<f64>, by: f64| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= by,
        (None, None) => true,
        _ => false,
    };
    near(a.x, b.x, 1e-5) && near(a.y, b.y, 1e-5) && near(a.timestamp, b.timestamp, 1e-3)
}

/// Everyone has stopped: nothing is held, and once those who left are forgotten, nothing is planned.
pub fn empty(world: &mut World) {
    for (shard, hub) in world.server.hubs.iter().enumerate() {
        assert!(hub.is_empty(), "shard {shard} holds something of those who left");
        assert!(hub.presence(world.now(), false).entries.is_empty());
    }
    world.run_for(world.server.timing.instance_ttl + Millis(1));
    for (shard, hub) in world.server.hubs.iter().enumerate() {
        assert_eq!(hub.next_deadline(), None, "shard {shard} plans something for nobody");
        assert!(hub.presence(world.now(), true).entries.is_empty());
    }
}
