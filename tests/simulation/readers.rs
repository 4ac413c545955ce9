//! Readers who do not keep up, and cursors that must not outlive what they belong to.

use presence_model::limit::Limits;
use presence_model::room::{Cursor, RoomKey};
use presence_model::time::Millis;

use crate::check;
use crate::comings::{block, come, limited, news, plain, tab};
use crate::world::World;

fn point(world: &mut World, client: usize, key: &RoomKey, cursor: Cursor) {
    world.with(client, |client, agenda, network| client.point(agenda, network, &key.room, cursor));
}

#[test]
fn a_reader_who_does_not_acknowledge_gets_so_much_and_no_more_and_then_one_picture_of_all_cursors() {
    let mut world = plain(1);
    let reader = tab(&mut world, "ann");
    let movers: Vec<_> = (0..8).map(|n| tab(&mut world, &format!("user-{n}"))).collect();
    let key = world.rooms[0].clone();
    world.with(reader, |client, agenda, _| client.freeze(agenda));
    for step in 0..2_000_u32 {
        for (mover, x) in movers.iter().zip([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]) {
            let cursor = Cursor::at(x, f64::from(step % 1_000) / 1_000.0);
            point(&mut world, *mover, &key, cursor);
        }
        world.run_for(Millis(50));
    }
    let limit = world.server.limits.unacknowledged_bytes;
    let frames = world.clients[reader].waiting_cursors();
    let (bytes, largest) = (frames.iter().sum::<usize>(), frames.iter().copied().max().unwrap_or_default());
    assert!(bytes > limit && bytes <= limit + largest, "{bytes} bytes of cursors, the largest frame of {largest}");
    world.run_for(Millis::seconds(5));
    assert_eq!(world.clients[reader].waiting_cursors().len(), frames.len());
    world.with(reader, |client, agenda, network| client.thaw(agenda, network));
    let before = world.clients[reader].heard_cursors;
    world.run_for(Millis::seconds(3));
    assert_eq!(world.clients[reader].heard_cursors - before, 1);
    check::calm(&world);
}

#[test]
fn a_cursor_that_waited_while_its_reader_left_and_came_back_is_not_shown_any_more() {
    let mut world = plain(1);
    let mover = tab(&mut world, "bob");
    world.network.weather.latency = (Millis(300), Millis(300));
    let reader = tab(&mut world, "ann");
    world.run_for(Millis::seconds(5));
    world.server.window = 1;
    let key = world.rooms[0].clone();
    // What the reader says is heard 300 ms later: when one cursor is on its way to it, and the next waits.
    world.with(reader, |client, agenda, network| client.leave(agenda, network, &key.room));
    world.run_for(Millis(100));
    world.with(reader, |client, agenda, network| client.enter(agenda, network, &key));
    world.run_for(Millis(80));
    point(&mut world, mover, &key, Cursor::at(0.1, 0.1));
    world.run_for(Millis(80));
    point(&mut world, mover, &key, Cursor::at(0.2, 0.2));
    world.run_for(Millis(80));
    point(&mut world, mover, &key, Cursor::at(0.3, 0.3));
    world.run_for(Millis::seconds(5));
    check::calm(&world);
}

#[test]
fn a_reader_too_slow_for_what_must_arrive_is_closed_and_comes_back_unseen() {
    let mut world = limited(1, Limits { queued_bytes: 2_000, ..Limits::default() });
    let (observer, reader, mover) = (tab(&mut world, "ann"), tab(&mut world, "bob"), tab(&mut world, "cid"));
    let key = world.rooms[0].clone();
    world.server.window = 1;
    let left = |world: &World| world.clients[observer].mirror.left;
    let link = world.clients[reader].link.expect("it is online");
    world.network.swallow(link);
    let mut rounds = 0;
    while !world.agenda.trace.counts.contains_key("slow consumer") {
        for _ in 0..2 {
            world.with(mover, |client, agenda, network| {
                client.leave(agenda, network, &key.room);
                client.enter(agenda, network, &key);
            });
            world.run_for(Millis(100));
        }
        rounds += 1;
        assert!(rounds < 40, "nothing bounds what waits");
    }
    let before = left(&world);
    world.network.heal(&mut world.agenda, link);
    world.run_for(Millis::seconds(20));
    assert_ne!(world.clients[reader].link, Some(link));
    assert_eq!(left(&world), before);
    check::calm(&world);
}

#[test]
fn a_cursor_hidden_while_the_line_was_down_is_hidden_for_all() {
    let mut world = plain(1);
    let (_observer, mover) = (tab(&mut world, "ann"), tab(&mut world, "bob"));
    let key = world.rooms[0].clone();
    point(&mut world, mover, &key, Cursor::at(0.5, 0.5));
    world.run_for(Millis::seconds(1));
    block(&mut world, mover);
    world.run_for(Millis::seconds(1));
    point(&mut world, mover, &key, Cursor::default());
    world.network.unblock(&mut world.agenda, mover);
    world.run_for(Millis::seconds(12));
    check::calm(&world);
}

#[test]
fn a_page_that_points_nowhere_hides_the_cursor_of_the_one_before() {
    let mut world = plain(1);
    let (observer, mover) = (tab(&mut world, "ann"), tab(&mut world, "bob"));
    let key = world.rooms[0].clone();
    point(&mut world, mover, &key, Cursor::at(0.5, 0.5));
    world.run_for(Millis::seconds(1));
    world.with(mover, |client, agenda, network| client.close(agenda, network));
    world.run_for(Millis::seconds(1));
    come(&mut world, mover);
    world.run_for(Millis::seconds(1));
    let pointing = check::members(&world.server.hubs, &key).filter(|member| member.cursor.is_some()).count();
    assert_eq!((pointing, news(&world, observer).1), (0, 0));
    check::calm(&world);
}
