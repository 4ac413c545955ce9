//! The first thing a client says.

use presence_model::session::machine::{Session, SessionConfig};
use presence_model::status::Status;
use presence_model::time::Millis;
use presence_model::wire::binary::upstream::Upstream;
use presence_model::wire::json::hello::read_info;

use crate::bench::{Bench, config};
use crate::words::{key, session, welcome};

#[test]
fn a_start_opens_a_socket_and_its_opening_is_answered_with_hello() {
    let mut bench = Bench::new();
    bench.act(Session::start);
    assert_eq!(bench.opened, 1);
    assert_eq!(bench.told(), ["typists unknown", "link connecting"]);
    assert!(bench.sent().is_empty());
    bench.wait(Millis(100));
    bench.open();
    let frames = bench.frames();
    let [Upstream::Hello { token, info, hello }] = frames.as_slice() else { panic!("{frames:?}") };
    assert_eq!(token.as_deref(), Some("Ann"));
    assert_eq!((&hello.session_id, hello.attempt), (&Some(session("a")), 1));
    assert_eq!(hello.instance_id.as_ref().unwrap().as_str(), "laptop");
    assert_eq!(read_info(info).unwrap().0.host.as_deref(), Some("Firefox"));
    assert_eq!(hello.activity.said, None::<Status>);
    assert_eq!(hello.activity.input_ago, Some(Millis(100)), "a page that opens was just touched");
}

#[test]
fn a_second_start_does_nothing() {
    let mut bench = Bench::new();
    bench.act(Session::start);
    bench.act(Session::start);
    bench.come_online();
    bench.act(Session::start);
    assert_eq!(bench.opened, 1);
}

#[test]
fn a_welcome_brings_the_line_up_and_says_who_we_are() {
    let mut bench = Bench::new();
    bench.act(Session::start);
    bench.open();
    bench.forget();
    bench.hear(&welcome("server-knows-better", 1, bench.now));
    assert_eq!(bench.told(), ["self server-knows-better", "link online"]);
    assert_eq!(bench.session.session_id(), Some(&session("server-knows-better")));
    assert!(bench.session.is_online());
}

#[test]
fn without_a_session_from_before_one_is_made_up() {
    let made = |seed| {
        let bench = Bench::with(SessionConfig { session_id: None, seed, ..config() });
        bench.session.session_id().cloned().unwrap()
    };
    assert_ne!(made(1), made(2));
    assert_eq!(made(1).as_str().len(), 32);
}

#[test]
fn a_session_may_be_adopted_until_the_first_hello() {
    let mut bench = Bench::new();
    bench.session.adopt(session("b"));
    bench.act(Session::start);
    bench.open();
    assert_eq!(bench.sent(), ["hello b attempt 1 wish 0 []"]);
    bench.session.adopt(session("c"));
    assert_eq!(bench.session.session_id(), Some(&session("b")));
}

#[test]
fn attempts_rise_and_the_engine_stays_the_same() {
    let mut bench = Bench::new();
    bench.act(|session, now| session.enter(now, key("lobby")));
    bench.act(Session::start);
    let mut incarnations = vec![];
    for attempt in 1..=4 {
        bench.wait_for_attempt();
        bench.open();
        let frames = bench.frames();
        let [Upstream::Hello { hello, .. }] = frames.as_slice() else { panic!("{frames:?}") };
        assert_eq!(hello.attempt, attempt);
        incarnations.push(hello.incarnation);
        // Some are greeted, some are not.
        if attempt % 2 == 0 {
            bench.greet();
        }
        bench.lose(Some(1006));
        bench.forget();
    }
    incarnations.dedup();
    assert_eq!(incarnations.len(), 1);
}

#[test]
fn a_welcome_nobody_waits_for_is_ignored() {
    let mut bench = Bench::online();
    bench.hear(&welcome("other", 9, bench.now));
    assert!(bench.told().is_empty());
    assert_eq!(bench.session.session_id(), Some(&session("a")));
}
