//! What a room of a hundred costs while all of them move. `cargo bench -p presence-hub`.
//!
//! Each piece of work is a function of its own, never inlined, and called by nothing else: `cargo xtask instructions`
//! counts what is executed in the functions whose names begin with `hot_`.

use std::sync::Arc;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use presence_hub::hub::{Hub, HubConfig};
use presence_hub::io::{Form, Input, Order, Output, Shard};
use presence_model::command::{Command, Hello, Principal, Wishes};
use presence_model::event::Event;
use presence_model::id::{ConnectionId, RoomId, SessionId, UserId};
use presence_model::limit::{Limits, Timing};
use presence_model::room::{Cursor, RoomKey, RoomKind};
use presence_model::time::Millis;

const MEMBERS: u64 = 100;

fn room() -> RoomId {
    RoomId::parse("lobby").expect("it is an id")
}

fn session(number: u64) -> SessionId {
    SessionId::parse(&format!("session-{number}")).expect("it is an id")
}

/// A shard with one room, in which a hundred sit.
struct Stage {
    hub: Hub,
    now: Millis,
    order: Order,
}

impl Stage {
    fn full() -> Self {
        let now = Millis::seconds(1_000_000);
        let limits = Limits { users_per_room: 200, ..Limits::default() };
        let config = HubConfig {
            timing: Arc::new(Timing::default()),
            limits: Arc::new(limits),
            epoch: 7,
            shards: 1,
            own: None,
            saved: Arc::default(),
        };
        let mut stage = Self { hub: Hub::new(now, Shard::LOBBY, config), now, order: Order::default() };
        for number in 0..MEMBERS {
            let user = UserId::parse(&format!("user-{number}")).expect("it is an id");
            let rooms = vec![RoomKey { room: room(), kind: RoomKind::Project }];
            let hello = Hello {
                incarnation: 1,
                attempt: 1,
                session_id: Some(session(number)),
                wishes: Some(Wishes { revision: 1, rooms, presence: false }),
                ..Hello::default()
            };
            let input = Input::Hello {
                connection: ConnectionId(number),
                form: Form::Binary,
                principal: Principal::trusted(user),
                granted: vec![],
                hello: Box::new(hello),
                fresh: session(number + MEMBERS),
                ip: None,
            };
            stage.hub.handle(stage.now, input);
            while stage.hub.poll().is_some() {}
        }
        let key = RoomKey { room: room(), kind: RoomKind::Project };
        assert_eq!(stage.hub.members(&key).count() as u64, MEMBERS);
        stage.rest();
        stage
    }

    /// Lets the room become quiet.
    fn rest(&mut self) {
        self.now += Millis::seconds(1);
        self.hub.expire(self.now);
        while self.hub.poll().is_some() {}
    }

    fn points(&mut self, number: u64) -> Input {
        self.order.place += 1;
        let x = (self.order.place % 1_000) as f64 / 1_000.0;
        let command = Command::Cursor { room: room(), cursor: Cursor::at(x, 1.0 - x) };
        Input::Command { connection: ConnectionId(number), session: session(number), order: self.order, command }
    }

    /// All have moved and nobody was told, but of the first.
    fn all_moved(&mut self) {
        self.rest();
        for number in 0..MEMBERS {
            // However long it is measured, nobody dies of it.
            self.hub.handle(self.now, Input::LifeSign { connection: ConnectionId(number) });
            let input = self.points(number);
            self.hub.handle(self.now, input);
            while self.hub.poll().is_some() {}
        }
        self.now += Millis::seconds(1);
    }
}

#[inline(never)]
fn hot_hub_applies_cursor(hub: &mut Hub, now: Millis, input: Input) {
    hub.handle(now, input);
}

#[inline(never)]
fn hot_hub_flushes_room(hub: &mut Hub, now: Millis) -> Vec<Output> {
    hub.expire(now);
    std::iter::from_fn(|| hub.poll()).collect()
}

fn apply(criterion: &mut Criterion) {
    let mut stage = Stage::full();
    // The room tells of the first at once; those after it wait for its window, as in a busy room.
    let first = stage.points(0);
    stage.hub.handle(stage.now, first);
    while stage.hub.poll().is_some() {}
    let stage = std::cell::RefCell::new(stage);
    let mut number = 0;
    criterion.bench_function("hot_hub_applies_cursor", |b| {
        b.iter_batched(
            || {
                number = (number + 1) % MEMBERS;
                stage.borrow_mut().points(number)
            },
            |input| {
                let stage = &mut *stage.borrow_mut();
                hot_hub_applies_cursor(&mut stage.hub, stage.now, input);
            },
            BatchSize::SmallInput,
        );
    });
}

fn flush(criterion: &mut Criterion) {
    let mut stage = Stage::full();
    stage.all_moved();
    stage.hub.expire(stage.now);
    let outputs: Vec<_> = std::iter::from_fn(|| stage.hub.poll()).collect();
    let moves = outputs.iter().find_map(|output| match output {
        Output::Tell { event, .. } => match &**event {
            Event::Cursors { moves, .. } => Some(moves.len() as u64),
            _ => None,
        },
        _ => None,
    });
    assert!(moves.is_some_and(|moves| moves >= MEMBERS - 1), "all of them at once: {moves:?}");
    let stage = std::cell::RefCell::new(stage);
    criterion.bench_function("hot_hub_flushes_room", |b| {
        b.iter_batched(
            || stage.borrow_mut().all_moved(),
            |()| {
                let stage = &mut *stage.borrow_mut();
                hot_hub_flushes_room(&mut stage.hub, stage.now)
            },
            BatchSize::PerIteration,
        );
    });
}

criterion_group!(benches, apply, flush);
criterion_main!(benches);
