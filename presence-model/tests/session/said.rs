//! What the app says in its own words, and who the client is; what the app is told so that it says it again.

use presence_model::close::Close;
use presence_model::id::RoomId;
use presence_model::session::output::{Change, RoomNews};
use presence_model::time::Millis;
use presence_model::wire::binary::upstream::Upstream;

use crate::bench::Bench;
use crate::words::{changed, joined, key, member, picture};

fn say(bench: &mut Bench, room: &str, text: &str) {
    bench.act(|session, _| session.say(RoomId::parse(room).ok().as_ref(), text));
}

fn said(bench: &mut Bench) -> Vec<String> {
    bench.sent().into_iter().filter(|line| line.starts_with("says")).collect()
}

fn infos(bench: &mut Bench) -> Vec<String> {
    let hellos = bench.frames().into_iter().filter_map(|frame| match frame {
        Upstream::Hello { info, .. } => Some(info),
        _ => None,
    });
    hellos.collect()
}

#[test]
fn a_message_is_said_as_it_is_in_a_room_and_in_the_session() {
    let mut bench = Bench::in_room("lobby");
    say(&mut bench, "lobby", r#"{"type":"broadcast"}"#);
    say(&mut bench, "", "no JSON: the server says so");
    assert_eq!(said(&mut bench), [r#"says {"type":"broadcast"}"#, "says no JSON: the server says so"]);
}

#[test]
fn a_room_that_we_are_not_in_hears_nothing_and_nothing_is_kept_for_it() {
    let mut bench = Bench::online();
    say(&mut bench, "lobby", "before");
    bench.act(|session, now| session.enter(now, key("lobby")));
    say(&mut bench, "lobby", "on the way");
    bench.hear(&picture("lobby", 1, 1, &[member(0, "a")]));
    assert!(said(&mut bench).is_empty());
    bench.lose(Some(1006));
    say(&mut bench, "lobby", "while the line is down");
    say(&mut bench, "", "while the line is down");
    bench.wait_for_attempt();
    say(&mut bench, "", "while it opens");
    bench.open();
    say(&mut bench, "lobby", "before the room showed itself");
    bench.greet();
    bench.hear(&picture("lobby", 1, 1, &[member(0, "a")]));
    assert!(said(&mut bench).is_empty());
}

#[test]
fn the_session_is_heard_behind_its_hello_already() {
    let mut bench = Bench::new();
    bench.start();
    bench.open();
    bench.forget();
    say(&mut bench, "", "hide me");
    assert_eq!(said(&mut bench), ["says hide me"]);
}

#[test]
fn who_we_are_is_in_the_next_hello_and_rooms_are_asked_for_anew() {
    let mut bench = Bench::in_room("lobby");
    bench.act(|session, now| session.set_info(now, r#"{"privacy":{"invisible":true}}"#.into()));
    assert_eq!(bench.sent(), ["wish 2 [lobby]"]);
    bench.reconnect();
    assert_eq!(infos(&mut bench), [r#"{"privacy":{"invisible":true}}"#]);
}

#[test]
fn who_we_are_may_change_before_there_is_a_line() {
    let mut bench = Bench::new();
    bench.act(|session, now| session.set_info(now, "{}".into()));
    assert!(bench.sent().is_empty());
    bench.start();
    bench.come_online();
    assert_eq!(infos(&mut bench), ["{}"]);
}

#[test]
fn the_app_is_told_of_each_picture_and_of_no_change_that_it_is_one() {
    let pictures = |bench: &mut Bench| -> Vec<bool> {
        let changes = bench.changes().into_iter().filter_map(|change| match change {
            Change::Room(RoomNews { pictured, .. }) => Some(pictured),
            _ => None,
        });
        changes.collect()
    };
    let mut bench = Bench::online();
    bench.act(|session, now| session.enter(now, key("lobby")));
    assert_eq!(pictures(&mut bench), [false]);
    bench.hear(&picture("lobby", 1, 1, &[member(0, "a")]));
    assert_eq!(pictures(&mut bench), [true]);
    bench.hear(&changed(1, 2, vec![joined(member(1, "b"))]));
    assert_eq!(pictures(&mut bench), [false]);
    bench.reconnect();
    bench.hear(&picture("lobby", 1, 2, &[member(0, "a"), member(1, "b")]));
    assert_eq!(pictures(&mut bench), [true], "also where nothing is other than before");
}

#[test]
fn a_hidden_page_says_so_and_again_on_every_line() {
    let hidden = |bench: &mut Bench, is_hidden| bench.act(|session, _| session.set_hidden(is_hidden));
    let mut bench = Bench::online();
    hidden(&mut bench, false);
    assert!(bench.sent().is_empty(), "it counts as shown");
    hidden(&mut bench, true);
    hidden(&mut bench, true);
    assert_eq!(bench.sent(), ["hidden true"]);
    bench.lose(Some(Close::SlowConsumer.code()));
    bench.wait_for_attempt();
    bench.open();
    assert!(!bench.sent().contains(&"hidden true".to_owned()));
    bench.greet();
    assert!(bench.sent().contains(&"hidden true".to_owned()));
    hidden(&mut bench, false);
    assert_eq!(bench.sent(), ["hidden false"]);
    bench.lose(Some(1006));
    hidden(&mut bench, true);
    hidden(&mut bench, false);
    bench.wait(Millis::seconds(1));
    bench.come_online();
    assert!(!bench.sent().iter().any(|line| line.starts_with("hidden")));
}
