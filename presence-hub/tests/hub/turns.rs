//! What is said too often: what has a newest value waits for its turn, the rest is refused.

use std::sync::Arc;

use presence_hub::turns::{Turn, Turns};
use presence_model::command::Command;
use presence_model::limit::Limits;
use presence_model::playback::{Action, Playback, PlaybackSaid};
use presence_model::privacy::PrivacyChange;
use presence_model::room::{Cursor, Selection};
use presence_model::status::Status;
use presence_model::time::Millis;
use proptest::prelude::*;

use crate::visit::{room, user, wishes};

const START: Millis = Millis::seconds(1_000);

fn turns() -> Turns {
    Turns::new(&Arc::default())
}

/// What comes out until nothing waits any more, with the time after the start.
fn drain(turns: &mut Turns) -> Vec<(u64, Command)> {
    let mut out = vec![];
    while let Some(next) = turns.next() {
        while let Some(command) = turns.due(next) {
            out.push((next.since(START).0, command));
        }
    }
    out
}

fn playback(name: &str, said: PlaybackSaid) -> Command {
    Command::Playback { room: room(name), said: Box::new(said) }
}

fn said() -> impl Strategy<Value = PlaybackSaid> {
    let state = (proptest::option::of(any::<bool>()), proptest::option::of(0.0..9.0), proptest::option::of(0.5..2.0));
    (proptest::sample::select(Action::ALL), state, any::<bool>()).prop_map(
        |(action, (is_playing, current_time, rate), is_stalled)| PlaybackSaid {
            action,
            is_playing,
            current_time,
            rate,
            at: None,
            is_stalled,
        },
    )
}

#[test]
fn what_people_choose_waits_and_the_newest_arrives() {
    let selection = |part: Option<f64>| {
        let selection = part.map(|start| Selection { start, end: 9.0 });
        Command::Selection { room: room("a"), selection }
    };
    let status = |message: &str| Command::SetStatus { status: Status::Busy, message: Some(message.to_owned()) };
    let privacy = |presence, invisible, cursor| Command::Privacy(PrivacyChange { presence, invisible, cursor });
    for (burst, said, newest, after) in [
        (10, vec![selection(Some(1.0)), selection(Some(2.0)), selection(None)], selection(None), 100),
        (20, vec![status("x"), status("y")], status("y"), 200),
        (
            20,
            vec![privacy(None, Some(true), None), privacy(Some(false), None, None), privacy(None, Some(false), None)],
            privacy(Some(false), Some(false), None),
            200,
        ),
    ] {
        let mut turns = turns();
        for _ in 0..burst {
            assert!(matches!(turns.take(START, said[0].clone()), Turn::Now(_)));
        }
        for command in said {
            assert_eq!(turns.take(START, command), Turn::Later);
        }
        assert_eq!(drain(&mut turns), [(after, newest)]);
    }
}

#[test]
fn what_is_said_of_a_player_waits_and_nothing_of_it_is_lost() {
    let mut turns = turns();
    let mut say = |after: u64, said: PlaybackSaid| turns.take(START + Millis(after), playback("a", said));
    for _ in 0..5 {
        assert!(matches!(say(0, PlaybackSaid::new(Action::Play)), Turn::Now(_)));
    }
    let seek = PlaybackSaid { is_playing: Some(true), current_time: Some(30.0), ..PlaybackSaid::new(Action::Seek) };
    let rate = PlaybackSaid { rate: Some(1.5), ..PlaybackSaid::new(Action::Rate) };
    for (after, said) in [(0, seek), (100, rate), (150, PlaybackSaid::new(Action::Pause))] {
        assert_eq!(say(after, said), Turn::Later);
    }
    // From 30 for 100 ms at the usual speed, as far as anybody said, and for 50 ms at the other.
    let [(200, Command::Playback { said, .. })] = &drain(&mut turns)[..] else { panic!("one is due") };
    let at = Some(START + Millis(150));
    assert_eq!((said.action, said.is_playing, said.rate, said.at), (Action::Pause, Some(false), Some(1.5), at));
    assert!((said.current_time.unwrap() - 30.175).abs() < 1e-9, "{said:?}");
}

#[test]
fn what_waits_for_a_room_goes_with_the_room() {
    let cursor = |name| Command::Cursor { room: room(name), cursor: Cursor::at(1.0, 0.0) };
    let typing = |name| Command::Typing { room: room(name), context: None };
    let only = Command::Wish(wishes(1, &["a"], false));
    for (leaving, stays) in [
        (Command::Leave(room("a")), vec![cursor("b"), typing("b")]),
        (only, vec![cursor("a"), typing("a")]),
        (Command::Goodbye, vec![]),
    ] {
        let mut turns = turns();
        for name in ["a", "b"] {
            for _ in 0..30 {
                turns.take(START, cursor(name));
                turns.take(START, typing(name));
            }
        }
        assert!(matches!(turns.take(START, leaving), Turn::Now(_)));
        let left: Vec<_> = drain(&mut turns).into_iter().map(|(_, command)| command).collect();
        assert_eq!(left, stays);
    }
}

#[test]
fn control_does_not_overtake_what_was_said_of_a_player() {
    for command in [
        Command::ControlRequest(room("a")),
        Command::ControlRelease(room("a")),
        Command::ControlGrant { room: room("a"), to: user("ann") },
    ] {
        let mut turns = turns();
        let play = |name| playback(name, PlaybackSaid::new(Action::Play));
        for _ in 0..6 {
            turns.take(START, play("a"));
        }
        turns.take(START, play("b"));
        assert_eq!(turns.ahead(), None);
        assert_eq!(turns.take(START, command.clone()), Turn::Now(command.clone()));
        let said = PlaybackSaid { at: Some(START), ..PlaybackSaid::new(Action::Play) };
        assert_eq!([turns.ahead(), turns.ahead()], [Some(playback("a", said.clone())), None]);
        // So that no more is said in all, the other one waits for two turns.
        assert_eq!(drain(&mut turns), [(400, playback("b", said))]);
        turns.take(START, command);
        assert_eq!(turns.ahead(), None, "nothing waits");
    }
}

#[test]
fn control_over_its_rate_takes_nothing_along() {
    let mut turns = turns();
    let release = Command::ControlRelease(room("a"));
    while let Turn::Now(_) = turns.take(START, release.clone()) {}
    for _ in 0..6 {
        turns.take(START, playback("a", PlaybackSaid::new(Action::Play)));
    }
    assert!(matches!(turns.take(START, release), Turn::Never(_)));
    assert_eq!((turns.ahead(), drain(&mut turns).len()), (None, 1));
}

#[test]
fn a_flood_of_rooms_does_not_wait() {
    let mut turns = turns();
    for n in 0..10_000 {
        turns.take(START, Command::Cursor { room: room(&n.to_string()), cursor: Cursor::default() });
    }
    assert_eq!(drain(&mut turns).len(), Limits::default().rooms_per_user + 2);
}

/// What hides waits too, and what is said in rooms behind it would be seen before it.
#[test]
fn nothing_said_in_a_room_overtakes_a_word_on_privacy() {
    let cursor = |x| Command::Cursor { room: room("a"), cursor: Cursor::at(x, 0.0) };
    let hide = Command::Privacy(PrivacyChange { invisible: Some(true), ..PrivacyChange::default() });
    let offline = Command::SetStatus { status: Status::Offline, message: None };
    for word in [hide, offline] {
        for waits_already in [false, true] {
            let mut turns = turns();
            if waits_already {
                while turns.take(START, cursor(0.1)) != Turn::Later {}
            }
            while turns.take(START, word.clone()) != Turn::Later {}
            assert_eq!(turns.take(START, cursor(0.2)), Turn::Later);
            let shout = Command::Broadcast { room: room("a"), payload: "1".into() };
            assert!(matches!(turns.take(START, shout), Turn::Never(_)));
            let other =
                Command::SessionTyping { key: presence_model::id::SessionKey::parse("k").unwrap(), is_typing: true };
            assert!(matches!(turns.take(START, other), Turn::Now(_)), "what is in no room goes on");
            assert_eq!(drain(&mut turns), [(200, word.clone()), (200, cursor(0.2))]);
        }
    }
}

#[test]
fn broadcasts_and_requests_for_control_do_not_wait() {
    let commands = [
        (10, Command::Broadcast { room: room("a"), payload: "1".into() }),
        (20, Command::ControlRequest(room("a"))),
        (20, Command::ControlRelease(room("a"))),
        (20, Command::ControlGrant { room: room("a"), to: user("ann") }),
    ];
    for (burst, command) in commands {
        let mut turns = turns();
        for _ in 0..burst {
            assert_eq!(turns.take(START, command.clone()), Turn::Now(command.clone()));
        }
        assert!(matches!(turns.take(START, command), Turn::Never(_)));
    }
}

proptest! {
    /// Two words about a player lead where one after the other does, as far as places do not move.
    #[test]
    fn a_merged_word_leads_where_both_lead(words in proptest::collection::vec(said(), 1..6), before in said()) {
        let before = before.over(Playback { is_playing: false, current_time: 1.0, rate: 1.0 });
        let apart = words.iter().fold(before, |player, said| said.over(player));
        let both = words.into_iter().reduce(PlaybackSaid::then).unwrap();
        prop_assert_eq!(both.over(before), apart);
    }
}
