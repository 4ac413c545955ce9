//! Whether a line lives, as the lobby hears of it.

use presence_hub::io::End;
use presence_model::time::Millis;

use crate::stage::Stage;
use crate::visit::Visit;

/// Bob watches; ann is in the lobby with him and was last heard of now.
fn two_in_the_lobby() -> (Stage, [presence_model::id::ConnectionId; 2]) {
    let mut stage = Stage::new();
    let bob = stage.seat(&Visit::of("bob").session("b").instance("phone").wishing(1, &["lobby"]).watching_too());
    let ann = stage.seat(&Visit::of("ann").session("a").instance("laptop").wishing(1, &["lobby"]));
    stage.wait_with(&[bob, ann], Millis::seconds(5));
    stage.hear_nothing();
    (stage, [bob, ann])
}

#[test]
fn silence_of_30_s_makes_a_session_suspect_and_a_life_sign_brings_it_back() {
    let (mut stage, [bob, ann]) = two_in_the_lobby();
    stage.wait_with(&[bob], Millis::seconds(25));
    stage.wait(Millis(4_999));
    assert!(stage.take(bob).is_empty());
    stage.wait(Millis(1));
    assert_eq!(stage.take(bob), ["here v3 ~ann/laptop(a):suspect", "lobby v3 a suspect"]);
    stage.wait_with(&[bob], Millis::seconds(14));
    assert!(stage.take(bob).is_empty());
    stage.life_sign(ann);
    assert_eq!(stage.take(bob), ["here v4 ~ann/laptop(a)", "lobby v4 a connected"]);
    stage.wait_with(&[bob, ann], Millis::seconds(60));
    assert!(stage.take(bob).is_empty());
}

#[test]
fn silence_of_45_s_ends_a_session_and_closes_its_socket_with_4000() {
    let (mut stage, [bob, ann]) = two_in_the_lobby();
    stage.wait_with(&[bob], Millis::seconds(40));
    stage.hear_nothing();
    stage.wait(Millis(4_999));
    assert!(stage.take(bob).is_empty());
    stage.wait(Millis(1));
    assert_eq!(stage.take(ann), ["closed 4000"]);
    assert_eq!(stage.take(bob), ["here v4 -ann/laptop", "lobby v4 -a last"]);
    stage.close(ann, End::Lost);
    stage.wait_with(&[bob], Millis::seconds(60));
    assert!(stage.take(bob).is_empty(), "there is no further grace and nothing more to tell");
}

#[test]
fn a_lost_session_is_gone_45_s_after_its_last_sign_even_if_its_grace_would_last_longer() {
    let (mut stage, [bob, ann]) = two_in_the_lobby();
    stage.wait_with(&[bob], Millis::seconds(40));
    stage.close(ann, End::Lost);
    stage.hear_nothing();
    stage.wait(Millis::seconds(5));
    assert_eq!(stage.take(bob), ["here v4 -ann/laptop", "lobby v4 -a last"]);
}

#[test]
fn a_server_that_was_stopped_blames_nobody_for_silence() {
    let (mut stage, [bob, ann]) = two_in_the_lobby();
    stage.wait(Millis::seconds(20));
    // One minute in which nothing could be heard.
    stage.excuse(Millis::seconds(60));
    stage.wait(Millis(9_999));
    assert!(stage.take(bob).is_empty());
    stage.life_sign(bob);
    stage.life_sign(ann);
    stage.wait(Millis::seconds(29));
    assert!(stage.take(bob).is_empty());
}

#[test]
fn a_stopped_server_holds_lost_sessions_longer_too() {
    let (mut stage, [bob, ann]) = two_in_the_lobby();
    stage.close(ann, End::Lost);
    stage.wait(Millis::seconds(9));
    stage.excuse(Millis::seconds(60));
    stage.life_sign(bob);
    stage.wait(Millis(999));
    assert!(stage.take(bob).is_empty());
    stage.wait(Millis(1));
    assert_eq!(stage.take(bob), ["here v3 -ann/laptop", "lobby v3 -a last"]);
}

#[test]
fn one_living_tab_keeps_its_instance_connected() {
    let (mut stage, [bob, ann]) = two_in_the_lobby();
    let tab = stage.seat(&Visit::of("ann").session("a-2").instance("laptop"));
    stage.hear_nothing();
    stage.wait_with(&[bob, tab], Millis::seconds(31));
    assert_eq!(stage.take(bob), ["lobby v3 a suspect"], "the list has nothing new");
    stage.life_sign(ann);
    stage.wait_with(&[bob], Millis::seconds(31));
    let told = stage.take(bob);
    assert!(told.contains(&"here v4 ~ann/laptop(a+a-2):suspect".to_owned()), "{told:?}");
}

#[test]
fn a_life_sign_of_a_socket_that_is_not_known_does_nothing() {
    let (mut stage, [bob, ann]) = two_in_the_lobby();
    stage.close(ann, End::Clean);
    stage.hear_nothing();
    stage.life_sign(ann);
    assert!(stage.take(bob).is_empty());
}
