//! Watching together: one drives, the others follow, and who does not is shown.

use presence_hub::io::End;
use presence_model::event::Event;
use presence_model::id::ConnectionId;
use presence_model::playback::{Action, Desync, PlaybackSaid, Timeline};
use presence_model::time::Millis;

use crate::doing::{plays, rests};
use crate::stage::{Stage, pair};
use crate::visit::Visit;

pub(crate) const SECOND: Millis = Millis::seconds(1);

/// Ann, Bob and Carl in the lobby, in this order, past all windows.
pub(crate) fn three() -> (Stage, [ConnectionId; 3]) {
    let mut stage = Stage::new();
    let all = ["ann", "bob", "carl"].map(|name| {
        let socket = stage.seat(&Visit::of(name).session(name).wishing(1, &["lobby"]));
        stage.wait(SECOND);
        socket
    });
    stage.hear_nothing();
    (stage, all)
}

/// As [`three`]; Ann drives, and the medium began a second ago at 10 s.
pub(crate) fn synced() -> (Stage, [ConnectionId; 3]) {
    let (mut stage, all) = three();
    stage.sync(all[0], "lobby", 10.0);
    stage.wait(SECOND);
    stage.hear_nothing();
    (stage, all)
}

pub(crate) fn timeline(stage: &Stage) -> Timeline {
    stage.watch("lobby").timeline.unwrap()
}

/// The player's place in the room by now.
pub(crate) fn place(stage: &Stage) -> f64 {
    timeline(stage).at(stage.now).current_time
}

pub(crate) fn only(action: Action) -> PlaybackSaid {
    PlaybackSaid::new(action)
}

// The timeline.

#[test]
fn the_first_sync_begins_and_gives_control() {
    let (mut stage, [ann, bob, carl]) = three();
    stage.sync(ann, "lobby", 45.5);
    let told = ["lobby v4 ann plays-45.5x1", "lobby watch ann sync [plays-45.5x1 #1 by ann]"];
    assert_eq!(stage.take(bob), told);
    assert_eq!(stage.take(carl), told);
    // Her own player needs no telling, but she has control now.
    assert_eq!(stage.take(ann), ["lobby v4 ann plays-45.5x1", "lobby watch [plays-45.5x1 #1 by ann]"]);
}

#[test]
fn who_drives_tells_the_others_and_hears_no_echo() {
    let (mut stage, [ann, bob, _]) = synced();
    for (said, told) in [
        (only(Action::Pause), "rests-11x1 #2"),
        (PlaybackSaid { current_time: Some(30.0), ..only(Action::Seek) }, "rests-30x1 #3"),
        (PlaybackSaid { rate: Some(2.0), ..only(Action::Rate) }, "rests-30x2 #4"),
        (only(Action::Play), "plays-30x2 #5"),
    ] {
        let action = said.action.name();
        stage.play(ann, "lobby", said);
        stage.wait(Millis(100));
        assert_eq!(stage.take(bob).last(), Some(&format!("lobby watch ann {action} [{told} by ann]")));
        assert_eq!(stage.take(ann).last(), Some(&format!("lobby watch [{told} by ann]")), "what the room makes of it");
    }
    assert_eq!(place(&stage), 30.2);
}

#[test]
fn any_of_the_drivers_tabs_drives_and_the_others_follow() {
    let (mut stage, [ann, bob, _]) = synced();
    let tab = stage.seat(&Visit::of("ann").session("tab").wishing(1, &["lobby"]));
    stage.wait(SECOND);
    stage.hear_nothing();
    stage.play(tab, "lobby", rests(Action::Pause, 12.0));
    stage.settle();
    let told = "lobby watch tab pause [rests-12x1 #2 by ann]".to_owned();
    assert!(stage.take(ann).contains(&told) && stage.take(bob).contains(&told));
    // Who did it hears what the room makes of it, and nothing that sounds as if another did.
    assert_eq!(stage.take(tab).last().unwrap(), "lobby watch [rests-12x1 #2 by ann]");
}

#[test]
fn a_late_joiner_and_a_slow_line_land_on_the_right_second() {
    let (mut stage, [ann, ..]) = synced();
    // Said 300 ms ago by the server's clock.
    let at = stage.now - Millis(300);
    stage.play(ann, "lobby", PlaybackSaid { at: Some(at), ..plays(Action::Seek, 100.0) });
    stage.wait(Millis::seconds(20));
    let dora = stage.arrive(&Visit::of("dora").session("dora").wishing(1, &["lobby"]));
    let told = stage.events(dora);
    let picture = told.iter().find_map(|event| match &**event {
        Event::RoomPicture(picture) => picture.watch.clone(),
        _ => None,
    });
    let place = picture.unwrap().timeline.unwrap().at(stage.now).current_time;
    assert!((place - 120.3).abs() < 1e-6, "{place}");
    let Event::Watch { watch, .. } = &**told.last().unwrap() else { panic!("{told:?}") };
    assert!((watch.timeline.unwrap().at(stage.now).current_time - 120.3).abs() < 1e-6);
}

#[test]
fn what_the_picture_shows_already_is_no_news() {
    let mut stage = Stage::new();
    let [ann, bob] = ["ann", "bob"].map(|name| stage.arrive(&Visit::of(name).session(name).wishing(1, &["lobby"])));
    stage.sync(ann, "lobby", 1.0);
    stage.ask(bob, "lobby");
    stage.wait(SECOND);
    let shown = "lobby watch [plays-1x1 #1 by ann for bob]";
    assert_eq!(stage.take(bob)[2..4], ["lobby v1 as 1 [ann:plays-1x1 bob]", shown]);
    assert_eq!(stage.take(ann)[2..4], ["lobby v1 as 0 [ann:plays-1x1 bob]", shown]);
    // One who is shown the room again has heard nothing else either.
    stage.give(ann, "lobby", "bob");
    stage.join(ann, "lobby");
    stage.settle();
    assert!(stage.take(ann).iter().all(|line| !line.contains("gives")));
    assert!(stage.take(bob).iter().any(|line| line.contains("ann gives bob")));
}

#[test]
fn json_readers_have_it_in_the_picture_alone() {
    let (mut stage, _) = synced();
    let dora = stage.seat(&Visit::of("dora").session("dora").json());
    stage.join(dora, "lobby");
    let told = stage.events(dora);
    let [event] = &told[..] else { panic!("{told:?}") };
    let Event::RoomPicture(picture) = &**event else { panic!("{event:?}") };
    assert!(picture.watch.as_ref().unwrap().is_synced);
}

#[test]
fn a_moment_that_cannot_be_meant_is_now() {
    for said in [Some(Millis(5_001)), None] {
        let (mut stage, [ann, ..]) = synced();
        let at = said.map_or(stage.now + SECOND, |ago| stage.now - ago);
        stage.play(ann, "lobby", PlaybackSaid { at: Some(at), ..plays(Action::Seek, 100.0) });
        assert_eq!(timeline(&stage).at, stage.now, "{said:?}");
    }
}

#[test]
fn what_is_left_out_is_as_it_was_in_the_moment_that_is_meant() {
    let (mut stage, [ann, ..]) = synced();
    let at = stage.now - Millis(500);
    stage.play(ann, "lobby", PlaybackSaid { at: Some(at), ..only(Action::Pause) });
    assert_eq!(place(&stage), 10.5, "she paused half a second ago");
}

#[test]
fn stop_ends_it_for_all_and_control_stays() {
    let (mut stage, [ann, bob, carl]) = synced();
    stage.play(bob, "lobby", rests(Action::Pause, 11.0));
    stage.wait(SECOND);
    stage.hear_nothing();
    stage.play(ann, "lobby", only(Action::Stop));
    assert_eq!(stage.take(carl), ["lobby v6 bob rests-11x1", "lobby watch ann stop [by ann]"]);
    assert_eq!(stage.take(ann), ["lobby v6 bob rests-11x1", "lobby watch [by ann]"]);
    // Who drives nothing moves only himself.
    stage.play(ann, "lobby", rests(Action::Pause, 50.0));
    stage.wait(SECOND);
    assert_eq!(stage.take(carl), ["lobby v7 ann rests-50x1"]);
    stage.sync(ann, "lobby", 3.0);
    assert_eq!(stage.take(carl).last().unwrap(), "lobby watch ann sync [plays-3x1 #2 by ann]");
}

// Who does not follow.

#[test]
fn what_others_say_is_their_own_and_shows_how_they_differ() {
    let (mut stage, [ann, bob, carl]) = synced();
    for (said, told) in [
        (plays(Action::Play, 11.0), "bob plays-11x1"),
        (rests(Action::Pause, 12.0), "bob rests-12x1!paused"),
        (plays(Action::Play, 11.5), "bob plays-11.5x1!elsewhere"),
        (PlaybackSaid { is_stalled: true, ..plays(Action::Play, 14.0) }, "bob plays-14x1!stalled"),
        (plays(Action::Sync, 15.0), "bob plays-15x1"),
    ] {
        stage.play(bob, "lobby", said.clone());
        stage.wait(SECOND);
        let lines = stage.take(carl);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].ends_with(told), "{said:?}: {lines:?}");
    }
    assert_eq!((timeline(&stage).operation, stage.controller("lobby").as_deref()), (1, Some("ann")));
    stage.take(ann);
    stage.play(ann, "lobby", rests(Action::Pause, 16.0));
    stage.play(bob, "lobby", plays(Action::Play, 16.0));
    stage.wait(SECOND);
    assert_eq!(stage.member("lobby", "bob").watching.unwrap().desync.unwrap().name(), "playing");
    assert!(stage.member("lobby", "ann").watching.unwrap().desync.is_none());
}

#[test]
fn not_every_report_is_told() {
    let (mut stage, [_, bob, carl]) = synced();
    stage.play(bob, "lobby", plays(Action::Play, 11.0));
    stage.wait(Millis(500));
    stage.hear_nothing();
    for _ in 0..20 {
        // Half a second behind, and so it stays.
        stage.play(bob, "lobby", plays(Action::Play, place(&stage) - 0.5));
        stage.wait(Millis(500));
    }
    assert!(stage.take(carl).is_empty());
    stage.play(bob, "lobby", plays(Action::Play, place(&stage) - 1.5));
    stage.settle();
    assert_eq!(stage.take(carl).len(), 1);
}

#[test]
fn who_is_apart_is_judged_anew_by_each_operation() {
    let stalled = PlaybackSaid { is_stalled: true, ..plays(Action::Play, 11.0) };
    for (own, room, told) in [
        (rests(Action::Pause, 5.0), rests(Action::Pause, 5.0), "bob rests-5x1"),
        (rests(Action::Pause, 5.0), rests(Action::Pause, 50.0), "bob rests-5x1!elsewhere"),
        (plays(Action::Seek, 50.0), plays(Action::Seek, 51.5), "bob plays-50x1"),
        (plays(Action::Seek, 50.0), rests(Action::Pause, 51.0), "bob plays-50x1!playing"),
        // Who waits for data is where the room is as soon as there is nothing to wait for.
        (stalled.clone(), rests(Action::Pause, 12.0), "bob rests-12x1"),
        (stalled, plays(Action::Seek, 40.0), ""),
        (rests(Action::Pause, 5.0), plays(Action::Seek, 50.0), ""),
    ] {
        let (mut stage, [ann, bob, carl]) = synced();
        stage.play(bob, "lobby", own.clone());
        stage.wait(SECOND);
        stage.hear_nothing();
        stage.play(ann, "lobby", room.clone());
        let lines = stage.take(carl);
        let line = lines.iter().find(|line| line.contains("bob")).map_or("", String::as_str);
        assert!(line.ends_with(told) && told.is_empty() == line.is_empty(), "{own:?} {room:?}: {lines:?}");
    }
}

#[test]
fn what_was_so_before_an_operation_is_measured_by_what_all_followed_then() {
    for (said, desync, place) in [
        // He did as all did, and goes on to do so.
        (plays(Action::Play, 10.8), None, 40.0),
        (only(Action::Rate), None, 40.0),
        // He had stopped by himself, and stands there.
        (rests(Action::Pause, 10.8), Some("elsewhere"), 10.8),
        (only(Action::Pause), Some("elsewhere"), 10.8),
        // He had stopped by himself where now all do.
        (rests(Action::Pause, 40.5), None, 40.5),
    ] {
        let (mut stage, [ann, bob, _]) = synced();
        let at = stage.now - Millis(200);
        stage.play(ann, "lobby", rests(Action::Pause, 40.0));
        stage.wait(Millis(100));
        stage.play(bob, "lobby", PlaybackSaid { at: Some(at), ..said.clone() });
        let watching = stage.member("lobby", "bob").watching.unwrap();
        assert_eq!(
            (watching.desync.map(Desync::name), watching.at(stage.now).current_time),
            (desync, place),
            "{said:?}"
        );
    }
}

#[test]
fn what_was_so_before_all_that_is_known_marks_nobody() {
    let (mut stage, [ann, bob, carl]) = synced();
    stage.play(carl, "lobby", rests(Action::Pause, 5.0));
    let at = Some(stage.now - Millis(100));
    for place in [40.0, 50.0] {
        stage.play(ann, "lobby", rests(Action::Pause, place));
    }
    for who in [bob, carl] {
        stage.play(who, "lobby", PlaybackSaid { at, ..rests(Action::Pause, 5.0) });
    }
    let desync = |name| stage.member("lobby", name).watching.unwrap().desync;
    assert_eq!((desync("bob"), desync("carl")), (None, Some(Desync::Elsewhere)));
}

#[test]
fn who_followed_to_the_end_is_where_the_room_was() {
    let (mut stage, [ann, bob, carl]) = synced();
    stage.play(bob, "lobby", plays(Action::Play, 11.0));
    stage.play(carl, "lobby", rests(Action::Pause, 1.0));
    stage.play(ann, "lobby", plays(Action::Seek, 70.0));
    stage.wait(SECOND);
    stage.play(ann, "lobby", rests(Action::Stop, 71.0));
    let place = |session| stage.member("lobby", session).watching.unwrap().playback.current_time;
    assert_eq!(["ann", "bob", "carl"].map(place), [71.0, 71.0, 1.0]);
}

#[test]
fn where_nobody_watches_together_players_are_shown_and_nobody_fails_to_follow() {
    let (mut stage, [ann, bob, carl]) = three();
    stage.play(ann, "lobby", plays(Action::Play, 1.0));
    stage.play(bob, "lobby", rests(Action::Pause, 900.0));
    assert_eq!(stage.take(carl), ["lobby v4 ann plays-1x1, bob rests-900x1"]);
    assert_eq!(stage.watch("lobby"), Default::default());
}

#[test]
fn what_a_follower_leaves_out_is_as_the_room_has_it() {
    let (mut stage, [_, bob, _]) = synced();
    stage.play(bob, "lobby", only(Action::Pause));
    let watching = stage.member("lobby", "bob").watching.unwrap();
    assert_eq!((watching.playback.current_time, watching.playback.is_playing), (11.0, false));
    stage.wait(SECOND);
    stage.play(bob, "lobby", only(Action::Play));
    assert_eq!(stage.member("lobby", "bob").watching.unwrap().playback.current_time, 11.0, "where he paused");
}

// Who comes back.

#[test]
fn who_comes_back_is_shown_what_changed_meanwhile() {
    let (mut stage, [ann, bob, _]) = synced();
    stage.close(bob, End::Lost);
    stage.play(ann, "lobby", only(Action::Stop));
    stage.release(ann, "lobby");
    stage.wait(SECOND);
    let told = stage.arrive_and_take(&Visit::of("bob").session("bob").engine(1, 2).wishing(1, &["lobby"]));
    assert!(told.contains(&"lobby watch []".to_owned()), "{told:?}");
}

#[test]
fn nothing_of_it_is_heard_where_nothing_is_watched() {
    let (mut stage, [_, bob]) = pair();
    stage.close(bob, End::Lost);
    stage.wait(SECOND);
    let told = stage.arrive_and_take(&Visit::of("bob").session("bob").engine(1, 2).wishing(1, &["lobby"]));
    assert!(told.iter().all(|line| !line.contains("watch")), "{told:?}");
}
