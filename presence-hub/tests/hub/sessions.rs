//! Sockets become sessions: who takes up which, who has to go, who is not let in.

use presence_model::command::Command;
use presence_model::limit::Limits;
use presence_model::status::Liveness;
use presence_model::time::Millis;

use crate::stage::Stage;
use crate::visit::Visit;
use presence_hub::io::End;

#[test]
fn a_hello_without_a_session_gets_a_fresh_one() {
    let mut stage = Stage::new();
    let ann = stage.arrive(&Visit::of("ann"));
    assert_eq!(stage.take(ann), ["welcome fresh-1"]);
    assert_eq!(stage.desk(ann).session.as_ref().unwrap().as_str(), "fresh-1");
}

#[test]
fn an_id_that_is_not_known_is_kept() {
    let mut stage = Stage::new();
    let ann = stage.arrive(&Visit::of("ann").session("tab-1"));
    assert_eq!(stage.take(ann), ["welcome tab-1"]);
}

#[test]
fn another_users_session_is_not_taken_over() {
    let mut stage = Stage::new();
    let ann = stage.arrive(&Visit::of("ann").session("tab-1"));
    let eve = stage.arrive(&Visit::of("eve").session("tab-1"));
    assert_eq!(stage.take(eve), ["welcome fresh-2"]);
    assert_eq!(stage.take(ann), ["welcome tab-1"], "and she is left alone");
}

#[test]
fn a_session_that_was_lost_is_taken_up_again() {
    let mut stage = Stage::new();
    let before = stage.arrive(&Visit::of("ann").session("tab-1"));
    stage.close(before, End::Lost);
    let after = stage.arrive(&Visit::of("ann").session("tab-1").engine(1, 2));
    assert_eq!(stage.take(after), ["welcome again tab-1"]);
}

#[test]
fn a_newer_socket_replaces_the_older_which_is_closed_with_4500() {
    let mut stage = Stage::new();
    let before = stage.arrive(&Visit::of("ann").session("tab-1"));
    let after = stage.arrive(&Visit::of("ann").session("tab-1").engine(2, 1));
    assert_eq!(stage.take(before), ["welcome tab-1", "closed 4500"]);
    assert_eq!(stage.take(after), ["welcome again tab-1"]);
    // The end of the old socket is no news to the session.
    stage.close(before, End::Clean);
    stage.join(after, "lobby");
    assert_eq!(stage.take(after), ["lobby v1 as 0 [tab-1]"]);
}

#[test]
fn what_a_replaced_socket_still_says_is_not_heard() {
    let mut stage = Stage::new();
    let before = stage.seat(&Visit::of("ann").session("tab-1").wishing(1, &["lobby"]));
    let after = stage.seat(&Visit::of("ann").session("tab-1").engine(2, 1).wishing(1, &["lobby"]));
    stage.point(before, "lobby", 0.5);
    stage.types(before, "lobby", Some("comment"));
    stage.leave(before, "lobby");
    stage.say(before, Command::Goodbye);
    assert_eq!(stage.list("lobby"), ["tab-1"]);
    assert!(stage.take(after).is_empty());
}

#[test]
fn a_hello_that_was_long_under_way_does_not_take_the_session_back() {
    let mut stage = Stage::new();
    let newer = stage.arrive(&Visit::of("ann").session("tab-1").engine(5, 3));
    let late = stage.arrive(&Visit::of("ann").session("tab-1").engine(5, 2));
    assert_eq!(stage.take(late), ["refused hello: bad_field", "closed 1000"]);
    assert_eq!(stage.take(newer), ["welcome tab-1"]);
    // Another engine counts its own sockets.
    let reloaded = stage.arrive(&Visit::of("ann").session("tab-1").engine(6, 1));
    assert_eq!(stage.take(reloaded), ["welcome again tab-1"]);
    assert_eq!(stage.take(newer), ["closed 4500"]);
}

#[test]
fn a_second_hello_on_a_socket_renews_what_the_first_one_said() {
    let mut stage = Stage::new();
    let ann = stage.arrive(&Visit::of("ann").instance("laptop").host("Firefox").json());
    // As a token is renewed: nothing but who it is.
    stage.hello(ann, &Visit::of("ann").json());
    assert_eq!(stage.take(ann), ["welcome fresh-1", "welcome again fresh-1"]);
    let list = stage.presence();
    let [entry] = list.entries.as_slice() else { panic!("one instance, not {:?}", list.entries) };
    assert_eq!((entry.instance_id.as_str(), entry.info.host.as_deref()), ("laptop", Some("Firefox")));
}

#[test]
fn a_second_hello_that_names_another_session_ends_the_first() {
    let mut stage = Stage::new();
    let bob = stage.seat(&Visit::of("bob").session("b").wishing(1, &["lobby"]));
    let ann = stage.seat(&Visit::of("ann").session("a-1").wishing(1, &["lobby"]));
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    stage.hello(ann, &Visit::of("ann").session("a-2"));
    stage.wait(Millis::seconds(1));
    assert_eq!(stage.take(ann), ["welcome a-2"]);
    assert_eq!(stage.take(bob), ["lobby v3 -a-1 last"]);
}

#[test]
fn another_user_on_the_same_socket_is_another_session() {
    let mut stage = Stage::new();
    let socket = stage.arrive(&Visit::of("ann").json());
    stage.hello(socket, &Visit::of("bob").json());
    assert_eq!(stage.take(socket), ["welcome fresh-1", "welcome fresh-2"]);
    let users: Vec<_> = stage.presence().entries.iter().map(|entry| entry.user_id.to_string()).collect();
    assert_eq!(users, ["bob"]);
}

#[test]
fn a_sixth_session_is_refused() {
    let mut stage = Stage::new();
    let five: Vec<_> = (1..=5).map(|n| stage.arrive(&Visit::of("ann").session(&format!("tab-{n}")))).collect();
    let sixth = stage.arrive(&Visit::of("ann").session("tab-6"));
    assert_eq!(stage.take(sixth), ["refused hello: too_many_sessions", "closed 4003"]);
    assert!(stage.desk(sixth).session.is_none());
    // Others have their own five; those who have one may come back to it; and a place that is free is free.
    assert_eq!(stage.arrive_and_take(&Visit::of("bob").session("b")), ["welcome b"]);
    let back = Visit::of("ann").session("tab-3").engine(1, 2);
    assert_eq!(stage.arrive_and_take(&back), ["welcome again tab-3"]);
    stage.close(five[0], End::Lost);
    assert_eq!(stage.arrive_and_take(&Visit::of("ann").session("tab-6")), ["welcome tab-6"]);
}

#[test]
fn a_sixth_session_displaces_the_one_that_was_silent_for_longest() {
    let mut stage = Stage::with(1, Limits { sessions_per_user: 3, ..Limits::default() });
    let [first, second, third] = ["tab-1", "tab-2", "tab-3"].map(|id| stage.seat(&Visit::of("ann").session(id)));
    stage.wait_with(&[first, third], Millis::seconds(5));
    stage.wait_with(&[third], Millis::seconds(36));
    // The second has been silent for longer than the first; the third is merely quiet.
    let fourth = stage.arrive(&Visit::of("ann").session("tab-4"));
    assert_eq!(stage.take(fourth), ["welcome tab-4"]);
    assert_eq!(stage.take(second), ["closed 4000"]);
    assert!(stage.take(first).is_empty() && stage.take(third).is_empty());
}

#[test]
fn gateway_clients_have_a_bound_of_their_own() {
    let mut stage = Stage::with(1, Limits { gateway_sessions_per_user: 2, sessions_per_user: 1, ..Limits::default() });
    let visit = |id: &str| Visit::of("ann").session(id).instance(id);
    for id in ["g-1", "g-2"] {
        stage.seat(&visit(id).gateway());
    }
    let third = stage.arrive(&visit("g-3").gateway());
    assert_eq!(stage.take(third), ["refused hello: too_many_sessions", "closed 4003"]);
    assert_eq!(stage.arrive_and_take(&visit("tab")), ["welcome tab"]);
}

#[test]
fn a_goodbye_ends_the_session_at_once() {
    let mut stage = Stage::new();
    let bob = stage.seat(&Visit::of("bob").session("b").wishing(1, &["lobby"]));
    let ann = stage.seat(&Visit::of("ann").session("a").wishing(1, &["lobby"]));
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    stage.say(ann, Command::Goodbye);
    assert_eq!(stage.take(ann), ["closed 1000"]);
    assert_eq!(stage.take(bob), ["lobby v3 -a last"]);
    // Its id is free for whoever names it first.
    assert_eq!(stage.arrive_and_take(&Visit::of("ann").session("a")), ["welcome a"]);
}

#[test]
fn how_a_socket_ended_decides_how_long_its_session_is_held() {
    for (end, held) in [(End::Clean, 0), (End::GoingAway, 3_000), (End::Lost, 10_000)] {
        let mut stage = Stage::new();
        let bob = stage.seat(&Visit::of("bob").session("b").wishing(1, &["lobby"]));
        let ann = stage.seat(&Visit::of("ann").session("a").wishing(1, &["lobby"]));
        stage.wait_with(&[ann, bob], Millis::seconds(1));
        stage.hear_nothing();
        stage.close(ann, end);
        if held > 0 {
            stage.wait(Millis(held - 1));
            assert!(stage.take(bob).is_empty(), "{end:?} is seen too early");
            stage.wait(Millis(1));
        }
        assert_eq!(stage.take(bob), ["lobby v3 -a last"], "{end:?}");
    }
}

#[test]
fn who_comes_back_in_time_is_seen_neither_to_leave_nor_to_join() {
    let mut stage = Stage::new();
    let bob = stage.seat(&Visit::of("bob").session("b").wishing(1, &["lobby"]).watching_too());
    let ann = stage.seat(&Visit::of("ann").session("a").wishing(1, &["lobby"]));
    stage.wait(Millis::seconds(1));
    stage.point(ann, "lobby", 0.25);
    stage.hear_nothing();
    stage.close(ann, End::GoingAway);
    stage.wait(Millis(2_900));
    let again = stage.arrive(&Visit::of("ann").session("a").engine(2, 1).wishing(1, &["lobby"]));
    assert_eq!(
        stage.take(again),
        ["welcome again a", "wishes 1", "lobby v2 as 1 [b a@0.25,0.25]", "lobby cursors b@nowhere a@0.25,0.25"]
    );
    assert!(stage.take(bob).is_empty());
}

#[test]
fn a_session_taken_up_while_suspect_is_connected_again_in_every_form() {
    for visit in [Visit::of("ann").session("a").engine(1, 2), Visit::of("ann").session("a").json()] {
        let mut stage = Stage::new();
        let bob = stage.seat(&Visit::of("bob").session("b").wishing(1, &["lobby"]));
        stage.seat(&Visit::of("ann").session("a").wishing(1, &["lobby"]));
        stage.wait_with(&[bob], Millis::seconds(31));
        assert_eq!(stage.members("lobby")[1].liveness, Liveness::Suspect);
        stage.arrive(&visit);
        stage.settle();
        assert_eq!(stage.members("lobby")[1].liveness, Liveness::Connected, "{:?}", visit.form);
    }
}

#[test]
fn a_stage_that_all_have_left_is_empty() {
    let mut stage = Stage::new();
    for n in 0..4 {
        let user = ["ann", "bob"][n % 2];
        stage.arrive(&Visit::of(user).session(&n.to_string()).wishing(1, &["lobby", "attic"]));
        stage.arrive(&Visit::of(user).json());
    }
    for (n, connection) in stage.connections().into_iter().enumerate() {
        stage.close(connection, [End::Clean, End::GoingAway, End::Lost][n % 3]);
    }
    stage.wait(Millis::seconds(11));
    assert!(stage.is_empty());
    stage.outlast_traces();
    assert_eq!(stage.next_deadline(), None);
}
