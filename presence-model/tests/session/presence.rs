//! The list of who is here.

use presence_model::session::machine::Session;

use crate::bench::Bench;
use crate::transcript;
use crate::words::{list, listed, taken, unlisted};

fn watching() -> Bench {
    let mut bench = Bench::online();
    bench.act(|session, now| session.set_presence(now, true));
    bench.hear(&taken(1));
    bench.hear(&list(7, &["x", "y"]));
    bench
}

fn here(bench: &Bench) -> Vec<String> {
    bench.session.instances().map(transcript::instance).collect()
}

#[test]
fn the_list_comes_whole_and_then_in_changes() {
    let mut bench = watching();
    assert_eq!(bench.told(), ["list +x +y"]);
    bench.hear(&listed(8, "z"));
    bench.hear(&unlisted(9, "x"));
    assert_eq!(bench.told(), ["list +z", "list -u/x"]);
    assert_eq!(here(&bench), ["y", "z"]);
}

#[test]
fn a_change_told_twice_is_taken_once() {
    let mut bench = watching();
    bench.hear(&listed(8, "z"));
    bench.forget();
    bench.hear(&listed(8, "z"));
    bench.hear(&unlisted(7, "x"));
    assert!(bench.told().is_empty());
    assert_eq!(here(&bench), ["x", "y", "z"]);
}

#[test]
fn a_hole_asks_for_the_list_once_and_waits_for_it() {
    let mut bench = watching();
    bench.forget();
    bench.hear(&listed(9, "z"));
    bench.hear(&unlisted(10, "x"));
    assert_eq!((bench.sent(), bench.told()), (vec!["resync list".to_owned()], vec![]));
    bench.hear(&list(10, &["y", "z"]));
    assert_eq!(bench.told(), ["list +z -u/x"]);
    bench.hear(&listed(11, "w"));
    assert_eq!(bench.told(), ["list +w"]);
}

#[test]
fn a_list_nobody_wants_is_forgotten_and_what_comes_late_ignored() {
    let mut bench = watching();
    bench.forget();
    bench.act(|session, now| session.set_presence(now, false));
    assert_eq!(bench.told(), ["list -u/x -u/y"]);
    bench.hear(&listed(8, "z"));
    bench.hear(&list(9, &["z"]));
    assert!(bench.told().is_empty() && here(&bench).is_empty());
    assert_eq!(bench.sent(), ["wish 2 []"]);
}

#[test]
fn after_a_reconnect_who_is_missing_has_left() {
    let mut bench = watching();
    bench.reconnect();
    bench.forget();
    bench.hear(&listed(12, "early"));
    assert!(bench.told().is_empty(), "changes wait for the picture");
    bench.hear(&list(20, &["y", "z"]));
    assert_eq!(bench.told(), ["list +z -u/x"]);
}

#[test]
fn a_stopped_session_still_shows_what_it_knew() {
    let mut bench = watching();
    bench.act(Session::stop);
    assert_eq!(here(&bench), ["x", "y"]);
}
