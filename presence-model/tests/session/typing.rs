//! Writing something: told, renewed, ended.

use presence_model::session::machine::Session;
use presence_model::time::Millis;

use crate::bench::Bench;
use crate::words::{changed, key, member, picture, room, typing};

fn press(bench: &mut Bench, context: &str) {
    bench.act(|session, now| session.type_in(now, &room("lobby"), context));
}

fn typed(bench: &mut Bench) -> Vec<String> {
    bench.sent().into_iter().filter(|line| line.starts_with("type")).collect()
}

#[test]
fn typing_is_said_at_the_first_key_and_renewed_twice_a_second_at_most() {
    let mut bench = Bench::in_room("lobby");
    for _ in 0..20 {
        press(&mut bench, "comment");
        bench.wait(Millis(100));
    }
    assert_eq!(typed(&mut bench), ["type lobby comment"; 4]);
}

#[test]
fn another_context_is_said_at_once() {
    let mut bench = Bench::in_room("lobby");
    press(&mut bench, "comment");
    press(&mut bench, "reply");
    assert_eq!(typed(&mut bench), ["type lobby comment", "type lobby reply"]);
}

#[test]
fn the_end_is_said_once_and_only_of_what_goes_on() {
    let mut bench = Bench::in_room("lobby");
    let stop = |bench: &mut Bench| bench.act(|session, now| session.stop_typing(now, &room("lobby")));
    stop(&mut bench);
    assert!(typed(&mut bench).is_empty());
    press(&mut bench, "comment");
    stop(&mut bench);
    stop(&mut bench);
    assert_eq!(typed(&mut bench), ["type lobby comment", "type lobby no more"]);
    // The lease of the last key ended it already.
    press(&mut bench, "comment");
    bench.forget();
    bench.wait_alive(Millis::seconds(5));
    stop(&mut bench);
    assert!(typed(&mut bench).is_empty());
    press(&mut bench, "comment");
    assert_eq!(typed(&mut bench), ["type lobby comment"], "and a new word begins it anew");
}

#[test]
fn what_goes_on_is_said_again_on_a_new_line() {
    let mut bench = Bench::in_room("lobby");
    press(&mut bench, "comment");
    bench.forget();
    bench.reconnect();
    bench.hear(&picture("lobby", 4, 1, &[member(3, "a")]));
    assert_eq!(typed(&mut bench), ["type lobby comment"]);
}

#[test]
fn what_ended_meanwhile_is_not() {
    let mut bench = Bench::in_room("lobby");
    press(&mut bench, "comment");
    bench.forget();
    bench.lose(Some(1006));
    bench.act(|session, now| session.stop_typing(now, &room("lobby")));
    bench.wait_for_attempt();
    bench.come_online();
    bench.hear(&picture("lobby", 4, 1, &[member(3, "a")]));
    assert!(!bench.sent().iter().any(|line| line.starts_with("type")));
}

#[test]
fn a_key_pressed_before_the_line_is_up_is_not_lost() {
    let mut bench = Bench::new();
    bench.act(|session, now| session.enter(now, key("lobby")));
    bench.act(Session::start);
    bench.open();
    press(&mut bench, "comment");
    bench.greet();
    bench.hear(&picture("lobby", 1, 1, &[member(0, "a")]));
    assert_eq!(typed(&mut bench), ["type lobby comment"]);
}

#[test]
fn others_typing_is_told_as_it_changes() {
    let mut bench = Bench::in_room("lobby");
    let other = member(1, "b");
    bench.hear(&picture("lobby", 1, 2, &[member(0, "a"), other.clone()]));
    bench.forget();
    bench.hear(&changed(1, 3, vec![typing(&other, Some("comment"))]));
    bench.hear(&changed(1, 4, vec![typing(&other, None)]));
    assert_eq!(bench.told(), ["lobby joined +b:types-comment", "lobby joined +b"]);
}
