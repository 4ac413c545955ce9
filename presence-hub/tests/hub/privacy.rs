//! What people let others see: who is invisible, who takes no part, who does not show where they point.

use presence_hub::io::End;
use presence_model::call::{Reply, Request};
use presence_model::command::Command;
use presence_model::id::ConnectionId;
use presence_model::privacy::PrivacyChange;
use presence_model::room::NO_SLOT;
use presence_model::status::Status;
use presence_model::time::Millis;

use crate::stage::{Stage, pair};
use crate::visit::{Visit, key, room};

pub(crate) const HIDE: PrivacyChange = PrivacyChange { presence: None, invisible: Some(true), cursor: None };
pub(crate) const SHOW: PrivacyChange = PrivacyChange { presence: None, invisible: Some(false), cursor: None };
const OFF: PrivacyChange = PrivacyChange { presence: Some(false), invisible: None, cursor: None };
const ON: PrivacyChange = PrivacyChange { presence: Some(true), invisible: None, cursor: None };

pub(crate) fn privacy(stage: &mut Stage, who: ConnectionId, change: PrivacyChange) {
    stage.say(who, Command::Privacy(change));
}

/// What somebody is told until all rooms have told what they gathered.
pub(crate) fn told(stage: &mut Stage, who: ConnectionId) -> Vec<String> {
    stage.wait(Millis(50));
    stage.take(who)
}

/// Somebody who is not seen in the lobby.
pub(crate) fn ghost(stage: &mut Stage, name: &str) -> ConnectionId {
    let ghost = stage.arrive(&Visit::of(name).session(name).invisible().wishing(1, &["lobby"]));
    stage.take(ghost);
    ghost
}

#[test]
fn who_hides_leaves_for_the_others_and_stays_for_itself() {
    let (mut stage, [ann, bob]) = pair();
    let reader = stage.seat(&Visit::of("eve").session("eve").watching(1));
    stage.types(ann, "lobby", Some("x"));
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    privacy(&mut stage, ann, HIDE);
    assert_eq!(told(&mut stage, bob), ["lobby v4 -ann last"]);
    assert_eq!(told(&mut stage, ann), ["lobby v4 as 65535 [bob]"]);
    assert_eq!(told(&mut stage, reader), ["here v4 -ann/ann"]);
    stage.wait(Millis::seconds(9));
    assert!(told(&mut stage, bob).is_empty(), "the typing mark went with her");
    privacy(&mut stage, ann, HIDE);
    assert!(told(&mut stage, ann).is_empty(), "nothing changed");

    privacy(&mut stage, ann, SHOW);
    assert_eq!(told(&mut stage, bob), ["lobby v5 +ann first"]);
    assert_eq!(told(&mut stage, ann), ["lobby v5 as 2 [bob ann]"]);
    assert_eq!(told(&mut stage, reader), ["here v5 +ann/ann(ann)"]);
    let members = stage.members("lobby");
    assert_ne!(members[0].card.colour, members[1].card.colour);
}

#[test]
fn an_instance_that_was_unseen_is_listed_as_what_it_said() {
    let mut stage = Stage::new();
    let gil = stage.seat(&Visit::of("gil").session("gil").host("tower").ip("10.0.0.7").invisible());
    stage.wait(Millis::minutes(0));
    assert!(stage.presence().entries.is_empty());
    privacy(&mut stage, gil, SHOW);
    let entry = &stage.presence().entries[0];
    assert_eq!((entry.info.host.as_deref(), entry.ip.as_deref()), (Some("tower"), Some("10.0.0.7")));
    // So also when its row is long gone.
    privacy(&mut stage, gil, HIDE);
    stage.wait_with(&[gil], Millis::minutes(6));
    privacy(&mut stage, gil, SHOW);
    assert_eq!(stage.presence().entries[0].info.host.as_deref(), Some("tower"));
}

#[test]
fn who_says_to_be_offline_is_seen_by_nobody_until_it_says_otherwise() {
    for chooses in [false, true] {
        let (mut stage, [ann, bob]) = pair();
        let say = |stage: &mut Stage, status| match chooses {
            true => stage.choose(ann, status, None),
            false => stage.set_status(ann, status),
        };
        say(&mut stage, Status::Offline);
        assert_eq!(told(&mut stage, bob), ["lobby v3 -ann last"]);
        assert_eq!(stage.presence().entries.len(), 1);
        // Neither a touch nor another word of privacy means that it is back.
        stage.touch(ann);
        privacy(&mut stage, ann, SHOW);
        stage.wait(Millis::seconds(1));
        assert!(told(&mut stage, bob).is_empty());
        say(&mut stage, Status::Busy);
        assert_eq!(told(&mut stage, bob), ["lobby v4 +ann:busy first"]);
        privacy(&mut stage, ann, HIDE);
        say(&mut stage, Status::Active);
        assert_eq!(told(&mut stage, bob), ["lobby v5 -ann last"], "who hides by both has to show itself by both");
    }
}

#[test]
fn a_user_with_a_tab_that_is_unseen_is_seen_through_the_other() {
    let mut stage = Stage::new();
    let tab = |id: &str| Visit::of("ann").session(id).instance("laptop").wishing(1, &["lobby"]);
    let bob = stage.seat(&Visit::of("bob").session("bob").wishing(1, &["lobby"]).watching_too());
    let seen = stage.seat(&tab("seen").input_ago(Millis::ZERO));
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    let unseen = stage.seat(&tab("unseen").invisible());
    let living = [bob, seen, unseen];
    stage.choose(unseen, Status::Busy, Some("quiet"));
    stage.wait_with(&living, Millis::seconds(20));
    stage.touch(unseen);
    stage.wait_with(&living, Millis::seconds(5));
    assert!(told(&mut stage, bob).is_empty());
    stage.wait_with(&living, Millis::seconds(10));
    assert_eq!(told(&mut stage, bob), ["here v3 ~ann/laptop(seen):idle", "lobby v3 seen idle"]);
    stage.choose(unseen, Status::Active, None);
    stage.close(seen, End::Clean);
    assert_eq!(told(&mut stage, bob), ["here v4 -ann/laptop", "lobby v4 -seen last"]);
    // What it said while it was unseen holds when it is seen.
    stage.choose(unseen, Status::Busy, Some("back"));
    privacy(&mut stage, unseen, SHOW);
    assert_eq!(
        told(&mut stage, bob),
        ["here v5 +ann/laptop(unseen):busy:\"back\"", "lobby v5 +unseen:busy:\"back\" first"]
    );
}

#[test]
fn who_comes_back_is_as_unseen_as_before() {
    let (mut stage, [_, bob]) = pair();
    let gil = ghost(&mut stage, "gil");
    stage.close(gil, End::Lost);
    stage.wait(Millis::seconds(3));
    let again = stage.arrive(&Visit::of("gil").session("gil").engine(1, 2).wishing(1, &["lobby"]));
    let all = "lobby cursors ann@nowhere bob@nowhere";
    assert_eq!(told(&mut stage, again), ["welcome again gil", "wishes 1", "lobby v2 as 65535 [ann bob]", all]);
    stage.wait(Millis::seconds(1));
    assert!(told(&mut stage, bob).is_empty());
    // A hello may also end it, in rooms that it does not name too.
    let mut open = Visit::of("gil").session("gil").engine(1, 3);
    open.hello.privacy = SHOW;
    stage.arrive(&open);
    assert_eq!(told(&mut stage, bob), ["lobby v3 +gil first"]);
    let hidden = stage.arrive(&Visit::of("gil").session("gil").engine(1, 4).invisible());
    assert_eq!(told(&mut stage, bob), ["lobby v4 -gil last"]);
    assert_eq!(told(&mut stage, hidden), ["welcome again gil", "lobby v4 as 65535 [ann bob]"]);
}

#[test]
fn who_takes_no_part_is_in_no_room_and_in_no_list() {
    let (mut stage, [ann, bob]) = pair();
    privacy(&mut stage, ann, OFF);
    assert_eq!(told(&mut stage, ann), ["left lobby"]);
    assert_eq!(told(&mut stage, bob), ["lobby v3 -ann last"]);
    assert_eq!(stage.presence().entries.len(), 1);
    assert_eq!((stage.hubs[0].counts().established, stage.hubs[0].counts().unseen), (1, 1));
    stage.join(ann, "lobby");
    stage.wish(ann, 2, &["lobby", "attic"]);
    assert_eq!(
        told(&mut stage, ann),
        [
            "refused join lobby: presence_off",
            "refused join lobby: presence_off",
            "refused join attic: presence_off",
            "wishes 2"
        ]
    );
    stage.say(ann, Command::Subscribe);
    assert_eq!(told(&mut stage, ann), ["here v3 [bob/bob(bob)]"]);
    privacy(&mut stage, ann, ON);
    assert_eq!(told(&mut stage, ann), ["here v4 +ann/ann(ann)"]);
    stage.join(ann, "lobby");
    assert_eq!(told(&mut stage, ann), ["lobby v4 as 2 [bob ann]"]);
    // From the first word on.
    let mut off = Visit::of("cyd").session("cyd").wishing(1, &["lobby"]);
    off.hello.privacy = OFF;
    assert_eq!(stage.arrive_and_take(&off), ["welcome cyd", "refused join lobby: presence_off", "wishes 1"]);
    stage.hear_nothing();
    stage.say(ann, Command::Privacy(PrivacyChange { invisible: Some(true), ..OFF }));
    privacy(&mut stage, ann, ON);
    stage.join(ann, "lobby");
    assert_eq!(told(&mut stage, ann), ["here v5 -ann/ann", "left lobby", "lobby v5 as 65535 [bob]"]);
}

#[test]
fn who_does_not_share_where_it_points_points_nowhere() {
    let (mut stage, [ann, bob]) = pair();
    let sharing = |cursor| PrivacyChange { cursor: Some(cursor), ..PrivacyChange::default() };
    stage.point(ann, "lobby", 0.5);
    stage.wait(Millis(50));
    privacy(&mut stage, ann, sharing(false));
    stage.wait(Millis(50));
    assert_eq!(stage.take(bob), ["lobby cursors ann@0.5,0.5", "lobby cursors ann@nowhere"]);
    stage.point(ann, "lobby", 0.6);
    stage.join(ann, "attic");
    stage.point(ann, "attic", 0.6);
    stage.wait(Millis(50));
    assert_eq!(stage.list("attic"), ["ann"]);
    privacy(&mut stage, ann, sharing(true));
    stage.wait(Millis::seconds(1));
    assert!(stage.take(bob).is_empty());
    stage.point(ann, "lobby", 0.7);
    stage.wait(Millis(50));
    assert_eq!(stage.take(bob), ["lobby cursors ann@0.7,0.7"]);
    // What was said while invisible holds afterwards.
    for change in [HIDE, sharing(false), SHOW] {
        privacy(&mut stage, ann, change);
    }
    stage.point(ann, "lobby", 0.8);
    stage.wait(Millis(50));
    assert_eq!(stage.list("lobby"), ["bob", "ann"]);
}

#[test]
fn a_join_brings_privacy_for_the_whole_session() {
    let (mut stage, [ann, bob]) = pair();
    stage.say(ann, Command::Join { key: key("attic"), privacy: HIDE });
    assert_eq!(told(&mut stage, bob), ["lobby v3 -ann last"]);
    assert_eq!(told(&mut stage, ann), ["attic v0 as 65535 []", "lobby v3 as 65535 [bob]"]);
    stage.say(ann, Command::Join { key: key("attic"), privacy: OFF });
    assert_eq!(told(&mut stage, ann), ["refused join attic: presence_off", "left attic", "left lobby"]);
}

#[test]
fn so_does_a_call_and_nobody_sees_it_for_a_moment() {
    let (mut stage, [ann, bob]) = pair();
    stage.say(bob, Command::Subscribe);
    stage.hear_nothing();
    let join = Request::Act(Command::Join { key: key("lobby"), privacy: HIDE });
    let answer = stage.call(&Visit::of("gil"), Some("gil"), join).unwrap();
    let Reply::Joined(picture) = answer.reply else { panic!("{answer:?}") };
    assert_eq!((picture.own_slot, picture.members.len()), (NO_SLOT, 2));
    let point = Command::Cursor { room: room("lobby"), cursor: presence_model::room::Cursor::at(0.5, 0.5) };
    stage.call(&Visit::of("gil"), Some("gil"), Request::Act(point)).unwrap();
    let shout = Command::Broadcast { room: room("lobby"), payload: "{}".into() };
    let refused = stage.call(&Visit::of("gil"), Some("gil"), Request::Act(shout)).unwrap_err();
    assert_eq!(refused.code.name(), "invisible");
    stage.wait_with(&[ann, bob], Millis::seconds(100));
    assert!(stage.take(bob).is_empty());
}
