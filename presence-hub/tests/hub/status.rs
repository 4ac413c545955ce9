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
    stage.settle();
    assert!(stage.list("lobby").is_empty(), "and until then nobody sees it");
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

// What a person chooses, and says of it.

/// The user's status in the lobby, with what they say of it.
fn said(stage: &mut Stage, session: &str) -> (Status, Option<String>) {
    stage.settle();
    let member = stage.member("lobby", session);
    (member.status, member.status_message.as_deref().map(str::to_owned))
}

/// Two tabs of Ann's whose person touched them just now.
fn tabs() -> (Stage, [ConnectionId; 2]) {
    let mut stage = Stage::new();
    let both = ["1", "2"].map(|id| tab(&mut stage, id));
    stage.wait(Millis::seconds(1));
    (stage, both)
}

#[test]
fn what_is_said_of_a_status_reaches_rooms_and_the_list() {
    let mut stage = Stage::new();
    let bob = stage.seat(&Visit::of("bob").session("b").wishing(1, &["lobby"]).watching_too());
    let ann = tab(&mut stage, "a");
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    stage.choose(ann, Status::Busy, Some("  at lunch "));
    assert_eq!(stage.take(bob), ["here v3 ~ann/a(a):busy:\"at lunch\"", "lobby v3 a busy \"at lunch\""], "trimmed");
    stage.choose(ann, Status::Busy, Some("at lunch"));
    assert!(stage.take(bob).is_empty(), "no news");
    stage.wait(Millis::seconds(1));
    stage.choose(ann, Status::Busy, Some("back at 9"));
    assert_eq!(stage.take(bob).len(), 2, "a message alone is news");
    stage.wait(Millis::seconds(1));
    let carl = stage.arrive_and_take(&Visit::of("carl").session("c").wishing(1, &["lobby"]).watching_too());
    assert!(carl.iter().any(|line| line.starts_with("here") && line.contains("back at 9")), "{carl:?}");
    assert!(carl.iter().any(|line| line.starts_with("lobby") && line.contains("back at 9")), "{carl:?}");
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    for nothing in [None, Some(" ")] {
        stage.choose(ann, Status::Busy, Some("x"));
        stage.choose(ann, Status::Busy, nothing);
        assert_eq!(said(&mut stage, "a"), (Status::Busy, None), "{nothing:?}");
    }
    assert_eq!(stage.presence().entries.iter().filter(|entry| entry.status_message.is_some()).count(), 0);
}

#[test]
fn the_newest_choice_wins_over_all_tabs_and_ends_with_its_own() {
    let (mut stage, [one, two]) = tabs();
    stage.choose(one, Status::Busy, Some("x"));
    stage.wait(Millis(5));
    stage.choose(two, Status::Reviewing, Some("y"));
    for session in ["1", "2"] {
        assert_eq!(said(&mut stage, session), (Status::Reviewing, Some("y".to_owned())));
    }
    let entries = stage.presence().entries;
    assert!(entries.iter().all(|entry| entry.status_message.as_deref() == Some("y")));
    stage.say(two, Command::Goodbye);
    assert_eq!(said(&mut stage, "1"), (Status::Busy, Some("x".to_owned())), "what was put off shows again");
    stage.say(one, Command::Goodbye);
    let later = tab(&mut stage, "3");
    assert_eq!(said(&mut stage, "3"), (Status::Active, None));
    _ = later;
}

#[test]
fn a_choice_of_the_ordinary_ends_what_was_chosen_in_any_tab() {
    for (chosen, message) in
        [(Status::Active, None), (Status::Active, Some("z")), (Status::Idle, None), (Status::Away, Some("z"))]
    {
        let (mut stage, [one, two]) = tabs();
        stage.choose(one, Status::Busy, Some("x"));
        stage.wait(Millis(5));
        stage.choose(two, chosen, message);
        let message = message.map(str::to_owned);
        assert_eq!(said(&mut stage, "1"), (chosen, message.clone()));
        stage.wait(Millis(5));
        stage.touch(one);
        assert_eq!(said(&mut stage, "1"), (Status::Active, message), "Ann is busy no more, and there");
        stage.say(two, Command::Goodbye);
        assert_eq!(said(&mut stage, "1"), (Status::Active, None));
        stage.wait_with(&[one], Millis(30_001));
        assert_eq!(said(&mut stage, "1"), (Status::Idle, None), "and time counts again");
    }
}

#[test]
fn idle_and_away_that_were_chosen_last_until_the_next_input_and_no_derived_word_replaces_them() {
    for chosen in [Status::Idle, Status::Away] {
        let (mut stage, [one, two]) = tabs();
        stage.touch(two);
        stage.wait(Millis(5));
        stage.choose(one, chosen, None);
        assert_eq!(said(&mut stage, "2").0, chosen, "however lively the other tab was");
        stage.set_status(one, if chosen == Status::Idle { Status::Away } else { Status::Idle });
        assert_eq!(said(&mut stage, "1").0, chosen);
        // Input from before the choice does not end it, in whichever tab.
        let old = Activity { said: None, input_ago: Some(Millis(1)) };
        stage.say(two, Command::Report { activity: old, wants_pong: false });
        assert_eq!(said(&mut stage, "2").0, chosen);
        stage.wait(Millis(5));
        stage.touch(two);
        assert_eq!(said(&mut stage, "1").0, Status::Active);
    }
}

#[test]
fn heartbeats_do_not_end_what_was_chosen_and_are_input_at_most() {
    use Status::{Active, Away, Busy, Idle, Offline, Reviewing};
    for chosen in [Busy, Reviewing, Offline] {
        let (mut stage, [one, two]) = tabs();
        stage.choose(one, chosen, Some("x"));
        for beat in [Active, Idle, Away, Busy, Reviewing, Active] {
            stage.wait(Millis(5));
            stage.set_status(one, beat);
            if chosen == Offline {
                stage.settle();
                assert_eq!(stage.list("lobby").len(), 1, "{beat:?}: she is seen through her other tab alone");
                assert_eq!(said(&mut stage, "2"), (Active, None), "{beat:?}");
            } else {
                assert_eq!(said(&mut stage, "2"), (chosen, Some("x".to_owned())), "{beat:?}");
            }
        }
        stage.choose(one, Active, None);
        assert_eq!(said(&mut stage, "1"), (Active, None), "what heartbeats said is over too");
        // They did count as input.
        stage.choose(one, chosen, None);
        stage.wait_with(&[one, two], Millis::seconds(25));
        stage.set_status(one, Active);
        stage.choose(two, Idle, None);
        stage.wait_with(&[one, two], Millis::seconds(10));
        stage.choose(one, Active, None);
        assert_eq!(said(&mut stage, "2").0, Active);
    }
}

#[test]
fn a_heartbeat_hides_who_is_busy_and_shows_the_same_again() {
    let (mut stage, [one, _]) = tabs();
    stage.choose(one, Status::Busy, Some("x"));
    for beat in [Status::Offline, Status::Idle, Status::Away] {
        stage.set_status(one, beat);
        assert_eq!(said(&mut stage, "2"), (Status::Active, None), "{beat:?}");
        assert_eq!(stage.list("lobby"), ["2"], "{beat:?} does not end it");
    }
    stage.set_status(one, Status::Active);
    assert_eq!(said(&mut stage, "1"), (Status::Busy, Some("x".to_owned())));
}

#[test]
fn a_message_outlives_what_heartbeats_say_and_dies_with_its_session() {
    let (mut stage, [one, two]) = tabs();
    stage.choose(one, Status::Active, Some("here"));
    for said in [Status::Active, Status::Idle, Status::Busy, Status::Active] {
        stage.set_status(one, said);
        stage.set_status(two, said);
        assert_eq!(self::said(&mut stage, "2").1.as_deref(), Some("here"), "{said:?}");
    }
    stage.close(one, End::Lost);
    stage.wait_with(&[two], Millis(9_999));
    assert_eq!(said(&mut stage, "2").1.as_deref(), Some("here"));
    stage.wait(Millis(1));
    assert_eq!(said(&mut stage, "2").1, None);
}
