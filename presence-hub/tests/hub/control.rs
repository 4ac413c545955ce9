//! Who drives what all watch: asked for, given, taken back, and passed on when who had it is gone.

use presence_hub::io::End;
use presence_model::command::{Activity, Command};
use presence_model::event::Event;
use presence_model::id::ConnectionId;
use presence_model::limit::{Limits, Timing};
use presence_model::playback::Action;
use presence_model::refusal::Code;
use presence_model::status::Status;
use presence_model::time::Millis;

use crate::doing::{plays, rests};
use crate::stage::Stage;
use crate::visit::Visit;
use crate::watching::{SECOND, only, place, synced, three, timeline};

fn refusal(stage: &mut Stage, who: ConnectionId) -> Option<(Code, Option<String>)> {
    let told = stage.events(who);
    stage.take(who);
    told.iter().find_map(|event| match &**event {
        Event::Refused { refusal, .. } => Some((refusal.code, refusal.field.clone())),
        _ => None,
    })
}

#[test]
fn control_that_nobody_has_is_given_at_once() {
    let (mut stage, [ann, bob, _]) = three();
    stage.ask(ann, "lobby");
    assert_eq!(stage.take(bob), ["lobby watch passes to ann [by ann]"]);
    assert_eq!(stage.take(ann), ["lobby watch passes to ann [by ann]"]);
    stage.ask(ann, "lobby");
    stage.wait(SECOND);
    assert!(stage.take(bob).is_empty(), "she has it");
    assert_eq!(stage.take(ann), ["lobby watch passes to ann [by ann]"], "and is told so");
    stage.sync(bob, "lobby", 3.0);
    stage.wait(SECOND);
    assert_eq!(stage.watch("lobby").timeline, None, "Ann decides whether all watch together");
}

#[test]
fn control_is_asked_for_and_granted() {
    let (mut stage, [ann, bob, carl]) = synced();
    stage.ask(bob, "lobby");
    stage.wait(SECOND);
    stage.ask(bob, "lobby");
    stage.ask(carl, "lobby");
    stage.wait(SECOND);
    assert_eq!(
        stage.take(ann),
        [
            "lobby watch bob asks [plays-11x1 #1 by ann for bob]",
            "lobby watch carl asks [plays-12x1 #1 by ann for bob for carl]"
        ],
        "once a user"
    );
    stage.hear_nothing();
    stage.give(ann, "lobby", "carl");
    assert_eq!(stage.take(bob), ["lobby watch ann gives carl [plays-13x1 #1 by carl for bob]"]);
    // From now on Carl's player counts, and Ann's is her own.
    stage.play(ann, "lobby", rests(Action::Pause, 1.0));
    assert_eq!(timeline(&stage).operation, 1);
    stage.play(carl, "lobby", rests(Action::Pause, 40.0));
    assert_eq!(timeline(&stage).operation, 2);
}

#[test]
fn only_who_has_control_gives_it_and_only_to_who_is_there_and_may_have_it() {
    let (mut stage, [ann, bob, _]) = synced();
    let dora = stage.seat(&Visit::of("dora").session("dora").granted("*:rw").wishing(1, &["lobby"]));
    stage.wait(SECOND);
    stage.hear_nothing();
    let field = Some("data.toUserId".to_owned());
    stage.give(bob, "lobby", "bob");
    assert_eq!(refusal(&mut stage, bob), Some((Code::NotInControl, None)));
    for (to, code) in [("nobody", Code::BadField), ("dora", Code::Forbidden)] {
        stage.give(ann, "lobby", to);
        assert_eq!(refusal(&mut stage, ann), Some((code, field.clone())), "{to}");
    }
    stage.give(ann, "lobby", "ann");
    assert_eq!(refusal(&mut stage, ann), None, "she has it");
    for attempt in [Stage::ask, |stage: &mut Stage, who, name: &str| stage.give(who, name, "dora")] {
        attempt(&mut stage, dora, "lobby");
        assert_eq!(refusal(&mut stage, dora), Some((Code::Forbidden, Some("roomId".to_owned()))));
    }
    assert!(stage.take(bob).is_empty(), "nobody else notices");
    assert_eq!(stage.controller("lobby").as_deref(), Some("ann"));
}

#[test]
fn where_nobody_has_control_whoever_may_gives_it() {
    let (mut stage, [ann, bob, _]) = three();
    stage.give(ann, "lobby", "bob");
    assert_eq!(stage.take(bob), ["lobby watch ann gives bob [by bob]"]);
}

#[test]
fn who_may_not_control_syncs_nobody() {
    let mut stage = Stage::new();
    let bob = stage.seat(&Visit::of("bob").session("b").wishing(1, &["lobby"]));
    let writer = Visit::of("ann").session("a").granted("*:rw");
    let ann = stage.seat(&writer.clone().wishing(1, &["lobby"]));
    stage.wait(SECOND);
    stage.hear_nothing();
    stage.sync(ann, "lobby", 1.0);
    assert_eq!(stage.take(ann), ["refused playback lobby: forbidden"]);
    assert!(stage.take(bob).is_empty());
    // What her own player does she may say.
    stage.play(ann, "lobby", plays(Action::Play, 1.0));
    assert_eq!(stage.take(bob), ["lobby v3 a plays-1x1"]);
    // Where somebody drives, she joins in.
    stage.sync(bob, "lobby", 2.0);
    stage.wait(SECOND);
    stage.sync(ann, "lobby", 3.0);
    stage.wait(SECOND);
    assert!(stage.take(ann).iter().all(|line| !line.contains("refused")));
    stage.renew(ann, &writer.granted("*:rwc"));
    stage.give(bob, "lobby", "ann");
    assert_eq!(stage.controller("lobby").as_deref(), Some("ann"));
}

#[test]
fn who_releases_control_passes_it_to_who_asked_first() {
    let (mut stage, [ann, bob, carl]) = synced();
    for (who, controller) in [(None, "bob"), (Some(ann), "carl"), (Some(bob), "")] {
        let before = match who {
            None => {
                stage.ask(bob, "lobby");
                stage.ask(carl, "lobby");
                ann
            }
            Some(_) if controller == "carl" => bob,
            Some(_) => carl,
        };
        stage.release(before, "lobby");
        assert_eq!(stage.controller("lobby").unwrap_or_default(), controller);
    }
    let watch = stage.watch("lobby");
    assert!(watch.is_synced && watch.timeline.is_some(), "it plays on");
    assert_eq!(stage.take(ann).last().unwrap(), "lobby watch [plays-11x1 #1]");
    stage.sync(bob, "lobby", 70.0);
    assert_eq!((stage.controller("lobby").as_deref(), place(&stage)), (Some("bob"), 70.0));
}

#[test]
fn a_request_can_be_taken_back() {
    let (mut stage, [_, bob, carl]) = synced();
    stage.ask(bob, "lobby");
    stage.wait(SECOND);
    stage.hear_nothing();
    stage.release(bob, "lobby");
    stage.release(carl, "lobby");
    assert_eq!(stage.take(carl), ["lobby watch [plays-12x1 #1 by ann]"]);
}

#[test]
fn a_request_to_who_is_there_lapses() {
    let (mut stage, all @ [ann, bob, carl]) = synced();
    stage.ask(bob, "lobby");
    stage.wait_with(&all, Millis::seconds(20));
    stage.ask(carl, "lobby");
    stage.wait_with(&all, Millis(9_999));
    stage.hear_nothing();
    stage.wait(Millis(1));
    assert_eq!(stage.take(bob), ["lobby watch [plays-41x1 #1 by ann for carl]"]);
    stage.wait_with(&all, Millis::seconds(20));
    assert_eq!(stage.take(ann).last().unwrap(), "lobby watch [plays-61x1 #1 by ann]");
}

#[test]
fn who_is_not_there_loses_control_to_who_asked_first() {
    let idle: fn(&mut Stage, ConnectionId) = |stage, ann| stage.choose(ann, Status::Idle, None);
    let away: fn(&mut Stage, ConnectionId) = |stage, ann| stage.choose(ann, Status::Away, None);
    let quiet: fn(&mut Stage, ConnectionId) = |stage, ann| {
        let activity = Activity { said: None, input_ago: Some(Millis::seconds(20)) };
        stage.say(ann, Command::Report { activity, wants_pong: false });
    };
    for (goes, watches) in [(idle, false), (quiet, false), (away, true), (away, false)] {
        let (mut stage, all @ [ann, bob, carl]) = three();
        stage.sync(bob, "lobby", 10.0);
        if watches {
            stage.play(ann, "lobby", plays(Action::Play, 10.0));
        }
        stage.give(bob, "lobby", "ann");
        stage.wait(SECOND);
        stage.ask(carl, "lobby");
        stage.ask(bob, "lobby");
        goes(&mut stage, ann);
        stage.wait_with(&all, Millis(29_999));
        assert_eq!(stage.controller("lobby").as_deref(), Some("ann"));
        stage.hear_nothing();
        stage.wait(Millis(1));
        let told = stage.take(bob);
        assert!(told.iter().any(|line| line.contains("passes to carl")), "{told:?}");
        // His request was as old, but Carl is there to answer it.
        assert_eq!(stage.controller("lobby").as_deref(), Some("carl"));
        assert_eq!(stage.watch("lobby").requests, []);
    }
}

#[test]
fn who_only_watches_is_there() {
    let (mut stage, all @ [ann, bob, _]) = synced();
    let activity = Activity { said: None, input_ago: Some(Millis::seconds(20)) };
    stage.say(ann, Command::Report { activity, wants_pong: false });
    stage.wait_with(&all, Millis::seconds(20));
    assert_eq!(stage.member("lobby", "ann").status, Status::Idle);
    stage.ask(bob, "lobby");
    stage.wait_with(&all, Millis::seconds(31));
    assert_eq!((stage.controller("lobby").as_deref(), &*stage.watch("lobby").requests), (Some("ann"), &[][..]));
}

#[test]
fn a_driver_whose_line_is_silent_loses_control_to_who_asks() {
    let timing = Timing { control_timeout: Millis::seconds(10), ..Timing::default() };
    let mut stage = Stage::by(1, Limits::default(), timing);
    let [ann, bob] = ["ann", "bob"].map(|name| {
        let socket = stage.seat(&Visit::of(name).session(name).wishing(1, &["lobby"]));
        stage.wait(SECOND);
        socket
    });
    stage.sync(ann, "lobby", 1.0);
    stage.wait_with(&[bob], Millis::seconds(29));
    assert_eq!(stage.member("lobby", "ann").liveness.name(), "suspect");
    stage.ask(bob, "lobby");
    stage.wait_with(&[bob], Millis(9_999));
    assert_eq!(stage.controller("lobby").as_deref(), Some("ann"), "she may come back");
    stage.wait(Millis(1));
    assert_eq!(stage.controller("lobby").as_deref(), Some("bob"));
    assert_eq!(stage.list("lobby").len(), 2, "she is still there");
}

// Hand-over.

#[test]
fn when_the_driver_leaves_the_longest_present_drives() {
    let (mut stage, [ann, bob, carl]) = synced();
    stage.leave(ann, "lobby");
    assert_eq!(stage.take(carl), ["lobby v5 -ann last", "lobby watch passes to bob [plays-11x1 #1 by bob]"]);
    stage.say(bob, Command::Goodbye);
    stage.settle();
    assert_eq!(stage.controller("lobby").as_deref(), Some("carl"));
    assert_eq!(place(&stage), 11.0, "it plays on");
}

#[test]
fn when_the_driver_leaves_who_asked_comes_first() {
    let (mut stage, [ann, bob, carl]) = synced();
    stage.ask(carl, "lobby");
    stage.leave(ann, "lobby");
    assert_eq!(stage.controller("lobby").as_deref(), Some("carl"));
    // Where nothing is watched together control goes to nobody, unless somebody asked.
    stage.play(carl, "lobby", only(Action::Stop));
    stage.leave(carl, "lobby");
    assert_eq!(stage.take(bob).last().unwrap(), "lobby watch []");
    assert_eq!(stage.watch("lobby"), Default::default());
}

#[test]
fn a_killed_driver_is_followed_by_the_next_after_the_grace() {
    for (end, grace) in [(End::Lost, 10), (End::GoingAway, 3)] {
        let (mut stage, [ann, bob, carl]) = synced();
        stage.close(ann, end);
        stage.wait_with(&[bob, carl], Millis::seconds(grace) - Millis(1));
        assert_eq!(stage.controller("lobby").as_deref(), Some("ann"), "she may come back");
        stage.wait(Millis(1));
        assert_eq!(stage.controller("lobby").as_deref(), Some("bob"));
        let told = stage.take(carl);
        let place = 11 + grace;
        assert_eq!(told.last().unwrap(), &format!("lobby watch passes to bob [plays-{place}x1 #1 by bob]"));
    }
}

#[test]
fn who_is_connected_drives_before_who_is_not() {
    let (mut stage, [ann, _, carl]) = synced();
    stage.wait_with(&[ann, carl], Millis::seconds(31));
    assert_eq!(stage.member("lobby", "bob").liveness.name(), "suspect");
    stage.leave(ann, "lobby");
    assert_eq!(stage.controller("lobby").as_deref(), Some("carl"));
}

#[test]
fn another_tab_of_the_driver_keeps_control() {
    let (mut stage, [ann, ..]) = synced();
    let tab = stage.seat(&Visit::of("ann").session("tab").wishing(1, &["lobby"]));
    stage.leave(ann, "lobby");
    assert_eq!(stage.controller("lobby").as_deref(), Some("ann"));
    stage.leave(tab, "lobby");
    assert_eq!(stage.controller("lobby").as_deref(), Some("bob"));
}

#[test]
fn control_goes_with_the_right_to_it() {
    for heirs in [true, false] {
        let mut stage = Stage::new();
        let driver = Visit::of("ann").session("a").granted("*:rwc");
        let ann = stage.seat(&driver.clone().wishing(1, &["lobby"]));
        let claim = if heirs { "*:rwc" } else { "*:rw" };
        let bob = stage.seat(&Visit::of("bob").session("b").granted(claim).wishing(1, &["lobby"]));
        stage.sync(ann, "lobby", 1.0);
        stage.wait(SECOND);
        stage.hear_nothing();
        stage.renew(ann, &driver.granted("*:rw"));
        let (controller, told) = if heirs {
            (Some("bob"), "lobby watch passes to b [plays-2x1 #1 by bob]")
        } else {
            (None, "lobby watch [plays-2x1 #1]")
        };
        assert_eq!(stage.take(bob), [told]);
        assert_eq!(stage.controller("lobby").as_deref(), controller);
        // What she says is her own from now on.
        stage.play(ann, "lobby", rests(Action::Pause, 9.0));
        assert_eq!(timeline(&stage).operation, 1);
    }
}

#[test]
fn a_request_goes_with_who_asked_or_may_not_any_more() {
    let mut stage = Stage::new();
    let asker = Visit::of("bob").session("b").granted("*:rwc");
    let ann = stage.seat(&Visit::of("ann").session("a").wishing(1, &["lobby"]));
    let bob = stage.seat(&asker.clone().wishing(1, &["lobby"]));
    stage.sync(ann, "lobby", 1.0);
    stage.ask(bob, "lobby");
    stage.renew(bob, &asker.clone().granted("*:rw"));
    assert_eq!(stage.watch("lobby").requests, []);
    stage.renew(bob, &asker);
    stage.ask(bob, "lobby");
    stage.wait(SECOND);
    stage.hear_nothing();
    stage.leave(bob, "lobby");
    assert_eq!(stage.take(ann), ["lobby v3 -b last", "lobby watch [plays-2x1 #1 by ann]"]);
    stage.wait_with(&[ann], Millis::seconds(60));
    assert!(stage.take(ann).is_empty(), "and it lapses no more");
}

#[test]
fn with_the_last_member_all_is_forgotten() {
    let (mut stage, [ann, bob, carl]) = synced();
    stage.ask(bob, "lobby");
    // All within one flush, so that the room itself goes on.
    for who in [ann, bob, carl] {
        stage.leave(who, "lobby");
    }
    stage.join(bob, "lobby");
    assert_eq!(stage.watch("lobby"), Default::default());
    stage.leave(bob, "lobby");
    stage.wait(SECOND);
    stage.join(carl, "lobby");
    stage.hear_nothing();
    stage.sync(carl, "lobby", 1.0);
    assert_eq!(timeline(&stage).operation, 1);
}
