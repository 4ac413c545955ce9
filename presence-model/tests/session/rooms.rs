//! A room as the client sees it.

use presence_model::event::{Event, RoomChange, StateNews};
use presence_model::refusal::Code;
use presence_model::room::Member;
use presence_model::status::{Liveness, Status};
use presence_model::time::Millis;

use crate::bench::Bench;
use crate::words::{changed, joined, key, left, member, picture, refused, room};

fn with_bob() -> Bench {
    let mut bench = Bench::in_room("lobby");
    bench.hear(&picture("lobby", 1, 2, &[member(0, "a"), member(1, "b")]));
    bench.forget();
    bench
}

#[test]
fn a_room_is_joining_until_its_picture_comes() {
    let mut bench = Bench::online();
    bench.act(|session, now| session.enter(now, key("lobby")));
    assert_eq!(bench.told(), ["lobby joining"]);
    bench.hear(&picture("lobby", 1, 1, &[member(0, "a"), member(1, "b")]));
    assert_eq!(bench.told(), ["lobby joined +a +b", "lobby cursors 1@nowhere"]);
}

#[test]
fn each_kind_of_change_is_told() {
    let mut bench = with_bob();
    let (bob, carl) = (member(1, "b"), member(2, "c"));
    let card = || member(1, "b").card;
    let suspect = RoomChange::Liveness {
        card: card(),
        liveness: Liveness::Suspect,
        user_liveness: Liveness::Suspect,
        status: Status::Active,
    };
    let busy = RoomChange::State {
        member: Box::new(Member { status: Status::Busy, last_active_at: Millis(9), ..bob.clone() }),
        news: StateNews::Status,
    };
    let cases = [
        (vec![joined(carl.clone())], "lobby joined +c"),
        (vec![suspect], "lobby joined +b:suspect"),
        (vec![busy], "lobby joined +b:busy:suspect"),
        (vec![left(&bob), joined(member(3, "b"))], "lobby joined +b"),
        (vec![left(&carl), left(&member(3, "b"))], "lobby joined -b -c"),
    ];
    for (version, (changes, line)) in (3..).zip(cases) {
        bench.hear(&changed(1, version, changes));
        assert_eq!(bench.told(), [line]);
    }
    assert_eq!(bench.members("lobby"), ["a"]);
}

#[test]
fn who_comes_and_goes_in_one_version_is_no_news() {
    let mut bench = with_bob();
    let carl = member(2, "c");
    bench.hear(&changed(1, 3, vec![joined(carl.clone()), left(&carl)]));
    assert!(bench.told().is_empty());
    assert_eq!(bench.members("lobby"), ["a", "b"]);
}

#[test]
fn a_hole_asks_for_the_room_once_and_waits_for_its_picture() {
    let mut bench = with_bob();
    bench.hear(&changed(1, 4, vec![left(&member(1, "b"))]));
    bench.hear(&changed(1, 5, vec![joined(member(2, "c"))]));
    assert_eq!((bench.sent(), bench.told()), (vec!["resync lobby".to_owned()], vec![]));
    bench.hear(&picture("lobby", 1, 5, &[member(0, "a"), member(2, "c")]));
    assert_eq!(bench.told()[0], "lobby joined +c -b");
    bench.hear(&changed(1, 6, vec![left(&member(2, "c"))]));
    assert_eq!(bench.told(), ["lobby joined -c"]);
}

#[test]
fn a_frame_that_cannot_be_read_leaves_a_hole_that_is_noticed() {
    let mut bench = with_bob();
    bench.hear_bytes(&[69, 2, 255, 255]);
    bench.hear(&changed(1, 4, vec![]));
    assert_eq!(bench.sent(), ["resync lobby"]);
}

#[test]
fn changes_of_a_channel_that_is_not_ours_are_ignored() {
    let mut bench = with_bob();
    bench.hear(&changed(2, 3, vec![left(&member(1, "b"))]));
    bench.hear(&changed(1, 2, vec![left(&member(1, "b"))]));
    assert!(bench.told().is_empty() && bench.sent().is_empty());
}

#[test]
fn a_picture_that_shows_what_is_known_changes_nobody() {
    let mut bench = with_bob();
    bench.hear(&picture("lobby", 1, 9, &[member(0, "a"), member(1, "b")]));
    assert_eq!(bench.told()[0], "lobby joined");
}

#[test]
fn a_room_that_refuses_us_is_refused_and_empty() {
    let mut bench = Bench::online();
    bench.act(|session, now| session.enter(now, key("lobby")));
    bench.forget();
    bench.hear(&refused("lobby", Code::RoomFull));
    assert_eq!(bench.told(), ["lobby refused", "refused join: room_full"]);
    // On a new line it is tried again.
    bench.reconnect();
    bench.forget();
    bench.hear(&picture("lobby", 1, 1, &[member(0, "a")]));
    assert_eq!(bench.told(), ["lobby joined +a"]);
}

#[test]
fn a_room_that_refuses_us_when_we_come_back_is_over_for_good() {
    let mut bench = with_bob();
    bench.epoch = 2;
    bench.reconnect();
    bench.forget();
    bench.hear(&refused("lobby", Code::RoomFull));
    assert_eq!(bench.told(), ["lobby refused -a -b", "refused join: room_full"]);
    // What was under way changes nothing any more, and nobody is told to have left twice.
    bench.hear(&changed(1, 3, vec![joined(member(2, "c"))]));
    bench.wait_alive(Millis::seconds(30));
    assert!(bench.told().is_empty() && bench.members("lobby").is_empty());
}

#[test]
fn a_refusal_that_is_of_no_room_is_told_as_it_is() {
    let mut bench = with_bob();
    let refusal = presence_model::refusal::Refusal::new(Code::NotAMember, "no");
    bench.hear(&Event::Refused { about: "cursor", room: Some(room("lobby")), refusal });
    assert_eq!(bench.told(), ["refused cursor: not_a_member"]);
    assert_eq!(bench.members("lobby"), ["a", "b"]);
}

#[test]
fn a_left_that_was_overtaken_by_a_new_wish_harms_nobody() {
    let mut bench = with_bob();
    bench.act(|session, now| session.leave(now, &room("lobby")));
    bench.act(|session, now| session.enter(now, key("lobby")));
    bench.hear(&Event::RoomLeft { room: room("lobby"), channel: 1 });
    bench.forget();
    bench.hear(&picture("lobby", 1, 4, &[member(2, "a"), member(1, "b")]));
    assert_eq!(bench.told()[0], "lobby joined +a +b");
}

#[test]
fn after_a_reconnect_to_the_same_server_who_is_missing_has_left() {
    let mut bench = with_bob();
    bench.reconnect();
    bench.forget();
    bench.hear(&picture("lobby", 1, 8, &[member(0, "a"), member(2, "c")]));
    assert_eq!(bench.told()[0], "lobby joined +c -b");
}
