//! Who comes back in time was never away; who does not is gone, once. To the millisecond.

use presence_model::id::RoomId;
use presence_model::limit::{Limits, Timing};
use presence_model::room::RoomKind;
use presence_model::session::output::LinkState;
use presence_model::status::Liveness;
use presence_model::time::Millis;

use crate::chaos::key;
use crate::check;
use crate::link::Weather;
use crate::world::{Plan, World};

/// Every way takes so long.
const WAY: Millis = Millis(10);

/// Long enough for moves to meet in a window.
const GATHERING: Millis = Millis(20);

const ROOM: &str = "atlas";

fn room() -> RoomId {
    key(ROOM, RoomKind::Video).room
}

/// A world where nothing is left to chance.
pub fn plain(shards: usize) -> World {
    limited(shards, Limits::default())
}

pub fn limited(shards: usize, limits: Limits) -> World {
    let weather = Weather { latency: (WAY, WAY), jitter: Millis(0), hostility: 0 };
    let rooms = vec![key(ROOM, RoomKind::Video)];
    World::new(Plan {
        seed: 1,
        shards,
        weather,
        timing: Timing { flush_every: GATHERING, ..Timing::default() },
        limits,
        rooms,
    })
}

/// Opens a tab that is in all of the world's rooms and sees the list.
pub fn tab(world: &mut World, user: &str) -> usize {
    let client = world.add_client(user, &format!("{user}-0"), Millis::ZERO);
    come(world, client);
    world.run_for(Millis::seconds(1) + world.network.weather.latency.1.part(4, 1));
    assert!(world.clients[client].is_online());
    client
}

/// Opens the tab's page, which takes up what the tab stored.
pub fn come(world: &mut World, client: usize) {
    let rooms = world.rooms.clone();
    world.with(client, |client, agenda, network| {
        client.open(agenda, client.session_id().cloned());
        client.set_presence(agenda, network, true);
        for key in &rooms {
            client.enter(agenda, network, key);
        }
        client.start(agenda, network);
    });
}

/// Everyone touches something, so that no status changes.
fn touch_all(world: &mut World) {
    for client in 0..world.clients.len() {
        world.with(client, |client, agenda, network| client.touch(agenda, network));
    }
}

/// What a client was told of others: changes and leaves.
pub fn news(world: &World, client: usize) -> (usize, usize) {
    let mirror = &world.clients[client].mirror;
    (mirror.changed, mirror.left)
}

pub fn block(world: &mut World, client: usize) {
    world.with(client, |client, agenda, network| {
        client.disturbed_at = agenda.now;
        network.block(agenda, client.number, client.link);
    });
}

fn sees(world: &World, observer: usize, client: usize) -> Option<Liveness> {
    let session = world.clients[client].session_id()?;
    let room = world.clients[observer].mirror.rooms.get(&room())?;
    room.members.get(session.as_str()).map(|member| member.liveness)
}

#[test]
fn twenty_drops_under_ten_seconds_are_seen_by_nobody() {
    let mut world = plain(3);
    let (observer, mover) = (tab(&mut world, "ann"), tab(&mut world, "bob"));
    let before = news(&world, observer);
    for _ in 0..20 {
        touch_all(&mut world);
        block(&mut world, mover);
        world.run_for(Millis(9_900));
        assert!(!world.clients[mover].is_online());
        world.network.unblock(&mut world.agenda, mover);
        world.run_for(Millis(600));
        assert!(world.clients[mover].is_online());
        assert_eq!(news(&world, observer), before);
    }
    check::calm(&world);
}

#[test]
fn a_machine_that_vanishes_is_suspect_first_and_then_gone_once() {
    let mut world = plain(1);
    let (observer, mover) = (tab(&mut world, "ann"), tab(&mut world, "bob"));
    let vanished = world.now();
    world.with(mover, |client, agenda, network| {
        let link = client.link.expect("it is online");
        network.cut(agenda, link, None, None);
        client.vanish(agenda.now);
    });
    let mut seen = vec![];
    for _ in 0..60 * 20 {
        world.run_for(Millis(50));
        let now = sees(&world, observer, mover);
        if seen.last().is_none_or(|(_, last)| *last != now) {
            seen.push((world.now() - vanished, now));
        }
    }
    let [(_, connected), (suspect_at, suspect), (gone_at, gone)] = seen[..] else { panic!("{seen:?}") };
    assert_eq!((connected, suspect, gone), (Some(Liveness::Connected), Some(Liveness::Suspect), None));
    // The line was alive when its last sign came, at most a second before.
    let (suspect_after, gone_after) = (Millis::seconds(30), Millis::seconds(45));
    assert!(suspect_at > suspect_after - Millis::seconds(2) && suspect_at <= suspect_after + Millis(100), "{seen:?}");
    assert!(gone_at > gone_after - Millis::seconds(2) && gone_at <= gone_after + Millis(100), "{seen:?}");
    // Once in the room, once in the list.
    assert_eq!(news(&world, observer).1, 2);
    world.run_for(Millis::seconds(300));
    assert_eq!(news(&world, observer).1, 2);
}

#[test]
fn a_line_that_was_silent_for_a_while_is_suspect_and_then_connected_again() {
    let mut world = plain(3);
    let (observer, mover) = (tab(&mut world, "ann"), tab(&mut world, "bob"));
    let link = world.clients[mover].link.expect("it is online");
    world.network.swallow(link);
    world.run_for(Millis::seconds(35));
    assert_eq!(sees(&world, observer, mover), Some(Liveness::Suspect));
    world.network.heal(&mut world.agenda, link);
    world.run_for(Millis::seconds(1));
    assert_eq!(sees(&world, observer, mover), Some(Liveness::Connected));
    assert_eq!((world.clients[mover].link, news(&world, observer).1), (Some(link), 0));
    check::calm(&world);
}

#[test]
fn a_reload_of_under_three_seconds_is_seen_by_nobody_and_a_longer_one_is_a_leave_and_a_join() {
    for (away, leaves) in [(Millis(2_900), 0), (Millis(3_100), 2)] {
        let mut world = plain(3);
        let (observer, mover) = (tab(&mut world, "ann"), tab(&mut world, "bob"));
        touch_all(&mut world);
        world.run_for(Millis::seconds(1));
        let before = news(&world, observer);
        world.with(mover, |client, agenda, network| client.close(agenda, network));
        world.run_for(away);
        come(&mut world, mover);
        world.run_for(Millis::seconds(5));
        let after = news(&world, observer);
        assert_eq!((after.1 - before.1, after.0 - before.0), (leaves, leaves), "back after {away}");
        check::calm(&world);
    }
}

#[test]
fn a_restart_shows_nobody_a_leave_of_who_comes_back_within_ten_seconds() {
    for (away, leaves) in [(Millis(9_000), 0), (Millis(11_000), 2)] {
        let mut world = plain(3);
        let (observer, mover) = (tab(&mut world, "ann"), tab(&mut world, "bob"));
        let start = news(&world, observer).1;
        block(&mut world, mover);
        world.server.die(&mut world.agenda, &mut world.network, (100, Millis(0)));
        world.server.is_up = true;
        world.run_for(Millis::seconds(3));
        assert_eq!(sees(&world, observer, mover), Some(Liveness::Suspect));
        world.run_for(away - Millis::seconds(3));
        world.network.unblock(&mut world.agenda, mover);
        world.run_for(Millis::seconds(12));
        assert_eq!(sees(&world, observer, mover), Some(Liveness::Connected));
        assert_eq!(news(&world, observer).1 - start, leaves, "back after {away}");
        check::calm(&world);
    }
}

#[test]
fn who_has_no_line_after_a_restart_counts_nobody_as_gone() {
    let mut world = plain(1);
    let (observer, mover) = (tab(&mut world, "ann"), tab(&mut world, "bob"));
    block(&mut world, mover);
    world.server.die(&mut world.agenda, &mut world.network, (100, Millis(0)));
    world.server.is_up = true;
    world.run_for(Millis::seconds(5));
    // The observer has seen that the other is missing, loses its own line, and cannot see it come back.
    block(&mut world, observer);
    world.network.unblock(&mut world.agenda, mover);
    world.run_for(Millis::seconds(9));
    assert!(world.clients[mover].is_online());
    assert_eq!(sees(&world, observer, mover), Some(Liveness::Suspect));
    // Its line is slow: time passes between the welcome and the pictures.
    world.server.window = 1;
    world.network.unblock(&mut world.agenda, observer);
    world.run_for(Millis::seconds(15));
    assert_eq!(sees(&world, observer, mover), Some(Liveness::Connected));
    assert_eq!(news(&world, observer).1, 0);
    check::calm(&world);
}

#[test]
fn a_goodbye_is_immediate() {
    let mut world = plain(3);
    let (observer, mover) = (tab(&mut world, "ann"), tab(&mut world, "bob"));
    let before = news(&world, observer).1;
    world.with(mover, |client, agenda, network| client.stop(agenda, network));
    // To the server, until the room's next flush, and to the observer.
    world.run_for(WAY + WAY + world.server.timing.flush_every);
    assert_eq!(news(&world, observer).1 - before, 2);
}

#[test]
fn of_two_tabs_with_one_session_the_older_becomes_another() {
    let mut world = plain(1);
    let (observer, older) = (tab(&mut world, "ann"), tab(&mut world, "bob"));
    let stored = world.clients[older].session_id().cloned();
    let copy = world.add_client("bob", "bob-0", Millis::ZERO);
    world.with(copy, |client, agenda, network| {
        client.open(agenda, stored.clone());
        client.set_presence(agenda, network, true);
        client.enter(agenda, network, &key(ROOM, RoomKind::Video));
        client.start(agenda, network);
    });
    world.run_for(Millis::seconds(2));
    assert_eq!(world.clients[copy].session_id(), stored.as_ref());
    assert_ne!(world.clients[older].session_id(), stored.as_ref());
    check::calm(&world);
    let list = world.server.hubs[0].presence(world.now(), false);
    assert_eq!(list.entries.iter().map(|entry| entry.sessions.len()).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(news(&world, observer).1, 0);
}

#[test]
fn a_hello_that_was_long_under_way_does_not_take_the_session_back() {
    let mut world = plain(1);
    let (observer, mover) = (tab(&mut world, "ann"), tab(&mut world, "bob"));
    let before = news(&world, observer).1;
    world.with(mover, |client, agenda, network| {
        network.cut(agenda, client.link.expect("it is online"), Some(Millis(0)), Some(Millis(0)));
    });
    // Open, answered, and the hello is on its way: then nothing gets through.
    let old = loop {
        world.run_for(Millis(1));
        let client = &world.clients[mover];
        if client.mirror.link == Some(LinkState::Connecting) {
            break client.link.expect("who connects has a socket");
        }
    };
    world.run_for(WAY + WAY + Millis(2));
    world.network.swallow(old);
    touch_all(&mut world);
    world.run_for(Millis::seconds(11));
    let new = world.clients[mover].link.expect("it tries again");
    assert_ne!(new, old);
    world.network.heal(&mut world.agenda, old);
    touch_all(&mut world);
    world.run_for(Millis::seconds(5));
    assert_eq!(world.clients[mover].link, Some(new));
    check::calm(&world);
    // It was away for longer than its grace, once.
    assert_eq!(news(&world, observer).1 - before, 2);
}

#[test]
fn a_server_that_was_stopped_for_a_minute_blames_nobody() {
    let mut world = plain(3);
    let clients = [tab(&mut world, "ann"), tab(&mut world, "bob"), tab(&mut world, "cid")];
    for _ in 0..3 {
        world.server.freeze(world.agenda.now);
        world.run_for(Millis::seconds(60));
        world.server.thaw(&mut world.agenda, &mut world.network);
        world.run_for(Millis::seconds(30));
        for client in clients {
            assert_eq!(news(&world, client).1, 0);
        }
        check::calm(&world);
    }
}
