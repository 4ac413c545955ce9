//! Our own pointer, and those of others.

use presence_model::refusal::Code;
use presence_model::room::Cursor;
use presence_model::session::machine::Session;
use presence_model::time::Millis;

use crate::bench::Bench;
use crate::words::{key, member, moved, picture, refused, room};

fn point(bench: &mut Bench, name: &str, x: f64) {
    bench.act(|session, now| session.point(now, &room(name), Cursor::at(x, x)));
}

#[test]
fn at_most_20_cursors_a_second_are_said_and_the_last_one_always_is() {
    let mut bench = Bench::in_room("lobby");
    for n in 0..1_000 {
        point(&mut bench, "lobby", f64::from(n) / 1_000.0);
        bench.wait(Millis(1));
    }
    let said = bench.sent();
    assert!((19..=21).contains(&said.len()), "{}", said.len());
    assert_eq!(said[0], "cursor lobby @0.00,0.00", "the first one waits for nothing");
    bench.wait(Millis(50));
    point(&mut bench, "lobby", 0.5);
    point(&mut bench, "lobby", 0.75);
    bench.wait(Millis(50));
    assert_eq!(bench.sent().last().unwrap(), "cursor lobby @0.75,0.75");
    bench.wait(Millis::seconds(5));
    assert!(bench.sent().is_empty());
}

#[test]
fn rooms_do_not_wait_for_each_other() {
    let mut bench = Bench::in_room("lobby");
    bench.act(|session, now| session.enter(now, key("attic")));
    bench.hear(&picture("attic", 2, 1, &[member(0, "a")]));
    bench.forget();
    point(&mut bench, "lobby", 0.5);
    point(&mut bench, "attic", 0.25);
    assert_eq!(bench.sent(), ["cursor lobby @0.50,0.50", "cursor attic @0.25,0.25"]);
}

#[test]
fn a_cursor_in_a_room_that_has_not_shown_itself_waits_for_the_picture() {
    let mut bench = Bench::online();
    bench.act(|session, now| session.enter(now, key("lobby")));
    bench.forget();
    point(&mut bench, "lobby", 0.5);
    // Nothing is due for it meanwhile: the driver may sleep.
    bench.expire();
    bench.wait(Millis(500));
    assert!(bench.sent().is_empty());
    bench.hear(&picture("lobby", 1, 1, &[member(0, "a")]));
    assert_eq!(bench.sent(), ["cursor lobby @0.50,0.50"]);
}

#[test]
fn a_room_that_refused_us_hears_no_cursor_and_wakes_nobody() {
    let mut bench = Bench::in_room("lobby");
    point(&mut bench, "lobby", 0.25);
    bench.reconnect();
    bench.hear(&refused("lobby", Code::RoomFull));
    bench.forget();
    point(&mut bench, "lobby", 0.5);
    bench.expire();
    bench.wait(Millis(500));
    assert!(bench.sent().is_empty());
}

#[test]
fn a_cursor_leaves_the_surface_once() {
    let mut bench = Bench::in_room("lobby");
    bench.act(|session, now| session.point(now, &room("lobby"), Cursor::default()));
    assert!(bench.sent().is_empty(), "it was never there");
    point(&mut bench, "lobby", 0.5);
    bench.wait(Millis(100));
    for _ in 0..3 {
        bench.act(|session, now| session.point(now, &room("lobby"), Cursor::default()));
        bench.wait(Millis(100));
    }
    assert_eq!(bench.sent(), ["cursor lobby @0.50,0.50", "cursor lobby @nowhere"]);
}

#[test]
fn no_place_outside_the_surface_is_said_and_none_in_a_room_we_are_not_in() {
    let mut bench = Bench::in_room("lobby");
    for x in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        point(&mut bench, "lobby", x);
    }
    point(&mut bench, "attic", 0.5);
    bench.wait(Millis::seconds(1));
    assert!(bench.sent().is_empty());
}

#[test]
fn a_cursor_is_said_again_on_a_new_line() {
    let mut bench = Bench::in_room("lobby");
    point(&mut bench, "lobby", 0.5);
    bench.lose(Some(1006));
    bench.forget();
    bench.wait_for_attempt();
    bench.come_online();
    bench.hear(&picture("lobby", 4, 1, &[member(3, "a")]));
    let said = bench.sent();
    assert_eq!(said.iter().filter(|line| *line == "cursor lobby @0.50,0.50").count(), 1, "{said:?}");
}

#[test]
fn others_cursors_come_with_the_picture_and_then_as_they_move() {
    let mut bench = Bench::in_room("lobby");
    let (own, mut other) = (member(0, "a"), member(1, "b"));
    other.cursor = Some(Cursor::at(0.5, 0.5));
    bench.hear(&picture("lobby", 1, 2, &[own.clone(), other.clone()]));
    assert_eq!(bench.told(), ["lobby joined +b", "lobby cursors 1@0.50,0.50"]);
    bench.hear(&moved(1, 1, &other, Cursor::at(0.0, 1.0)));
    bench.hear(&moved(1, 1, &own, Cursor::at(0.0, 1.0)));
    bench.hear(&moved(1, 2, &other, Cursor::default()));
    bench.hear(&moved(2, 3, &other, Cursor::at(0.5, 0.5)));
    bench.hear(&moved(1, 1, &member(7, "nobody"), Cursor::at(0.5, 0.5)));
    assert_eq!(bench.told(), ["lobby cursors 1@0.00,1.00", "lobby cursors 1@nowhere"]);
}

#[test]
fn a_cursor_told_again_as_it_is_is_no_news() {
    let mut bench = Bench::in_room("lobby");
    let other = member(1, "b");
    bench.hear(&picture("lobby", 1, 2, &[member(0, "a"), other.clone()]));
    bench.hear(&moved(1, 1, &other, Cursor::at(0.0, 1.0)));
    bench.forget();
    bench.hear(&moved(1, 1, &other, Cursor::at(0.0, 1.0)));
    assert!(bench.told().is_empty());
}

#[test]
fn a_cursor_after_any_number_of_skipped_ones_is_taken() {
    for skipped in 0..=64 {
        let mut bench = Bench::in_room("lobby");
        let other = member(1, "b");
        bench.hear(&picture("lobby", 1, 2, &[member(0, "a"), other.clone()]));
        bench.hear(&moved(1, 1, &other, Cursor::at(0.25, 0.25)));
        bench.forget();
        bench.hear(&moved(1, 2 + skipped, &other, Cursor::at(0.75, 0.75)));
        assert_eq!(bench.told(), ["lobby cursors 1@0.75,0.75"], "after {skipped} skipped");
    }
}

#[test]
fn a_stopped_session_points_nowhere() {
    let mut bench = Bench::in_room("lobby");
    bench.act(Session::stop);
    bench.forget();
    point(&mut bench, "lobby", 0.5);
    bench.wait(Millis::seconds(1));
    assert!(bench.sent().is_empty());
    assert_eq!(bench.session.next_deadline(), None);
}
