//! The server's clock, as far as the client can know it.

use presence_model::session::machine::Session;
use presence_model::time::Millis;
use presence_model::wire::binary::encode::encode_probe_reply;
use presence_model::wire::binary::upstream::Upstream;

use crate::bench::{AHEAD, Bench};
use crate::words::welcome;

/// The moment our newest probe was sent.
fn probed(bench: &mut Bench) -> Millis {
    let frames = bench.frames();
    let sent = frames.iter().rev().find_map(|frame| match frame {
        Upstream::Probe { sent } => Some(*sent),
        _ => None,
    });
    sent.unwrap()
}

#[test]
fn a_clock_an_hour_off_is_corrected() {
    let mut bench = Bench::online();
    assert_eq!(bench.session.server_now(bench.now), bench.now + AHEAD);
    bench.wait(Millis::seconds(20));
    assert_eq!(bench.session.server_now(bench.now), bench.now + AHEAD);
}

#[test]
fn a_clock_that_is_ahead_is_corrected_too() {
    let mut bench = Bench::new();
    bench.act(Session::start);
    bench.open();
    bench.hear(&welcome("a", 1, bench.now - AHEAD));
    assert_eq!(bench.session.server_now(bench.now), bench.now - AHEAD);
}

#[test]
fn a_probe_behind_a_slow_welcome_makes_it_exact() {
    let mut bench = Bench::new();
    bench.act(Session::start);
    bench.open();
    // The server needed two seconds before it looked at its clock: half of it is taken for the way.
    bench.wait(Millis::seconds(2));
    bench.greet();
    assert_eq!(bench.session.server_now(bench.now), bench.now + AHEAD + Millis::seconds(1));
    let sent = probed(&mut bench);
    bench.wait(Millis(20));
    let server = bench.now + AHEAD - Millis(10);
    bench.hear_bytes(&encode_probe_reply(sent, server));
    assert_eq!(bench.session.server_now(bench.now), bench.now + AHEAD);
}

#[test]
fn a_slow_answer_does_not_spoil_a_good_one() {
    let mut bench = Bench::online();
    let sent = bench.now;
    bench.wait(Millis::seconds(3));
    bench.hear_bytes(&encode_probe_reply(sent, bench.now + AHEAD));
    assert_eq!(bench.session.server_now(bench.now), bench.now + AHEAD);
}

#[test]
fn another_life_of_the_server_has_another_clock() {
    let mut bench = Bench::online();
    bench.lose(Some(1006));
    bench.wait_for_attempt();
    bench.open();
    bench.wait(Millis(400));
    bench.hear(&welcome("a", 2, bench.now + AHEAD + AHEAD));
    assert_eq!(bench.session.server_now(bench.now), bench.now + AHEAD + AHEAD + Millis(200));
}

#[test]
fn a_clock_that_jumped_is_measured_anew() {
    let mut bench = Bench::online();
    bench.now += Millis::minutes(10);
    bench.act(|session, now| session.handle_clock_jump(now, Millis::minutes(10)));
    let sent = probed(&mut bench);
    bench.wait(Millis(700));
    bench.hear_bytes(&encode_probe_reply(sent, bench.now));
    assert_eq!(bench.session.server_now(bench.now), bench.now + Millis(350));
}

#[test]
fn no_clock_of_a_server_is_too_odd_to_be_heard() {
    for odd in [0, 1, u64::MAX / 2, u64::MAX] {
        let mut bench = Bench::new();
        bench.act(Session::start);
        bench.open();
        bench.wait(Millis::seconds(1));
        bench.hear(&welcome("a", odd, Millis(odd)));
        bench.hear_bytes(&encode_probe_reply(Millis::ZERO, Millis(odd)));
        bench.hear_bytes(&encode_probe_reply(Millis(odd), Millis(odd)));
        let _ = bench.session.server_now(bench.now);
        assert!(bench.session.is_online());
    }
}
