//! Writing in a conversation: told, renewed, ended; and who else does.

use presence_model::session::machine::Session;
use presence_model::time::Millis;

use crate::bench::Bench;
use crate::words::{conversation, list, session_typing, taken};

const LEASE: Millis = Millis::seconds(5);

fn press(bench: &mut Bench, name: &str) {
    bench.act(|session, now| session.type_in_session(now, &conversation(name)));
}

fn stop(bench: &mut Bench, name: &str) {
    bench.act(|session, now| session.stop_typing_in_session(now, &conversation(name)));
}

fn typed(bench: &mut Bench) -> Vec<String> {
    bench.sent().into_iter().filter(|line| line.starts_with("type")).collect()
}

fn watching() -> Bench {
    let mut bench = Bench::online();
    bench.act(|session, now| session.set_presence(now, true));
    bench.hear(&taken(1));
    bench.hear(&list(7, &["x"]));
    bench.forget();
    bench
}

#[test]
fn it_is_said_at_the_first_key_and_renewed_twice_a_second_at_most() {
    let mut bench = Bench::online();
    for _ in 0..20 {
        press(&mut bench, "main");
        bench.wait(Millis(100));
    }
    assert_eq!(typed(&mut bench), ["type in session main"; 4]);
}

#[test]
fn each_conversation_is_told_by_itself() {
    let mut bench = Bench::online();
    press(&mut bench, "main");
    press(&mut bench, "side");
    press(&mut bench, "main");
    stop(&mut bench, "main");
    press(&mut bench, "side");
    let told = ["type in session main", "type in session side", "type in session main no more"];
    assert_eq!(typed(&mut bench), told);
}

#[test]
fn the_end_is_said_once_and_only_of_what_goes_on() {
    let mut bench = Bench::online();
    stop(&mut bench, "main");
    assert!(typed(&mut bench).is_empty());
    press(&mut bench, "main");
    stop(&mut bench, "side");
    stop(&mut bench, "main");
    stop(&mut bench, "main");
    assert_eq!(typed(&mut bench), ["type in session main", "type in session main no more"]);
    press(&mut bench, "main");
    assert_eq!(typed(&mut bench), ["type in session main"], "and a new word begins it anew");
    bench.wait_alive(LEASE);
    stop(&mut bench, "main");
    assert!(typed(&mut bench).is_empty(), "the lease of the last key ended it already");
}

#[test]
fn nothing_is_due_for_it() {
    let mut bench = Bench::online();
    press(&mut bench, "main");
    bench.forget();
    bench.wait_alive(LEASE + LEASE);
    assert!(typed(&mut bench).is_empty());
}

#[test]
fn it_is_input() {
    let mut bench = Bench::online();
    bench.wait_alive(Millis::seconds(20));
    bench.forget();
    press(&mut bench, "main");
    assert_eq!(bench.sent(), ["input 0 ms ago", "type in session main"]);
}

#[test]
fn what_goes_on_is_said_again_on_a_new_line_and_what_ended_is_not() {
    let mut bench = Bench::online();
    for name in ["over", "main", "stopped"] {
        press(&mut bench, name);
        bench.wait(LEASE.part(1, 2));
    }
    press(&mut bench, "main");
    bench.lose(Some(1006));
    stop(&mut bench, "stopped");
    bench.forget();
    bench.wait_for_attempt();
    bench.come_online();
    assert_eq!(typed(&mut bench), ["type in session main"]);
    press(&mut bench, "main");
    assert!(typed(&mut bench).is_empty(), "it was said a moment ago");
}

#[test]
fn a_key_pressed_without_a_line_is_said_on_the_next() {
    for pressed_at in 0..3 {
        let mut bench = Bench::new();
        for (at, step) in [Bench::start, Bench::open, Bench::greet].iter().enumerate() {
            if at == pressed_at {
                press(&mut bench, "main");
            }
            assert!(typed(&mut bench).is_empty());
            step(&mut bench);
        }
        assert_eq!(typed(&mut bench), ["type in session main"], "pressed before step {pressed_at}");
    }
}

#[test]
fn who_types_is_told_as_it_comes_while_the_list_is_heard() {
    let mut bench = watching();
    bench.hear(&session_typing("main", &["x", "laptop"]));
    bench.hear(&session_typing("main", &[]));
    assert_eq!(bench.told(), [r#"typists of main: ["x","laptop"]"#, "typists of main: []"]);
}

#[test]
fn without_the_list_nobody_is_shown_to_type_and_what_comes_late_is_ignored() {
    let mut bench = watching();
    bench.hear(&session_typing("main", &["x"]));
    bench.forget();
    bench.act(|session, now| session.set_presence(now, false));
    bench.hear(&session_typing("main", &["x"]));
    assert_eq!(bench.told(), ["typists unknown", "list -u/x"]);
    // Wanted again, and this was said before the server knew: nobody would say when it ended.
    bench.act(|session, now| session.set_presence(now, true));
    bench.hear(&session_typing("main", &["x"]));
    assert!(bench.told().is_empty());
    bench.hear(&list(9, &["x"]));
    bench.hear(&session_typing("side", &["x"]));
    assert_eq!(bench.told(), ["list +x", r#"typists of side: ["x"]"#]);
}

#[test]
fn without_a_line_nobody_is_shown_to_type_and_that_is_told_once() {
    let mut bench = watching();
    bench.hear(&session_typing("main", &["x"]));
    bench.forget();
    bench.reconnect();
    assert_eq!(bench.told(), ["typists unknown", "link waiting", "link connecting", "self a", "link online"]);
    bench.hear(&list(8, &["x"]));
    bench.hear(&session_typing("main", &["x"]));
    bench.forget();
    bench.act(Session::stop);
    assert_eq!(bench.told(), ["typists unknown", "link stopped"]);
}

#[test]
fn an_engine_after_one_that_failed_clears_what_that_one_showed() {
    let mut bench = Bench::new();
    bench.act(Session::start);
    assert_eq!(bench.told(), ["typists unknown", "link connecting"]);
}
