//! What is said right behind a word on privacy, where the lobby is told of that word and a room's owner of the rest.

use presence_hub::io::Shard;
use presence_model::command::{Activity, Command};
use presence_model::id::ConnectionId;
use presence_model::limit::Limits;
use presence_model::privacy::PrivacyChange;
use presence_model::status::Status;
use presence_model::time::Millis;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::privacy::{HIDE, SHOW, privacy};
use crate::stage::Stage;
use crate::visit::{Visit, key, room};

const SHARDS: usize = 3;
const OFF: PrivacyChange = PrivacyChange { presence: Some(false), invisible: None, cursor: None };

/// The room of the second shard, in which Ann and Bob are.
fn meeting() -> (Stage, String, [ConnectionId; 2]) {
    let name = (0..100).map(|n| format!("room-{n}")).find(|name| Shard::of(&room(name), SHARDS).0 == 1).unwrap();
    let mut stage = Stage::with(SHARDS, Limits::default());
    let both = ["ann", "bob"].map(|who| stage.seat(&Visit::of(who).session(who).wishing(1, &[&name])));
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    (stage, name, both)
}

fn deliver_all(stage: &mut Stage) {
    stage.post_is_held = false;
    while stage.deliver_any() {}
    stage.wait(Millis::seconds(1));
}

/// Points, marks by a broadcast, and types, each with the number.
fn act(stage: &mut Stage, who: ConnectionId, name: &str, number: u32) {
    stage.point(who, name, f64::from(number) / 1_000.0);
    stage.broadcast(who, name, &format!("{{\"number\":\"<{number}>\"}}"));
    stage.types(who, name, Some(&format!("<{number}>")));
}

fn shows(line: &str, number: u32) -> bool {
    line.contains(&format!("<{number}>")) || line.contains(&format!("@{}", f64::from(number) / 1_000.0))
}

#[test]
fn nothing_that_is_said_behind_hiding_is_shown() {
    let reports = |said| Command::Report { activity: Activity { said, input_ago: None }, wants_pong: false };
    let words: [(&str, Command); 5] = [
        ("invisible", Command::Privacy(HIDE)),
        ("off", Command::Privacy(OFF)),
        ("status", Command::SetStatus { status: Status::Offline, message: None }),
        ("heartbeat", reports(Some(Status::Offline))),
        ("join", Command::Join { key: key("attic"), privacy: HIDE }),
    ];
    for (how, word) in words {
        let (mut stage, name, [ann, bob]) = meeting();
        stage.post_is_held = true;
        stage.say(ann, word);
        act(&mut stage, ann, &name, 7);
        deliver_all(&mut stage);
        assert_eq!(stage.take(bob), [format!("{name} v3 -ann last")], "{how}");
    }
    // A later hello of the same socket.
    let (mut stage, name, [ann, bob]) = meeting();
    stage.post_is_held = true;
    stage.hello(ann, &Visit::of("ann").session("ann").invisible());
    act(&mut stage, ann, &name, 7);
    deliver_all(&mut stage);
    assert_eq!(stage.take(bob), [format!("{name} v3 -ann last")]);
    // Who only does not share where she points.
    let (mut stage, name, [ann, bob]) = meeting();
    stage.post_is_held = true;
    privacy(&mut stage, ann, PrivacyChange { cursor: Some(false), ..PrivacyChange::default() });
    stage.point(ann, &name, 0.7);
    deliver_all(&mut stage);
    assert!(stage.take(bob).is_empty());
}

#[test]
fn what_is_said_behind_showing_is_said_by_somebody_who_is_seen() {
    let (mut stage, name, [ann, bob]) = meeting();
    privacy(&mut stage, ann, HIDE);
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    stage.post_is_held = true;
    privacy(&mut stage, ann, SHOW);
    act(&mut stage, ann, &name, 7);
    deliver_all(&mut stage);
    assert!(stage.take(ann).iter().all(|line| !line.contains("refused")));
    let told = stage.take(bob);
    assert!(told.iter().any(|line| line.contains("says") && shows(line, 7)), "{told:?}");
    assert_eq!(stage.members(&name)[1].typing.as_deref(), Some("<7>"));
}

#[test]
fn commands_go_straight_to_their_room_again_when_it_knows() {
    for word in [SHOW, HIDE] {
        let (mut stage, name, [ann, _]) = meeting();
        privacy(&mut stage, ann, word);
        act(&mut stage, ann, &name, 1);
        stage.wait(Millis::seconds(1));
        stage.post_is_held = true;
        act(&mut stage, ann, &name, 2);
        assert!(stage.under_way().is_empty(), "{word:?}");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Act,
    Say(PrivacyChange),
    Status(Status),
    Deliver(Index),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let cursor = PrivacyChange { cursor: Some(true), ..PrivacyChange::default() };
    prop_oneof![
        4 => Just(Step::Act),
        2 => select(vec![HIDE, SHOW, cursor]).prop_map(Step::Say),
        1 => select(&[Status::Offline, Status::Busy][..]).prop_map(Step::Status),
        8 => any::<Index>().prop_map(Step::Deliver),
        2 => (0_u64..60).prop_map(Step::Wait),
    ]
}

proptest! {
    /// Whatever was said before, and however long the post takes.
    #[test]
    fn who_hid_last_shows_nothing_after_it(
        before in proptest::collection::vec(step(), 0..30),
        behind in proptest::collection::vec(step(), 1..30),
        hides_by_status in any::<bool>(),
    ) {
        let (mut stage, name, [ann, bob]) = meeting();
        stage.post_is_held = true;
        let (mut number, mut hidden_from) = (0, None);
        let hiding = if hides_by_status { Step::Status(Status::Offline) } else { Step::Say(HIDE) };
        let only_acts = behind.into_iter().filter(|step| !matches!(step, Step::Say(_) | Step::Status(_)));
        for (place, step) in before.iter().cloned().chain([hiding]).chain(only_acts).enumerate() {
            if place == before.len() {
                hidden_from = Some(number);
            }
            match step {
                Step::Act => {
                    number += 1;
                    act(&mut stage, ann, &name, number);
                }
                Step::Say(change) => privacy(&mut stage, ann, change),
                Step::Status(status) => stage.choose(ann, status, None),
                Step::Deliver(which) => {
                    let post = stage.under_way();
                    if !post.is_empty() {
                        let (from, to) = *which.get(&post);
                        stage.deliver(from, to);
                    }
                }
                Step::Wait(time) => stage.wait(Millis(time)),
            }
        }
        deliver_all(&mut stage);
        let told = stage.take(bob);
        for number in hidden_from.unwrap() + 1..=number {
            prop_assert!(!told.iter().any(|line| shows(line, number)), "{}: {:?}", number, told);
        }
        prop_assert_eq!(stage.list(&name), ["bob"]);
    }
}
