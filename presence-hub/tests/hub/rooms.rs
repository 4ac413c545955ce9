//! Who is in a room, and what those in it are told of it.

use std::collections::{BTreeSet, VecDeque};

use presence_hub::io::End;
use presence_model::command::{Command, Picture};
use presence_model::event::Event;
use presence_model::limit::Limits;
use presence_model::time::Millis;

use crate::stage::Stage;
use crate::visit::{Visit, room};

#[test]
fn a_join_is_answered_with_the_present_state_the_newcomer_included() {
    let mut stage = Stage::new();
    let ann = stage.seat(&Visit::of("ann").session("a"));
    stage.join(ann, "lobby/video");
    assert_eq!(stage.take(ann), ["lobby v1 as 0 [a]"]);
    stage.wait(Millis::seconds(1));
    stage.point(ann, "lobby", 0.5);
    stage.types(ann, "lobby", Some("comment"));
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    let bob = stage.seat(&Visit::of("bob").session("b"));
    stage.join(bob, "lobby/video");
    assert_eq!(stage.take(bob), ["lobby v3 as 1 [a:types-comment@0.5,0.5 b]"]);
    assert_eq!(stage.take(ann), ["lobby v3 +b first"]);
}

#[test]
fn a_picture_names_the_reader_the_kind_and_a_colour_of_its_own() {
    let mut stage = Stage::new();
    let people: Vec<_> =
        (0..30).map(|n| stage.arrive(&Visit::of(&format!("u{n}")).wishing(1, &["lobby/video"]))).collect();
    stage.wait(Millis::seconds(1));
    for connection in people {
        let events = stage.events(connection);
        let picture = events.iter().find_map(|event| match &**event {
            Event::RoomPicture(picture) => Some(picture),
            _ => None,
        });
        let picture = picture.unwrap();
        assert_eq!(picture.kind.name(), "video");
        let own = picture.members.iter().find(|member| member.card.slot == picture.own_slot).unwrap();
        assert_eq!(Some(&own.card.session_id), stage.desk(connection).session.as_ref());
        assert_eq!(own.card.colour, picture.own_colour);
    }
    let colours: BTreeSet<_> = stage.members("lobby/video").iter().map(|member| member.card.colour).collect();
    assert_eq!(colours.len(), 30);
}

#[test]
fn joins_and_leaves_say_whether_they_are_the_users_first_and_last() {
    let mut stage = Stage::new();
    let bob = stage.seat(&Visit::of("bob").session("b").wishing(1, &["lobby"]));
    let step = |stage: &mut Stage, lines: &[&str]| {
        stage.wait(Millis(20));
        assert_eq!(stage.take(bob), lines);
    };
    let one = stage.seat(&Visit::of("ann").session("a-1").wishing(1, &["lobby"]));
    step(&mut stage, &["lobby v2 +a-1 first"]);
    let two = stage.seat(&Visit::of("ann").session("a-2").wishing(1, &["lobby"]));
    step(&mut stage, &["lobby v3 +a-2"]);
    stage.leave(one, "lobby");
    step(&mut stage, &["lobby v4 -a-1"]);
    stage.close(two, End::Clean);
    step(&mut stage, &["lobby v5 -a-2 last"]);
}

#[test]
fn who_leaves_is_told_and_hears_no_more() {
    let mut stage = Stage::new();
    let [ann, bob] = ["ann", "bob"].map(|name| stage.seat(&Visit::of(name).session(name).wishing(1, &["lobby"])));
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    stage.leave(ann, "lobby");
    stage.point(bob, "lobby", 0.5);
    stage.wait(Millis::seconds(1));
    assert_eq!(stage.take(ann), ["left lobby"]);
    assert_eq!(stage.take(bob), ["lobby v3 -ann last"]);
    stage.leave(ann, "lobby");
    assert_eq!(stage.take(ann), ["refused leave lobby: not_a_member"]);
}

#[test]
fn who_leaves_and_joins_at_once_is_another_member_with_a_new_picture() {
    let mut stage = Stage::new();
    let [ann, bob] = ["ann", "bob"].map(|name| stage.seat(&Visit::of(name).session(name).wishing(1, &["lobby"])));
    stage.wait(Millis::seconds(1));
    stage.point(ann, "lobby", 0.5);
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    // The room was busy this instant, so all of what follows falls into one window.
    stage.types(bob, "lobby", Some("x"));
    stage.settle();
    stage.leave(ann, "lobby");
    stage.join(ann, "lobby");
    stage.wait(Millis::seconds(1));
    assert_eq!(stage.take(ann), ["lobby v3 bob types x", "left lobby", "lobby v4 as 2 [bob:types-x ann]"]);
    assert_eq!(stage.take(bob), ["lobby v3 bob types x", "lobby v4 -ann last, +ann first"]);
}

#[test]
fn who_joined_already_is_shown_the_room_again_and_nobody_notices() {
    let mut stage = Stage::new();
    let [ann, bob] = ["ann", "bob"].map(|name| stage.seat(&Visit::of(name).session(name).wishing(1, &["lobby"])));
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    stage.join(ann, "lobby");
    stage.wait(Millis::seconds(1));
    assert_eq!(stage.take(ann), ["lobby v2 as 0 [ann bob]", "lobby cursors ann@nowhere bob@nowhere"]);
    assert!(stage.take(bob).is_empty());
}

#[test]
fn a_room_is_open_under_one_kind_a_session() {
    let mut stage = Stage::new();
    let ann = stage.seat(&Visit::of("ann").session("a"));
    let bob = stage.seat(&Visit::of("bob").session("b"));
    stage.join(ann, "lobby/video");
    stage.join(ann, "lobby/project");
    assert_eq!(stage.take(ann), ["refused join lobby: room_type_conflict", "lobby v1 as 0 [a]"]);
    // Under another kind it is another room.
    stage.join(bob, "lobby/project");
    assert_eq!(stage.take(bob), ["lobby v1 as 0 [b]"]);
    // After a leave the other one may be entered.
    stage.leave(ann, "lobby");
    stage.join(ann, "lobby/project");
    assert_eq!(stage.take(ann), ["left lobby"]);
    stage.wait(Millis::seconds(1));
    assert_eq!(stage.take(ann), ["lobby v2 as 1 [b a]"]);
    assert!(stage.list("lobby/video").is_empty());
}

#[test]
fn a_full_room_takes_no_101st_user_but_another_tab_of_one_who_is_in() {
    let mut stage = Stage::new();
    for n in 0..100 {
        stage.arrive(&Visit::of(&format!("u{n}")).wishing(1, &["lobby"]));
    }
    stage.wait(Millis::seconds(1));
    let late = stage.seat(&Visit::of("late").session("late"));
    stage.join(late, "lobby");
    assert_eq!(stage.take(late), ["refused join lobby: room_full"]);
    stage.leave(late, "lobby");
    assert_eq!(stage.take(late), ["refused leave lobby: not_a_member"]);
    let tab = stage.arrive(&Visit::of("u7").session("tab").wishing(1, &["lobby"]));
    stage.wait(Millis::seconds(1));
    assert!(stage.take(tab)[2].contains(" as 100 ["));
    // One user leaves, with both tabs, and there is room.
    stage.close(tab, End::Clean);
    let first_of_the_user = stage.connections()[7];
    stage.close(first_of_the_user, End::Clean);
    stage.join(late, "lobby");
    stage.wait(Millis::seconds(1));
    assert_eq!(stage.members("lobby").len(), 100);
    assert!(stage.take(late)[0].contains(" as 101 ["));
}

#[test]
fn a_user_is_in_ten_rooms_at_most_over_all_sessions() {
    let mut stage = Stage::with(1, Limits { rooms_per_user: 3, ..Limits::default() });
    let [one, two] = ["1", "2"].map(|id| stage.seat(&Visit::of("ann").session(id)));
    stage.join(one, "a");
    stage.join(one, "b");
    stage.join(two, "b");
    stage.join(two, "c");
    stage.hear_nothing();
    stage.join(two, "d");
    assert_eq!(stage.take(two), ["refused join d: too_many_rooms"]);
    // A room in which the user is counts once, and one that was left no more.
    stage.join(two, "a");
    assert_eq!(stage.take(two), Vec::<String>::new());
    stage.wait(Millis(20));
    assert_eq!(stage.take(two), ["a v2 as 1 [1 2]"]);
    stage.leave(two, "c");
    stage.join(two, "d");
    assert_eq!(stage.take(two), ["left c", "d v1 as 0 [2]"]);
}

#[test]
fn a_room_that_all_have_left_is_forgotten() {
    let mut stage = Stage::new();
    let ann = stage.seat(&Visit::of("ann").session("a"));
    for _ in 0..3 {
        stage.join(ann, "lobby");
        assert_eq!(stage.take(ann), ["lobby v1 as 0 [a]"]);
        stage.wait(Millis::seconds(1));
        stage.leave(ann, "lobby");
        assert_eq!(stage.take(ann), ["left lobby"]);
        stage.wait(Millis::seconds(1));
    }
}

#[test]
fn who_missed_something_asks_for_the_room() {
    let mut stage = Stage::new();
    let [ann, bob] = ["ann", "bob"].map(|name| stage.seat(&Visit::of(name).session(name).wishing(1, &["lobby"])));
    stage.wait(Millis::seconds(1));
    stage.point(bob, "lobby", 0.5);
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    stage.say(ann, Command::Resync(Picture::Room(room("lobby"))));
    // The cursors come behind: an older one may still wait in the socket's volatile lane.
    assert_eq!(stage.take(ann), ["lobby v2 as 0 [ann bob@0.5,0.5]", "lobby cursors ann@nowhere bob@0.5,0.5"]);
    assert!(stage.take(bob).is_empty());
}

#[test]
fn commands_for_a_room_need_membership() {
    let mut stage = Stage::new();
    let ann = stage.seat(&Visit::of("ann").session("a"));
    stage.point(ann, "lobby", 0.5);
    stage.types(ann, "lobby", Some("x"));
    stage.say(ann, Command::Resync(Picture::Room(room("lobby"))));
    let refused = ["cursor", "typing", "resync"].map(|name| format!("refused {name} lobby: not_a_member"));
    assert_eq!(stage.take(ann), refused);
}

#[test]
fn colours_are_given_back() {
    let mut stage = Stage::new();
    let mut colours = BTreeSet::new();
    let mut sockets = VecDeque::new();
    for n in 0..100 {
        let name = n.to_string();
        sockets.push_back(stage.seat(&Visit::of(&name).session(&name).wishing(1, &["lobby"])));
        let members = stage.members("lobby");
        let own: BTreeSet<_> = members.iter().map(|member| member.card.colour).collect();
        assert_eq!(own.len(), members.len());
        colours.extend(own);
        if members.len() == 3 {
            let first = sockets.pop_front().unwrap();
            stage.leave(first, "lobby");
        }
    }
    assert_eq!(colours.len(), 3, "as many as were there at once");
}
