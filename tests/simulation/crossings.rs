//! What crosses between shards, and what overtakes it.

use presence_hub::io::Shard;
use presence_model::grant::{Grants, Pattern, Right};
use presence_model::id::RoomId;
use presence_model::limit::Limits;
use presence_model::room::{Cursor, RoomKey, RoomKind};
use presence_model::session::output::RoomState;
use presence_model::time::Millis;

use crate::check;
use crate::comings::{limited, plain, tab};
use crate::world::World;

const SHARDS: usize = 3;

/// A room that lives on this shard.
fn room_on(shard: usize) -> RoomKey {
    let rooms = (0..).map(|n| RoomId::parse(&format!("room-{n}")).expect("a name"));
    let mut own = rooms.filter(|room| Shard::of(room, SHARDS).0 == shard);
    RoomKey { room: own.next().expect("names spread over shards"), kind: RoomKind::Project }
}

/// Shards far from each other, and a room on the second.
fn far_apart() -> (World, RoomKey) {
    far_apart_limited(Limits::default())
}

fn far_apart_limited(limits: Limits) -> (World, RoomKey) {
    let mut world = limited(SHARDS, limits);
    let key = room_on(1);
    world.rooms = vec![];
    world.server.peer_delay = (Millis(500), Millis(500));
    (world, key)
}

fn seated(world: &World, key: &RoomKey) -> usize {
    check::members(&world.server.hubs, key).count()
}

/// How many of a room's members type.
fn typists(world: &World, key: &RoomKey) -> usize {
    check::members(&world.server.hubs, key).filter(|member| member.typing.is_some()).count()
}

/// Enters the room and types in it at once: the mark is at the room before the join is.
fn enter_and_type(world: &mut World, client: usize, key: &RoomKey) {
    let lease = world.server.timing.typing_lease;
    world.with(client, |client, agenda, network| {
        client.enter(agenda, network, key);
        client.type_in(agenda, network, &key.room, lease);
    });
    world.run_for(Millis(100));
    assert_eq!(seated(world, key), 0);
}

#[test]
fn a_command_that_overtakes_its_join_arrives() {
    let (mut world, key) = far_apart();
    let client = tab(&mut world, "ann");
    world.rooms = vec![key.clone()];
    enter_and_type(&mut world, client, &key);
    // The client must not hear that it is in, or it would say it all again.
    let link = world.clients[client].link.expect("it is online");
    world.network.swallow(link);
    world.run_for(Millis(500));
    assert_eq!((seated(&world, &key), typists(&world, &key)), (1, 0));
    world.run_for(Millis(500));
    assert_eq!((seated(&world, &key), typists(&world, &key)), (1, 1));
    world.network.heal(&mut world.agenda, link);
    world.run_for(Millis::seconds(20));
    assert_eq!(world.clients[client].mirror.refused, 0);
    check::calm(&world);
}

#[test]
fn a_command_that_comes_back_does_not_undo_a_newer_one() {
    let (mut world, key) = far_apart();
    let client = tab(&mut world, "ann");
    world.rooms = vec![key.clone()];
    enter_and_type(&mut world, client, &key);
    world.run_for(Millis(600));
    assert_eq!(typists(&world, &key), 1);
    world.with(client, |client, agenda, network| client.stop_typing(agenda, network, &key.room));
    world.run_for(Millis(100));
    assert_eq!(typists(&world, &key), 0);
    // The first mark is back from the lobby by now.
    world.run_for(Millis(1_000));
    assert_eq!(typists(&world, &key), 0);
    check::calm(&world);
}

#[test]
fn a_session_that_ends_while_its_join_is_under_way_leaves_no_ghost() {
    for pause in [Millis(0), Millis(100), Millis(490), Millis(600)] {
        let (mut world, key) = far_apart();
        let client = tab(&mut world, "ann");
        world.rooms = vec![key.clone()];
        world.with(client, |client, agenda, network| client.enter(agenda, network, &key));
        world.run_for(pause);
        world.with(client, |client, agenda, network| client.stop(agenda, network));
        world.run_for(Millis::seconds(5));
        check::empty(&mut world);
    }
}

#[test]
fn an_answer_to_an_earlier_join_is_none_to_a_newer_one() {
    let (mut world, key) = far_apart_limited(Limits { users_per_room: 1, ..Limits::default() });
    let (first, second) = (tab(&mut world, "ann"), tab(&mut world, "bob"));
    world.rooms = vec![key.clone()];
    world.with(first, |client, agenda, network| client.enter(agenda, network, &key));
    world.run_for(Millis::seconds(2));
    world.with(second, |client, agenda, network| client.enter(agenda, network, &key));
    // The room is full, and says so to the lobby. Meanwhile it empties, and the other asks again.
    world.run_for(Millis(600));
    assert_eq!(world.clients[second].mirror.rooms[&key.room].state, RoomState::Refused);
    world.with(first, |client, agenda, network| client.leave(agenda, network, &key.room));
    world.run_for(Millis(50));
    world.with(second, |client, agenda, network| {
        client.leave(agenda, network, &key.room);
        client.enter(agenda, network, &key);
    });
    world.run_for(Millis::seconds(3));
    check::calm(&world);
    assert_eq!(seated(&world, &key), 1);
    for client in [first, second] {
        world.with(client, |client, agenda, network| client.stop(agenda, network));
    }
    world.run_for(Millis::seconds(5));
    check::empty(&mut world);
}

#[test]
fn a_member_of_rooms_on_several_shards_is_in_all_and_leaves_all() {
    let mut world = plain(SHARDS);
    world.rooms = (0..SHARDS).map(room_on).collect();
    let (observer, mover) = (tab(&mut world, "ann"), tab(&mut world, "bob"));
    let keys = world.rooms.clone();
    for key in &keys {
        world.with(mover, |client, agenda, network| client.point(agenda, network, &key.room, Cursor::at(0.25, 0.75)));
    }
    world.run_for(Millis::seconds(1));
    check::calm(&world);
    assert!(keys.iter().all(|key| seated(&world, key) == 2));
    world.with(mover, |client, agenda, network| client.stop(agenda, network));
    world.run_for(Millis::seconds(1));
    check::calm(&world);
    assert!(keys.iter().all(|key| seated(&world, key) == 1));
    // Once in each room, once in the list.
    assert_eq!(world.clients[observer].mirror.left, SHARDS + 1);
}

#[test]
fn a_seat_taken_anew_shows_the_cursor_that_was_said_for_the_one_before() {
    let (mut world, key) = far_apart();
    let client = tab(&mut world, "ann");
    world.rooms = vec![key.clone()];
    world.with(client, |client, agenda, network| client.enter(agenda, network, &key));
    world.run_for(Millis(515));
    // The room has let us in. Before we hear of it we are out and in again, which the room hears much later.
    world.with(client, |client, agenda, network| {
        client.leave(agenda, network, &key.room);
        client.enter(agenda, network, &key);
    });
    world.run_for(Millis(100));
    world.with(client, |client, agenda, network| client.point(agenda, network, &key.room, Cursor::at(0.5, 0.5)));
    world.run_for(Millis::seconds(3));
    check::calm(&world);
}

#[test]
fn a_refusal_that_overtakes_the_end_of_an_earlier_stay_is_the_last_word() {
    let (mut world, key) = far_apart_limited(Limits { rooms_per_user: 1, ..Limits::default() });
    let client = tab(&mut world, "ann");
    world.rooms = vec![key.clone(), room_on(2)];
    let other = world.rooms[1].clone();
    // In, out, elsewhere, and in again at once: the lobby refuses the last before the room has said a word.
    world.with(client, |client, agenda, network| {
        client.enter(agenda, network, &key);
        client.leave(agenda, network, &key.room);
        client.enter(agenda, network, &other);
        client.enter(agenda, network, &key);
    });
    world.run_for(Millis::seconds(3));
    assert_eq!(world.clients[client].mirror.rooms[&key.room].state, RoomState::Refused);
    assert_eq!((seated(&world, &key), seated(&world, &other)), (0, 1));
    check::calm(&world);
}

#[test]
fn a_room_that_a_newer_token_closes_is_left_and_stays_so_until_it_opens() {
    let (mut world, key) = far_apart();
    let (client, other) = (tab(&mut world, "ann"), tab(&mut world, "bob"));
    world.rooms = vec![key.clone()];
    for client in [client, other] {
        world.with(client, |client, agenda, network| client.enter(agenda, network, &key));
    }
    world.run_for(Millis::seconds(2));
    assert_eq!(seated(&world, &key), 2);
    world.server.grants = Grants::Rooms(vec![(Pattern::new("elsewhere-*"), vec![Right::Read])]);
    let link = world.clients[client].link.expect("it is online");
    world.server.renew(&mut world.agenda, link, "ann");
    // It points on, not knowing yet.
    world.with(client, |client, agenda, network| client.point(agenda, network, &key.room, Cursor::at(0.5, 0.5)));
    world.run_for(Millis::seconds(3));
    assert_eq!(world.clients[client].mirror.rooms[&key.room].state, RoomState::Refused);
    assert_eq!((seated(&world, &key), world.clients[other].mirror.left), (1, 1));
    // Wished for again it is refused again; with a token that opens it, it is entered.
    for (grants, members) in [(world.server.grants.clone(), 1), (Grants::All, 2)] {
        world.server.grants = grants;
        world.server.renew(&mut world.agenda, link, "ann");
        world.with(client, |client, agenda, network| {
            client.leave(agenda, network, &key.room);
            client.enter(agenda, network, &key);
        });
        world.run_for(Millis::seconds(3));
        assert_eq!(seated(&world, &key), members);
    }
    check::calm(&world);
}

#[test]
fn wishes_that_got_lost_are_said_again() {
    let (mut world, key) = far_apart();
    let client = tab(&mut world, "ann");
    world.rooms = vec![key.clone()];
    world.network.loses_next = true;
    world.with(client, |client, agenda, network| client.enter(agenda, network, &key));
    world.run_for(Millis::seconds(4));
    assert_eq!(seated(&world, &key), 1);
    check::calm(&world);
}
