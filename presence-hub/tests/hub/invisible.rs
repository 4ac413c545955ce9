//! Who sees and is not seen.

use presence_hub::io::End;
use presence_model::beacon::Ticket;
use presence_model::command::{Command, Picture};
use presence_model::event::Event;
use presence_model::id::SessionKey;
use presence_model::limit::Limits;
use presence_model::playback::{Action, PlaybackSaid};
use presence_model::room::{Colour, NO_SLOT};
use presence_model::time::Millis;

use crate::privacy::{HIDE, SHOW, ghost, privacy, told};
use crate::stage::{Stage, pair};
use crate::visit::{Visit, beacon, room, user};

#[test]
fn who_is_invisible_sees_and_is_not_seen() {
    let (mut stage, [ann, bob]) = pair();
    let reader = stage.seat(&Visit::of("eve").session("eve").json());
    stage.say(reader, Command::Subscribe);
    stage.wait(Millis::seconds(2));
    stage.hear_nothing();
    let before = (stage.presence(), stage.hubs[0].counts());

    let gil = stage.arrive(&Visit::of("gil").session("gil").invisible().wishing(1, &["lobby"]).watching_too());
    assert_eq!(
        stage.take(gil),
        ["welcome gil", "here v3 [ann/ann(ann) bob/bob(bob) eve/eve(eve)]", "wishes 1", "lobby v2 as 65535 [ann bob]"]
    );
    stage.point(ann, "lobby", 0.5);
    stage.wait(Millis(50));
    stage.types(ann, "lobby", Some("x"));
    stage.broadcast(bob, "lobby", "{}");
    stage.wait(Millis(50));
    assert_eq!(stage.take(gil), ["lobby cursors ann@0.5,0.5", "lobby v3 ann types x", "lobby bob says {}"]);
    stage.wait(Millis::seconds(2));
    for who in [ann, bob, reader] {
        assert!(stage.take(who).iter().all(|line| !line.contains("gil")));
    }
    assert_eq!(stage.list("lobby").len(), 2);
    assert_eq!(before.0, stage.presence());
    let counts = stage.hubs[0].counts();
    assert_eq!((before.1.unseen, counts.unseen), (0, 1));
    assert_eq!(before.1, presence_hub::hub::Counts { unseen: 0, ..counts });
}

#[test]
fn the_unseen_take_no_place_and_no_colour() {
    let mut stage = Stage::new();
    let gil = stage.arrive(&Visit::of("gil").session("gil").invisible().wishing(1, &["lobby"]));
    let events = stage.events(gil);
    let Some(Event::RoomPicture(picture)) =
        events.iter().map(AsRef::as_ref).find(|event| matches!(event, Event::RoomPicture(_)))
    else {
        panic!("{events:?}")
    };
    assert_eq!((picture.own_slot, picture.own_colour, picture.version), (NO_SLOT, Colour::NONE, 0));
    assert_eq!(stage.hubs[0].counts().rooms, 0, "no room is there for him alone");
    stage.wait(Millis::seconds(60).min(Millis::seconds(9)));

    let ann = stage.arrive(&Visit::of("ann").session("ann").wishing(1, &["lobby"]));
    let joined = stage.now;
    assert_eq!(stage.take(ann), ["welcome ann", "wishes 1", "lobby v1 as 0 [ann]"]);
    let shown = stage.events(gil);
    let [Event::RoomPicture(begun)] = &shown.iter().map(AsRef::as_ref).collect::<Vec<_>>()[..] else {
        panic!("{shown:?}")
    };
    assert_eq!((begun.created_at, begun.channel, begun.version), (joined, 0, 1));
    assert!(picture.channel >> 31 == 1, "the channels of rooms are their own");
}

#[test]
fn a_room_ends_with_the_last_who_is_seen_and_begins_with_the_first() {
    let (mut stage, [ann, bob]) = pair();
    let gil = ghost(&mut stage, "gil");
    stage.sync(ann, "lobby", 3.0);
    stage.wait(Millis(50));
    stage.hear_nothing();
    stage.leave(bob, "lobby");
    stage.wait(Millis(50));
    stage.leave(ann, "lobby");
    stage.wait(Millis(50));
    let lines = told(&mut stage, gil);
    assert!(lines.contains(&"lobby v5 -ann last".to_owned()));
    assert_eq!(lines[lines.len() - 2..], ["lobby v0 as 65535 []", "lobby watch []"], "nothing is watched any more");
    assert_eq!(stage.hubs[0].counts().rooms, 0);
    stage.join(bob, "lobby");
    assert_eq!(told(&mut stage, bob).last().unwrap(), "lobby v1 as 0 [bob]");
    assert_eq!(told(&mut stage, gil), ["lobby v1 as 65535 [bob]"]);
    stage.leave(gil, "lobby");
    assert_eq!(told(&mut stage, gil), ["left lobby"]);
    for who in [ann, bob, gil] {
        stage.close(who, End::Clean);
    }
    stage.wait(Millis::seconds(1));
    assert!(stage.is_empty());
}

#[test]
fn what_an_unseen_one_does_is_dropped_or_refused_where_it_would_show() {
    let (mut stage, [_, bob]) = pair();
    let gil = ghost(&mut stage, "gil");
    let lobby = || room("lobby");
    stage.point(gil, "lobby", 0.5);
    stage.types(gil, "lobby", Some("x"));
    stage.mark(gil, "lobby", Some((1.0, 2.0)));
    stage.say(gil, Command::SessionTyping { key: SessionKey::parse("main").unwrap(), is_typing: true });
    assert!(told(&mut stage, gil).is_empty(), "in silence");
    for command in [
        Command::Playback { room: lobby(), said: Box::new(PlaybackSaid::new(Action::Sync)) },
        Command::ControlRequest(lobby()),
        Command::ControlGrant { room: lobby(), to: user("gil") },
        Command::ControlRelease(lobby()),
        Command::Broadcast { room: lobby(), payload: "{}".into() },
    ] {
        let name = command.name();
        stage.say(gil, command);
        assert_eq!(told(&mut stage, gil), [format!("refused {name} lobby: invisible")]);
    }
    stage.wait(Millis::seconds(9));
    assert!(told(&mut stage, bob).is_empty());
    stage.say(gil, Command::Resync(Picture::Room(lobby())));
    let all = "lobby cursors ann@nowhere bob@nowhere";
    assert_eq!(told(&mut stage, gil), ["lobby v2 as 65535 [ann bob]", all]);
}

#[test]
fn a_beacon_of_an_unseen_one_is_answered_and_kept_from_all() {
    let mut stage = Stage::new();
    let dora = stage.seat(&Visit::of("dora").session("d").gateway());
    let gil = stage.seat(&Visit::of("gil").session("gil").gateway().invisible());
    stage.say(gil, Command::Beacon { ticket: Ticket(4), beacon: Box::new(beacon(Some("node"))) });
    assert_eq!(stage.take(gil), ["taken 4"]);
    stage.wait(Millis::seconds(3));
    assert!(stage.take(dora).is_empty());
}

#[test]
fn an_unseen_one_whose_line_is_silent_is_gone_unnoticed() {
    let (mut stage, [ann, bob]) = pair();
    let gil = ghost(&mut stage, "gil");
    stage.wait_with(&[ann, bob], Millis::seconds(32));
    stage.life_sign(gil);
    stage.wait_with(&[ann, bob], Millis::seconds(50));
    assert_eq!(stage.desk(gil).closed, Some(4000), "it fell silent");
    assert!(stage.take(bob).is_empty());
    assert_eq!(stage.hubs[0].counts().unseen, 0);
}

#[test]
fn one_unseen_too_many_is_turned_away_and_nobody_else() {
    let limits = Limits { invisible_per_room: 2, users_per_room: 2, ..Limits::default() };
    let mut stage = Stage::with(1, limits);
    let bob = stage.seat(&Visit::of("bob").session("bob").wishing(1, &["lobby"]));
    let [gil, _] = ["gil", "hal"].map(|name| ghost(&mut stage, name));
    let third = stage.arrive_and_take(&Visit::of("ivy").session("ivy").invisible().wishing(1, &["lobby"]));
    assert_eq!(third, ["welcome ivy", "wishes 1", "refused join lobby: room_full"]);
    let ann = stage.seat(&Visit::of("ann").session("ann").wishing(1, &["lobby"]));
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    assert_eq!(stage.list("lobby"), ["bob", "ann"]);
    // Whoever hides there finds no place among the unseen either, and the other way round.
    privacy(&mut stage, ann, HIDE);
    assert_eq!(told(&mut stage, ann), ["left lobby", "refused join lobby: room_full"]);
    assert_eq!(told(&mut stage, bob), ["lobby v3 -ann last"]);
    privacy(&mut stage, ann, SHOW);
    stage.join(ann, "lobby");
    stage.hear_nothing();
    privacy(&mut stage, gil, SHOW);
    assert_eq!(told(&mut stage, gil), ["left lobby", "refused join lobby: room_full"]);
    assert!(told(&mut stage, bob).is_empty());
    stage.join(gil, "attic");
    assert_eq!(told(&mut stage, gil), ["attic v1 as 0 [gil]"]);
}

#[test]
fn who_may_not_read_any_more_may_not_look_on_either() {
    let (mut stage, _) = pair();
    let visit = Visit::of("gil").session("gil").granted("lobby:r").invisible();
    let gil = stage.seat(&visit.clone().wishing(1, &["lobby"]));
    stage.renew(gil, &visit.granted("attic:r"));
    assert_eq!(stage.take(gil), ["refused join lobby: forbidden", "left lobby"]);
}

#[test]
fn an_unseen_one_catches_up_at_once_or_with_all_others() {
    let (mut stage, [ann, bob]) = pair();
    let gil = ghost(&mut stage, "gil");
    stage.point(ann, "lobby", 0.5);
    stage.wait(Millis(50));
    stage.hear_nothing();
    stage.say(gil, Command::CatchUp);
    assert_eq!(stage.told_lines(gil), ["lobby cursors ann@0.5,0.5 bob@nowhere"]);
    stage.point(ann, "lobby", 0.6);
    stage.wait(Millis(1));
    stage.point(ann, "lobby", 0.7);
    stage.hear_nothing();
    stage.say(gil, Command::CatchUp);
    assert!(stage.told_lines(gil).is_empty(), "the others are told soon");
    stage.wait(Millis(20));
    assert_eq!(stage.take(gil), ["lobby cursors ann@0.7,0.7 bob@nowhere"]);
    assert_eq!(stage.take(bob), ["lobby cursors ann@0.7,0.7"]);
}

#[test]
fn a_crowd_of_unseen_is_no_storm() {
    let (mut stage, [ann, bob]) = pair();
    for number in 0..90 {
        ghost(&mut stage, &format!("guest-{number}"));
    }
    stage.types(ann, "lobby", Some("x"));
    stage.wait(Millis(20));
    assert_eq!(stage.told_lines(bob), ["lobby v3 ann types x"]);
}
