//! What a person does, over all of their sessions.

use presence_hub::io::End;
use presence_model::command::{Activity, Command};
use presence_model::id::ConnectionId;
use presence_model::status::Status;
use presence_model::time::Millis;

use crate::stage::Stage;
use crate::visit::Visit;

/// The user's status as the lobby's members see it.
fn seen(stage: &mut Stage, session: &str) -> Status {
    stage.settle();
    stage.members("lobby").iter().find(|member| member.card.session_id.as_str() == session).unwrap().status
}

/// A tab in the lobby whose person has just touched it.
fn tab(stage: &mut Stage, id: &str) -> ConnectionId {
    stage.seat(&Visit::of("ann").session(id).instance(id).input_ago(Millis::ZERO).wishing(1, &["lobby"]))
}

#[test]
fn idle_and_away_come_by_themselves() {
    let mut stage = Stage::new();
    let bob = stage.seat(&Visit::of("bob").session("b").wishing(1, &["lobby"]).watching_too());
    let ann = tab(&mut stage, "a");
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    let living = [ann, bob];
    stage.wait_with(&living, Millis::seconds(29));
    assert!(stage.take(bob).is_empty());
    stage.wait(Millis(1));
    assert_eq!(stage.take(bob), ["here v3 ~ann/a(a):idle", "lobby v3 a idle"]);
    stage.wait_with(&living, Millis::seconds(90));
    assert_eq!(stage.take(bob), ["here v4 ~ann/a(a):away", "lobby v4 a away"]);
    stage.wait_with(&living, Millis::seconds(100));
    stage.touch(ann);
    assert_eq!(stage.take(bob), ["here v5 ~ann/a(a)", "lobby v5 a active"]);
}

#[test]
fn who_never_reports_input_is_active() {
    let mut stage = Stage::new();
    let ann = stage.seat(&Visit::of("ann").session("a").wishing(1, &["lobby"]));
    stage.wait_with(&[ann], Millis::seconds(500));
    assert_eq!(seen(&mut stage, "a"), Status::Active);
}

#[test]
fn the_most_present_session_counts_for_all_of_them() {
    let mut stage = Stage::new();
    let [one, two] = ["1", "2"].map(|id| tab(&mut stage, id));
    stage.wait_with(&[one, two], Millis::seconds(20));
    stage.touch(two);
    stage.wait_with(&[one, two], Millis::seconds(20));
    // The first has been quiet for 40 s, the second for 20.
    assert_eq!([seen(&mut stage, "1"), seen(&mut stage, "2")], [Status::Active; 2]);
    let idle = |stage: &Stage| -> Vec<bool> {
        stage.presence().entries.iter().map(|entry| entry.status == Status::Idle).collect()
    };
    assert_eq!(idle(&stage), [true, false], "an entry in the list speaks for its own tabs");
    stage.wait_with(&[one, two], Millis::seconds(11));
    assert_eq!([seen(&mut stage, "1"), seen(&mut stage, "2")], [Status::Idle; 2]);
    stage.close(two, End::Clean);
    stage.touch(one);
    assert_eq!(seen(&mut stage, "1"), Status::Active);
}

#[test]
fn the_end_of_the_more_present_session_shows_the_other() {
    let mut stage = Stage::new();
    let [one, two] = ["1", "2"].map(|id| tab(&mut stage, id));
    stage.wait_with(&[one, two], Millis::seconds(25));
    stage.touch(two);
    stage.wait_with(&[one, two], Millis::seconds(10));
    assert_eq!(seen(&mut stage, "1"), Status::Active);
    stage.close(two, End::Clean);
    assert_eq!(seen(&mut stage, "1"), Status::Idle);
}

#[test]
fn a_status_set_by_hand_holds_for_all_sessions_until_active_or_the_end_of_its_own() {
    for end in ["active", "goodbye"] {
        let mut stage = Stage::new();
        let [one, two] = ["1", "2"].map(|id| tab(&mut stage, id));
        stage.set_status(one, Status::Busy);
        assert_eq!([seen(&mut stage, "1"), seen(&mut stage, "2")], [Status::Busy; 2]);
        stage.touch(one);
        stage.touch(two);
        stage.set_status(one, Status::Idle);
        stage.wait_with(&[one, two], Millis::seconds(200));
        assert_eq!(seen(&mut stage, "2"), Status::Busy, "neither input nor time nor a derived word ends it");
        let entries = stage.presence().entries;
        assert!(entries.iter().all(|entry| entry.status == Status::Busy));
        match end {
            "active" => stage.set_status(one, Status::Active),
            _ => stage.say(one, Command::Goodbye),
        }
        stage.touch(two);
        assert_eq!(seen(&mut stage, "2"), Status::Active, "{end}");
    }
}

#[test]
fn the_newest_status_set_by_hand_wins() {
    let mut stage = Stage::new();
    let [one, two] = ["1", "2"].map(|id| tab(&mut stage, id));
    stage.set_status(one, Status::Busy);
    stage.wait(Millis(5));
    stage.set_status(two, Status::Reviewing);
    assert_eq!(seen(&mut stage, "1"), Status::Reviewing);
    stage.say(two, Command::Goodbye);
    assert_eq!(seen(&mut stage, "1"), Status::Busy);
}

#[test]
fn idle_and_away_said_by_a_client_last_until_its_next_input() {
    for said in [Status::Idle, Status::Away] {
        let mut stage = Stage::new();
        let ann = tab(&mut stage, "a");
        stage.wait(Millis::seconds(1));
        stage.set_status(ann, said);
        assert_eq!(seen(&mut stage, "a"), said);
        // Input from before the word does not end it.
        let old = Activity { said: None, input_ago: Some(Millis(500)) };
        stage.wait(Millis(100));
        stage.say(ann, Command::Report { activity: old, wants_pong: false });
        assert_eq!(seen(&mut stage, "a"), said);
        stage.wait(Millis(100));
        stage.touch(ann);
        assert_eq!(seen(&mut stage, "a"), Status::Active);
        stage.wait_with(&[ann], Millis::seconds(31));
        assert_eq!(seen(&mut stage, "a"), Status::Idle, "and time counts again");
    }
}

#[test]
fn offline_said_by_a_client_lasts_until_it_says_otherwise() {
    let mut stage = Stage::new();
    let ann = tab(&mut stage, "a");
    stage.wait(Millis(1));
    stage.set_status(ann, Status::Offline);
    stage.wait(Millis::seconds(1));
    stage.touch(ann);
    assert_eq!(seen(&mut stage, "a"), Status::Offline);
    stage.set_status(ann, Status::Active);
    assert_eq!(seen(&mut stage, "a"), Status::Active);
}

#[test]
fn a_report_is_answered_only_where_the_dialect_asks_for_it() {
    let mut stage = Stage::new();
    let ann = stage.seat(&Visit::of("ann").session("a").json());
    stage.say(ann, Command::Report { activity: Activity::default(), wants_pong: true });
    stage.touch(ann);
    assert_eq!(stage.take(ann), ["pong"]);
}

#[test]
fn a_report_from_before_the_epoch_harms_nobody() {
    let mut stage = Stage::new();
    let ann = tab(&mut stage, "a");
    let activity = Activity { said: None, input_ago: Some(Millis(u64::MAX)) };
    stage.say(ann, Command::Report { activity, wants_pong: false });
    assert_eq!(seen(&mut stage, "a"), Status::Active);
}
