//! What a token opens: rooms to be in, rooms to be seen doing something in, and what a newer one changes.

use presence_hub::io::End;
use presence_model::event::Event;
use presence_model::id::ConnectionId;
use presence_model::limit::Limits;
use presence_model::refusal::Code;
use presence_model::time::Millis;

use crate::stage::Stage;
use crate::visit::Visit;

/// Ann's token as it is, in her tab.
fn ann(claim: &str) -> Visit {
    Visit::of("ann").session("a").granted(claim)
}

/// Bob, who may do everything, and Ann, who may do this, both in the lobby.
fn bob_and_ann(claim: &str) -> (Stage, [ConnectionId; 2]) {
    let mut stage = Stage::new();
    let bob = stage.seat(&Visit::of("bob").session("b").wishing(1, &["lobby", "attic"]));
    let ann = stage.seat(&ann(claim).wishing(1, &["lobby"]));
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    (stage, [bob, ann])
}

#[test]
fn only_rooms_with_the_right_to_read_are_entered() {
    for (claim, wished, refused) in [
        ("lobby:r", "lobby", None),
        ("*:rwc", "lobby", None),
        ("lob*:w lobby:r", "lobby", None),
        ("lobby:w", "lobby", Some("join: the token's claim `rooms` does not grant `read` in room `lobby`")),
        ("attic:r", "lobby", Some("join: the token's claim `rooms` does not grant `read` in room `lobby`")),
        ("", "lobby", Some("join: the token has no claim `rooms`, so it does not open room `lobby`")),
    ] {
        for wishes in [true, false] {
            let mut stage = Stage::new();
            let ann = if wishes {
                stage.arrive(&ann(claim).wishing(1, &[wished]))
            } else {
                let ann = stage.arrive(&ann(claim).json());
                stage.join(ann, wished);
                ann
            };
            let told = stage.events(ann).iter().find_map(|event| match &**event {
                Event::Refused { about, room, refusal } => Some((*about, room.clone(), refusal.clone())),
                _ => None,
            });
            let (message, is_in) = (told.as_ref().map(|(.., refusal)| refusal.message.as_str()), refused.is_none());
            assert_eq!(message, refused, "{claim}");
            assert_eq!(!stage.list(wished).is_empty(), is_in, "{claim}");
            let Some((about, room, refusal)) = told else { continue };
            assert_eq!((about, room.unwrap().as_str()), ("join", wished));
            assert_eq!((refusal.code, refusal.field.as_deref()), (Code::Forbidden, Some("roomId")));
        }
    }
}

#[test]
fn the_other_rooms_of_a_wish_are_entered() {
    let mut stage = Stage::with(1, Limits { rooms_per_user: 2, ..Limits::default() });
    let ann = stage.seat(&ann("lobby:r yard:r"));
    stage.wish(ann, 1, &["attic", "lobby", "cellar", "yard"]);
    assert_eq!(
        stage.take(ann),
        [
            "refused join attic: forbidden",
            "refused join cellar: forbidden",
            "wishes 1",
            "lobby v1 as 0 [a]",
            "yard v1 as 0 [a]"
        ]
    );
}

#[test]
fn who_may_only_read_points_and_types_nowhere() {
    for shards in [1, 3] {
        let mut stage = Stage::with(shards, Limits::default());
        let bob = stage.seat(&Visit::of("bob").session("b").wishing(1, &["lobby"]));
        let ann = stage.seat(&ann("lobby:r").wishing(1, &["lobby"]));
        stage.wait(Millis::seconds(1));
        stage.hear_nothing();
        stage.point(ann, "lobby", 0.5);
        stage.types(ann, "lobby", Some("x"));
        assert_eq!(stage.take(ann), ["refused cursor lobby: forbidden", "refused typing lobby: forbidden"]);
        assert!(stage.take(bob).is_empty());
        assert_eq!(stage.list("lobby"), ["b", "a"]);
        // She sees what others do.
        stage.point(bob, "lobby", 0.5);
        assert_eq!(stage.take(ann).len(), 1);
    }
}

#[test]
fn a_newer_token_closes_rooms_and_others_see_a_leave() {
    let (mut stage, [bob, ann]) = bob_and_ann("*:rw");
    let newer = self::ann("attic:rw");
    stage.renew(ann, &newer);
    assert_eq!(stage.take(ann), ["refused join lobby: forbidden", "left lobby"]);
    assert_eq!(stage.take(bob), ["lobby v3 -a last"]);
    // It stays so, and what it opens is open.
    stage.wish(ann, 2, &["lobby", "attic"]);
    assert_eq!(stage.take(ann), ["refused join lobby: forbidden", "wishes 2", "attic v2 as 1 [b a]"]);
}

#[test]
fn a_token_of_another_user_renews_nothing() {
    let (mut stage, [_, ann]) = bob_and_ann("*:rw");
    stage.renew(ann, &Visit::of("bob").granted(""));
    assert!(stage.take(ann).is_empty());
    assert_eq!(stage.list("lobby"), ["b", "a"]);
}

type Bring = fn(&mut Stage, ConnectionId, Visit) -> ConnectionId;

/// The ways in which a newer token comes to a session in a room, each with the socket it has then.
const WAYS: [(&str, Bring); 4] = [
    ("renewal", |stage, socket, visit| {
        stage.renew(socket, &visit);
        socket
    }),
    ("second hello", |stage, socket, visit| {
        stage.hello(socket, &visit);
        socket
    }),
    ("resume", |stage, socket, visit| {
        stage.close(socket, End::Lost);
        stage.arrive(&visit.engine(1, 2))
    }),
    ("resume with wishes", |stage, socket, visit| {
        stage.close(socket, End::Lost);
        stage.arrive(&visit.engine(1, 2).wishing(1, &["lobby"]))
    }),
];

#[test]
fn a_right_gained_or_lost_works_at_once() {
    for (way, bring) in WAYS {
        let (mut stage, [bob, ann]) = bob_and_ann("*:r");
        let ann = bring(&mut stage, ann, self::ann("*:rw"));
        // Past the window of the flush with which a room was shown again.
        stage.wait(Millis::seconds(1));
        stage.hear_nothing();
        stage.point(ann, "lobby", 0.5);
        stage.types(ann, "lobby", Some("x"));
        assert_eq!(stage.take(bob).len(), 2, "{way}");
        assert!(stage.take(ann).iter().all(|line| !line.contains("refused")), "{way}");

        stage.wait(Millis::seconds(1));
        stage.hear_nothing();
        stage.renew(ann, &self::ann("*:r"));
        assert_eq!(stage.take(bob), ["lobby v4 a stops", "lobby cursors a@nowhere"], "{way}");
        stage.hear_nothing();
        stage.point(ann, "lobby", 0.7);
        assert_eq!(stage.take(ann), ["refused cursor lobby: forbidden"], "{way}");
        assert!(stage.take(bob).is_empty(), "{way}");
    }
}

#[test]
fn a_room_lost_with_a_newer_token_is_left_whichever_way_it_comes() {
    for (way, bring) in WAYS {
        let (mut stage, [bob, ann]) = bob_and_ann("*:rw");
        let ann = bring(&mut stage, ann, self::ann("attic:rw"));
        let told = stage.take(ann);
        for line in ["refused join lobby: forbidden", "left lobby"] {
            assert_eq!(told.iter().filter(|told| *told == line).count(), 1, "{way}: {told:?}");
        }
        assert_eq!(stage.take(bob), ["lobby v3 -a last"], "{way}");
        assert_eq!(stage.list("lobby"), ["b"], "{way}");
    }
}

#[test]
fn a_cursor_that_overtakes_the_renewal_is_judged_by_it() {
    let mut stage = Stage::with(3, Limits::default());
    // With three shards some of these rooms are not the lobby's.
    for name in ["p", "q", "s", "t"] {
        let bob = stage.seat(&Visit::of("bob").session("b").wishing(1, &[name]));
        let ann = stage.seat(&ann(&format!("{name}:r")).wishing(1, &[name]));
        stage.wait(Millis::seconds(1));
        stage.hear_nothing();
        stage.post_is_held = true;
        stage.renew(ann, &self::ann(&format!("{name}:rw")));
        stage.point(ann, name, 0.5);
        stage.post_is_held = false;
        while stage.deliver_any() {}
        assert_eq!(stage.take(bob).len(), 1, "{name}");
        assert!(stage.take(ann).is_empty(), "{name}");
    }
}
