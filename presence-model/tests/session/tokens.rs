//! When the app is asked for a token, and what becomes of its answer.

use presence_model::close::Close;
use presence_model::event::Event;
use presence_model::refusal::{Code, Refusal};
use presence_model::room::Cursor;
use presence_model::session::machine::{Session, SessionConfig};
use presence_model::time::Millis;
use presence_model::wire::binary::encode::encode_auth_expiring;
use presence_model::wire::binary::upstream::Upstream;

use crate::bench::{Bench, config};
use crate::words::{key, member, picture, refused, room, taken};

const EXPIRED: Close = Close::TokenExpired;
const REFUSED: Close = Close::Unauthorized;
/// So long an app is left alone that could not help.
const QUIET: Millis = Millis::seconds(30);

/// The app can be asked, and gave no token beforehand.
fn empty_handed() -> Bench {
    let mut bench = Bench::with(SessionConfig { token: None, ..config() });
    bench.act(|session, now| session.set_token(now, None, true));
    bench
}

/// Started, answered, greeted.
fn online() -> Bench {
    let mut bench = empty_handed();
    bench.act(Session::start);
    answer(&mut bench, Some("one"));
    bench.come_online();
    bench.forget();
    bench
}

fn answer(bench: &mut Bench, token: Option<&str>) {
    let token = token.map(str::to_owned);
    bench.act(|session, now| session.set_token(now, token, true));
}

fn warn(bench: &mut Bench) {
    bench.hear_bytes(&encode_auth_expiring(Millis::seconds(60)));
}

/// The reasons that the app was asked with since this was last looked at.
fn asked(bench: &mut Bench) -> Vec<String> {
    let told = bench.told();
    told.iter().filter_map(|line| line.strip_prefix("token ")).map(str::to_owned).collect()
}

/// The token that the newest line says, when it opens.
fn greets_with(bench: &mut Bench) -> Option<String> {
    bench.forget();
    bench.open();
    match bench.frames().as_slice() {
        [Upstream::Hello { token, .. }] => token.clone(),
        frames => panic!("{frames:?}"),
    }
}

fn retry_at(bench: &Bench) -> Option<Millis> {
    bench.link.as_ref().unwrap().retry_at
}

#[test]
fn before_the_first_line_the_app_is_asked_once() {
    let mut bench = empty_handed();
    assert!(asked(&mut bench).is_empty(), "not before anybody wants a line");
    bench.act(Session::start);
    assert_eq!(bench.told(), ["token start", "typists unknown", "link waiting"]);
    assert_eq!((bench.opened, retry_at(&bench), bench.session.next_deadline()), (0, None, None));
    bench.act(|session, now| session.handle_wake(now, Millis::minutes(5)));
    bench.wait(Millis::minutes(5));
    assert!(asked(&mut bench).is_empty(), "however long the answer takes");
    answer(&mut bench, Some("one"));
    assert_eq!((bench.opened, bench.state()), (1, "connecting"));
    assert_eq!(greets_with(&mut bench).as_deref(), Some("one"));
}

#[test]
fn a_token_that_is_there_already_is_said_first() {
    let mut bench = empty_handed();
    answer(&mut bench, Some("zero"));
    bench.act(Session::start);
    assert!(asked(&mut bench).is_empty());
    assert_eq!(greets_with(&mut bench).as_deref(), Some("zero"));
}

#[test]
fn a_line_that_is_lost_comes_back_with_the_token_it_had() {
    let mut bench = online();
    bench.lose(Some(1006));
    bench.wait_for_attempt();
    assert_eq!((asked(&mut bench), greets_with(&mut bench).as_deref()), (vec![], Some("one")));
}

#[test]
fn a_warning_is_answered_over_the_same_line() {
    let mut bench = online();
    warn(&mut bench);
    warn(&mut bench);
    assert_eq!(bench.told(), ["token expiring"], "one question at a time");
    answer(&mut bench, Some("two"));
    assert_eq!((bench.sent(), bench.opened, bench.state()), (vec!["auth two".to_owned()], 1, "online"));
    assert!(bench.told().is_empty(), "nobody sees anything");
    bench.lose(Some(1006));
    bench.wait_for_attempt();
    assert_eq!(greets_with(&mut bench).as_deref(), Some("two"));
}

#[test]
fn a_server_that_warns_without_end_has_the_app_asked_at_most_every_half_minute() {
    let mut bench = online();
    for _ in 0..3 {
        warn(&mut bench);
        assert_eq!(asked(&mut bench), ["expiring"]);
        answer(&mut bench, Some("one"));
        warn(&mut bench);
        bench.wait(QUIET.part(29, 30));
        warn(&mut bench);
        assert!(asked(&mut bench).is_empty());
        bench.wait(QUIET.part(1, 30));
        assert_eq!(asked(&mut bench), ["expiring"], "without another warning");
        answer(&mut bench, Some("one"));
        bench.wait_alive(QUIET);
    }
}

#[test]
fn a_token_that_ended_or_is_not_taken_is_replaced_at_once() {
    for close in [EXPIRED, REFUSED] {
        let mut bench = online();
        bench.lose(Some(close.code()));
        assert_eq!(asked(&mut bench), ["rejected"]);
        assert_eq!((bench.state(), retry_at(&bench)), ("waiting", None));
        assert_eq!(bench.link.as_ref().unwrap().close_code, Some(close.code()));
        bench.wait(Millis::minutes(1));
        assert_eq!(bench.opened, 1, "not without a token");
        answer(&mut bench, Some("two"));
        assert_eq!((bench.opened, greets_with(&mut bench).as_deref()), (2, Some("two")));
    }
}

#[test]
fn after_two_rejections_in_a_row_the_app_is_left_alone_for_half_a_minute() {
    for second in ["one", "two"] {
        let mut bench = online();
        bench.lose(Some(REFUSED.code()));
        for _ in 0..3 {
            assert_eq!(asked(&mut bench), ["rejected"]);
            // The app takes its time; it counts from the rejection.
            bench.wait(Millis::seconds(40));
            answer(&mut bench, Some(second));
            bench.wait(Millis::seconds(5));
            bench.open();
            bench.lose(Some(REFUSED.code()));
            assert_eq!((bench.state(), retry_at(&bench)), ("waiting", Some(bench.now + QUIET)));
            bench.act(|session, now| session.handle_wake(now, Millis::minutes(1)));
            bench.wait(Millis(29_999));
            assert!(asked(&mut bench).is_empty());
            bench.wait(Millis(1));
        }
        assert_eq!(bench.opened, 4);
    }
}

#[test]
fn a_token_that_was_good_for_a_while_is_replaced_at_once_again() {
    let mut bench = online();
    for token in ["two", "three", "four"] {
        bench.lose(Some(EXPIRED.code()));
        assert_eq!(asked(&mut bench), ["rejected"]);
        answer(&mut bench, Some(token));
        bench.come_online();
        bench.wait_alive(Millis::seconds(40));
        bench.forget();
    }
}

#[test]
fn an_app_without_a_token_is_asked_again_after_half_a_minute() {
    let mut starting = empty_handed();
    starting.act(Session::start);
    let mut rejected = online();
    rejected.lose(Some(REFUSED.code()));
    for (mut bench, reason) in [(starting, "start"), (rejected, "rejected")] {
        let opened = bench.opened;
        for _ in 0..3 {
            assert_eq!(asked(&mut bench), [reason]);
            answer(&mut bench, None);
            assert_eq!((bench.state(), retry_at(&bench)), ("waiting", Some(bench.now + QUIET)));
            bench.wait(Millis(29_999));
            assert!(asked(&mut bench).is_empty());
            bench.wait(Millis(1));
        }
        answer(&mut bench, Some("two"));
        assert_eq!((bench.opened, greets_with(&mut bench).as_deref()), (opened + 1, Some("two")));
    }
}

#[test]
fn a_warning_that_the_app_cannot_answer_is_asked_again_while_the_line_is_up() {
    let mut bench = online();
    warn(&mut bench);
    answer(&mut bench, None);
    bench.forget();
    bench.wait(Millis(29_999));
    assert!(asked(&mut bench).is_empty());
    bench.wait(Millis(1));
    assert_eq!((bench.told(), bench.state()), (vec!["token expiring".to_owned()], "online"));
    answer(&mut bench, Some("two"));
    assert_eq!(bench.sent().last().map(String::as_str), Some("auth two"));
    assert_eq!(bench.session.next_deadline(), Some(bench.now + Millis::seconds(15)), "only silence is due");
}

#[test]
fn an_end_while_the_app_is_asked_waits_for_that_answer() {
    let mut bench = online();
    warn(&mut bench);
    bench.forget();
    bench.lose(Some(EXPIRED.code()));
    assert_eq!(bench.told(), ["link waiting"]);
    answer(&mut bench, Some("two"));
    assert_eq!(greets_with(&mut bench).as_deref(), Some("two"));
    bench.lose(Some(REFUSED.code()));
    assert_eq!(retry_at(&bench), Some(bench.now + QUIET), "that was no better");
}

#[test]
fn a_late_answer_keeps_to_the_line_as_it_is() {
    // Lost, and waiting for another attempt: no reason to hurry.
    let mut bench = online();
    warn(&mut bench);
    bench.lose(Some(1006));
    answer(&mut bench, Some("two"));
    assert_eq!((bench.opened, bench.state()), (1, "waiting"));
    bench.wait_for_attempt();
    assert_eq!(greets_with(&mut bench).as_deref(), Some("two"));
    // Greeted with the old one: the new one follows.
    answer(&mut bench, Some("three"));
    assert_eq!(bench.sent(), ["auth three"]);
}

#[test]
fn an_answer_after_a_stop_is_kept_for_the_next_start() {
    let mut bench = empty_handed();
    bench.act(Session::start);
    bench.act(Session::stop);
    bench.forget();
    bench.wait(Millis::minutes(1));
    answer(&mut bench, Some("one"));
    assert_eq!((bench.opened, bench.told(), bench.state()), (0, vec![], "stopped"));
    bench.act(Session::start);
    assert_eq!(greets_with(&mut bench).as_deref(), Some("one"));
}

#[test]
fn a_start_after_a_stop_waits_for_the_question_that_is_open() {
    let mut bench = empty_handed();
    bench.act(Session::start);
    bench.act(Session::stop);
    bench.forget();
    bench.act(Session::start);
    assert_eq!(bench.told(), ["link waiting"]);
    answer(&mut bench, Some("one"));
    assert_eq!((bench.opened, bench.state()), (1, "connecting"));
}

#[test]
fn an_answer_to_nobodys_question_is_used_if_it_is_a_token() {
    // As of the engine before this one, whose question was open when it failed.
    let mut bench = online();
    answer(&mut bench, None);
    assert_eq!((bench.told(), bench.sent(), bench.state()), (vec![], vec![], "online"));
    answer(&mut bench, Some("two"));
    assert_eq!(bench.sent(), ["auth two"]);
}

#[test]
fn a_page_that_is_put_away_opens_nothing_until_it_is_back() {
    let mut bench = empty_handed();
    bench.act(Session::start);
    bench.act(Session::handle_page_cached);
    answer(&mut bench, Some("one"));
    assert_eq!(bench.opened, 0);
    bench.act(|session, now| session.handle_wake(now, Millis::ZERO));
    assert_eq!((bench.opened, greets_with(&mut bench).as_deref()), (1, Some("one")));
}

#[test]
fn other_refusals_stay_refusals_and_without_an_app_to_ask_all_is_as_ever() {
    let mut bench = online();
    bench.lose(Some(Close::HelloRefused.code()));
    assert_eq!((bench.state(), asked(&mut bench)), ("refused", vec![]));

    let mut bench = Bench::online();
    warn(&mut bench);
    bench.lose(Some(EXPIRED.code()));
    bench.wait_for_attempt();
    assert_eq!(greets_with(&mut bench).as_deref(), Some("Ann"));
    bench.lose(Some(REFUSED.code()));
    assert_eq!((bench.state(), asked(&mut bench)), ("refused", vec![]));
}

#[test]
fn what_was_refused_is_wished_for_again_with_another_token() {
    let mut bench = online();
    bench.act(|session, now| session.enter(now, key("closed")));
    bench.hear(&refused("closed", Code::Forbidden));
    bench.hear(&taken(1));
    bench.forget();
    bench.wait_alive(Millis::minutes(1));
    assert!(!bench.sent().iter().any(|frame| frame.starts_with("wish")), "one refusal is enough");
    answer(&mut bench, Some("two"));
    let sent = bench.sent();
    assert_eq!(sent[0], "auth two");
    assert!(sent[1].starts_with("wish ") && sent[1].contains("closed"), "{sent:?}");
    bench.hear(&picture("closed", 1, 1, &[member(0, "a")]));
    assert_eq!(bench.told(), ["closed joined +a"]);
}

#[test]
fn who_may_not_point_is_told_once() {
    let mut bench = online();
    bench.act(|session, now| session.enter(now, key("lobby")));
    bench.hear(&picture("lobby", 1, 1, &[member(0, "a"), member(1, "b")]));
    bench.forget();
    let point = |bench: &mut Bench, x| {
        bench.act(|session, now| session.point(now, &room("lobby"), Cursor::at(x, 0.5)));
        bench.wait_alive(Millis::seconds(1));
        bench.sent().iter().filter(|frame| frame.starts_with("cursor")).count()
    };
    assert_eq!(point(&mut bench, 0.1), 1);
    let refusal = Refusal::new(Code::Forbidden, "no");
    bench.hear(&Event::Refused { about: "cursor", room: Some(room("lobby")), refusal });
    assert_eq!(point(&mut bench, 0.2) + point(&mut bench, 0.3), 0);
    answer(&mut bench, Some("two"));
    assert_eq!(point(&mut bench, 0.4), 1, "another token may allow it");
}
