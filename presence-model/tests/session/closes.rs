//! How a line ends, and whether to come back.

use presence_model::close::Close;
use presence_model::limit::Timing;
use presence_model::session::machine::Session;
use presence_model::time::Millis;

use crate::bench::Bench;
use crate::words::key;

#[test]
fn a_lost_line_is_tried_again_within_the_servers_window() {
    let mut bench = Bench::online();
    bench.lose(Some(1006));
    assert_eq!((bench.state(), bench.told()), ("waiting", vec!["link waiting".to_owned()]));
    let link = bench.link.clone().unwrap();
    assert_eq!(link.close_code, Some(1006));
    assert!(link.retry_at.unwrap() <= bench.now + Timing::default().reconnect_window);
    bench.wait(Timing::default().reconnect_window);
    assert_eq!((bench.state(), bench.opened), ("connecting", 2));
}

#[test]
fn a_socket_that_never_opens_is_given_up_and_tried_again() {
    let mut bench = Bench::new();
    bench.act(Session::start);
    bench.wait(Millis(9_999));
    assert!(bench.closed.is_empty());
    bench.wait(Millis(1));
    assert_eq!((bench.closed.as_slice(), bench.state()), (&[Close::Silent.code()][..], "waiting"));
    bench.wait_for_attempt();
    // It opens, and nobody greets.
    bench.open();
    bench.wait(Millis::seconds(10));
    assert_eq!((bench.closed.len(), bench.state()), (2, "waiting"));
}

#[test]
fn failing_attempts_grow_apart_to_ten_seconds_at_most() {
    let mut bench = Bench::online();
    let mut longest = Millis::ZERO;
    for _ in 0..200 {
        bench.lose(None);
        let wait = bench.link.as_ref().unwrap().retry_at.unwrap().since(bench.now);
        longest = longest.max(wait);
        bench.wait_for_attempt();
    }
    assert!(longest > Millis::seconds(3) && longest <= Millis::seconds(10), "{longest}");
    bench.come_online();
    bench.lose(Some(1012));
    let soon = bench.link.as_ref().unwrap().retry_at.unwrap().since(bench.now);
    assert!(soon <= Timing::default().reconnect_window, "once it was up, the next first attempt is soon");
}

#[test]
fn a_session_opened_elsewhere_goes_on_as_another_session() {
    let mut bench = Bench::new();
    bench.act(|session, now| session.enter(now, key("lobby")));
    bench.act(Session::start);
    bench.come_online();
    bench.reconnect();
    bench.forget();
    let before = bench.session.session_id().cloned();
    bench.lose(Some(Close::SessionReplaced.code()));
    bench.wait_for_attempt();
    bench.open();
    let after = bench.session.session_id().cloned();
    assert_ne!(before, after);
    assert_eq!(bench.sent(), [format!("hello {} attempt 1 wish 1 [lobby]", after.unwrap())]);
}

#[test]
fn who_is_not_wanted_stays_away() {
    for close in [Close::Unauthorized, Close::HelloRefused] {
        let mut bench = Bench::online();
        bench.lose(Some(close.code()));
        assert_eq!(bench.state(), "refused");
        assert_eq!(bench.link.as_ref().unwrap().close_code, Some(close.code()));
        assert_eq!(bench.session.next_deadline(), None);
        bench.act(|session, now| session.handle_wake(now, Millis::seconds(60)));
        bench.wait(Millis::minutes(10));
        assert_eq!(bench.opened, 1);
        // Until the app asks again.
        bench.act(Session::start);
        assert_eq!((bench.opened, bench.state()), (2, "connecting"));
    }
}

#[test]
fn every_code_that_allows_it_is_followed_by_another_attempt() {
    for close in Close::ALL.iter().filter(|close| Close::may_return(close.code())) {
        let mut bench = Bench::online();
        bench.lose(Some(close.code()));
        bench.wait_for_attempt();
        assert_eq!(bench.opened, 2, "{close:?}");
    }
}

#[test]
fn a_stop_says_goodbye_and_closes() {
    let mut bench = Bench::in_room("lobby");
    bench.act(Session::stop);
    assert_eq!((bench.sent(), bench.state()), (vec!["goodbye".to_owned()], "stopped"));
    assert_eq!(bench.closed, [1000]);
    assert_eq!(bench.session.next_deadline(), None);
    bench.act(Session::stop);
    assert_eq!(bench.closed, [1000]);
}

#[test]
fn a_stop_before_the_welcome_only_closes() {
    let mut bench = Bench::new();
    bench.act(Session::start);
    bench.open();
    bench.forget();
    bench.act(Session::stop);
    assert_eq!((bench.sent(), bench.closed.as_slice()), (vec![], &[1000][..]));
    let mut waiting = Bench::online();
    waiting.lose(None);
    waiting.act(Session::stop);
    assert!(waiting.closed.is_empty(), "there is no socket to close");
    assert_eq!(waiting.state(), "stopped");
}

#[test]
fn what_a_stopped_session_wanted_it_wants_again_when_started() {
    let mut bench = Bench::in_room("lobby");
    bench.act(Session::stop);
    bench.act(Session::start);
    bench.forget();
    bench.open();
    assert_eq!(bench.sent(), ["hello a attempt 2 wish 1 [lobby]"]);
}

#[test]
fn events_of_a_socket_that_is_no_more_change_nothing() {
    let mut bench = Bench::online();
    bench.act(Session::stop);
    bench.forget();
    bench.act(Session::handle_open);
    bench.act(|session, now| session.handle_closed(now, Some(1006)));
    bench.hear(&crate::words::welcome("a", 1, bench.now));
    assert_eq!((bench.told(), bench.sent(), bench.state()), (vec![], vec![], "stopped"));
}
