//! Many come or go at once: newcomers see the room soon, and those who are in are not told of each of them alone.

use std::sync::Arc;

use presence_hub::io::End;
use presence_hub::window::Window;
use presence_model::event::{Event, RoomChange};
use presence_model::id::ConnectionId;
use presence_model::limit::{Limits, Timing};
use presence_model::time::Millis;

use crate::mirror::Mirror;
use crate::stage::Stage;
use crate::visit::Visit;

const CROWD: usize = 90;
const AT_ONCE: usize = 60;

/// Most at once, then one more a millisecond.
fn crowd(stage: &mut Stage) -> Vec<ConnectionId> {
    let name = |n| format!("guest{n}");
    let arrive = |n| {
        let connection = stage.arrive(&Visit::of(&name(n)).session(&name(n)).wishing(1, &["lobby"]));
        if n >= AT_ONCE {
            stage.wait(Millis(1));
        }
        connection
    };
    (0..CROWD).map(arrive).collect()
}

fn changes(events: &[Arc<Event>], is_one: fn(&RoomChange) -> bool) -> usize {
    let changes = events.iter().filter_map(|event| match &**event {
        Event::RoomChanged { changes, .. } => Some(changes),
        _ => None,
    });
    changes.flatten().filter(|change| is_one(change)).count()
}

#[test]
fn a_crowd_is_shown_in_soon_and_told_of_together() {
    let mut stage = Stage::by(1, Limits::default(), Timing::default());
    let ann = stage.arrive(&Visit::of("ann").session("ann").wishing(1, &["lobby"]));
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    let guests = crowd(&mut stage);
    stage.wait(Millis(8));
    for guest in &guests {
        let events = stage.events(*guest);
        assert!(events.iter().any(|event| matches!(**event, Event::RoomPicture(_))), "{guest}");
    }
    let mut told = vec![stage.events(ann)];
    for _ in 0..300 {
        stage.wait(Millis(1));
        told.push(stage.events(ann));
    }
    told.retain(|events| !events.is_empty());
    let joined = |events: &Vec<_>| changes(events, |change| matches!(change, RoomChange::Joined { .. }));
    let joined: Vec<_> = told.iter().map(joined).collect();
    // Those of the first moment, when it was no storm yet, and all others.
    assert_eq!((joined.len(), joined.iter().sum::<usize>()), (2, CROWD), "{joined:?}");
}

#[test]
fn whenever_they_were_shown_in_all_see_the_same_in_the_end() {
    for flush_every in [0, 8, 20, 50] {
        agree(&Timing { flush_every: Millis(flush_every), ..Timing::default() });
    }
}

fn agree(timing: &Timing) {
    let mut stage = Stage::by(1, Limits::default(), timing.clone());
    stage.hubs[0].set_window(&Window::new(timing));
    let all = crowd(&mut stage);
    // Some leave while others are still to hear that they came.
    let (gone, stay) = all.split_at(30);
    gone.iter().for_each(|guest| stage.close(*guest, End::Clean));
    stage.types(stay[0], "lobby", Some("x"));
    stage.point(stay[1], "lobby", 0.5);
    stage.wait(Millis::seconds(1));
    let beliefs: Vec<_> = stay
        .iter()
        .map(|reader| {
            let mut mirror = Mirror::default();
            let events = stage.events(*reader);
            events.iter().for_each(|event| mirror.take(event).unwrap_or_else(|broken| panic!("{reader}: {broken}")));
            mirror.rooms.into_values().map(|room| room.members).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(beliefs[0][0].len(), CROWD - gone.len());
    assert!(beliefs.windows(2).all(|pair| pair[0] == pair[1]));
}
