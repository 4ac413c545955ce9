//! Whether the line lives: watched by timestamps, since timers and close events come late or never.

use presence_model::session::machine::Session;
use presence_model::time::Millis;
use presence_model::wire::binary::encode::encode_probe_reply;

use crate::bench::Bench;
use crate::words::{member, picture};

fn answer(bench: &mut Bench) {
    let now = bench.now;
    bench.hear_bytes(&encode_probe_reply(now, now));
}

#[test]
fn a_line_silent_for_45_s_is_abandoned() {
    let mut bench = Bench::online();
    bench.wait(Millis::seconds(30));
    bench.hear_bytes(&[0]);
    bench.wait(Millis(44_999));
    assert!(bench.session.is_online());
    bench.wait(Millis(1));
    assert_eq!((bench.state(), bench.closed.as_slice()), ("waiting", &[4000][..]));
    bench.wait_for_attempt();
    assert_eq!(bench.opened, 2);
}

#[test]
fn who_looks_late_probes_first_and_abandons_after_2_s() {
    let mut bench = Bench::online();
    bench.sleep(Millis::seconds(120));
    assert_eq!(bench.sent(), ["probe"]);
    assert!(bench.session.is_online());
    bench.wait(Millis::seconds(2));
    assert_eq!(bench.state(), "waiting");
}

#[test]
fn a_late_look_at_a_line_that_answers_keeps_it() {
    let mut bench = Bench::online();
    bench.sleep(Millis::seconds(120));
    bench.wait(Millis(500));
    answer(&mut bench);
    bench.wait(Millis::seconds(44));
    assert!(bench.session.is_online());
}

#[test]
fn a_wake_probes_an_open_line_with_the_patience_that_the_sleep_leaves() {
    for (hidden, patience) in [(10, 2_000), (60, 750)] {
        let mut bench = Bench::online();
        bench.act(|session, now| session.handle_wake(now, Millis::seconds(hidden)));
        assert_eq!(bench.sent(), ["probe"]);
        bench.wait(Millis(patience - 1));
        assert!(bench.session.is_online());
        bench.wait(Millis(1));
        assert_eq!(bench.state(), "waiting", "hidden for {hidden} s");
    }
}

#[test]
fn wakes_in_a_row_do_not_put_the_verdict_off() {
    let mut bench = Bench::online();
    for _ in 0..4 {
        bench.act(|session, now| session.handle_wake(now, Millis::ZERO));
        bench.wait(Millis(500));
    }
    assert_eq!(bench.state(), "waiting");
}

#[test]
fn any_word_of_the_server_answers_a_probe() {
    let mut bench = Bench::in_room("lobby");
    bench.act(|session, now| session.handle_wake(now, Millis::seconds(60)));
    bench.hear(&picture("lobby", 1, 2, &[member(0, "a")]));
    bench.wait(Millis::seconds(30));
    assert!(bench.session.is_online());
}

#[test]
fn a_wake_while_waiting_tries_at_once() {
    let mut bench = Bench::online();
    for _ in 0..8 {
        bench.lose(None);
        bench.wait_for_attempt();
    }
    bench.lose(None);
    let opened = bench.opened;
    bench.act(|session, now| session.handle_wake(now, Millis::ZERO));
    assert_eq!(bench.opened, opened + 1);
    bench.act(|session, now| session.handle_wake(now, Millis::ZERO));
    assert_eq!(bench.opened, opened + 1, "an attempt under way is left alone");
}

#[test]
fn a_wake_before_the_start_starts_nothing() {
    let mut bench = Bench::new();
    bench.act(|session, now| session.handle_wake(now, Millis::seconds(60)));
    assert_eq!((bench.opened, bench.session.next_deadline()), (0, None));
}

#[test]
fn a_page_put_away_closes_with_4800_and_comes_back_at_once() {
    let mut bench = Bench::in_room("lobby");
    bench.act(Session::handle_page_cached);
    assert_eq!((bench.closed.as_slice(), bench.state()), (&[4800][..], "waiting"));
    assert_eq!((bench.sent(), bench.session.next_deadline()), (vec![], None), "no goodbye: the page may come back");
    bench.act(|session, now| session.handle_wake(now, Millis::seconds(600)));
    bench.open();
    assert_eq!(bench.sent(), ["hello a attempt 2 wish 1 [lobby]"]);
}

#[test]
fn a_page_put_away_while_it_waits_has_no_socket_to_close() {
    let mut bench = Bench::online();
    bench.lose(None);
    bench.act(Session::handle_page_cached);
    assert!(bench.closed.is_empty());
    bench.wait(Millis::minutes(10));
    assert_eq!(bench.opened, 1);
    let mut stopped = Bench::new();
    stopped.act(Session::handle_page_cached);
    assert!(stopped.told().is_empty());
}
