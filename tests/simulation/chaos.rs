//! A random world from a seed: how many take part, how bad the network is, and what everyone does.

use presence_model::id::{RoomId, SessionKey};
use presence_model::limit::{Limits, Timing};
use presence_model::room::{Cursor, RoomKey, RoomKind};
use presence_model::time::Millis;

use crate::accidents::suffer;
use crate::agenda::{Agenda, Dice, Event, Trace};
use crate::check;
use crate::client::{Client, Fate};
use crate::link::Weather;
use crate::world::{Plan, World};

/// After this every line was found dead, every retry was made, every grace is over, and nobody counts as
/// active because of a report that was long under way.
const CALM: Millis = Millis::seconds(200);

pub fn key(room: &str, kind: RoomKind) -> RoomKey {
    RoomKey { room: RoomId::parse(room).expect("tests name rooms well"), kind }
}

/// One of the conversations of all worlds.
fn conversation(dice: &mut Dice) -> SessionKey {
    SessionKey::parse(dice.pick(&["main", "side"])).expect("a name")
}

/// Runs a seed's world to its end; returns what happened in it.
pub fn run(seed: u64, shards: usize) -> Trace {
    let mut dice = Agenda::new(seed, Millis::ZERO).dice;
    let mut world = World::new(plan(seed, shards, &mut dice));
    world.server.inbox_delay = dice.pick(&[Millis(0), Millis(3), Millis(100)]);
    world.server.peer_delay = (Millis(0), dice.pick(&[Millis(0), Millis(3), Millis(200)]));
    world.server.window = dice.pick(&[64, 2 * 1024, usize::MAX]);
    populate(&mut world, &mut dice);
    let temper = Temper::new(&mut dice);
    plan_accidents(&mut world, &mut dice, &temper);
    let end = world.now() + dice.between(Millis::seconds(10), Millis::seconds(60));
    world.run_until(end, |world, event| match event {
        Event::ClientActs(client) => act(world, client, &temper),
        Event::ClientReturns(client) => come_back(world, client),
        _ => {}
    });
    calm_down(&mut world);
    check::calm(&world);
    let said = world.server.commands;
    world.run_for(Millis::seconds(10));
    assert_eq!(world.server.commands, said, "clients repeat what the server has taken");
    let everyone: Vec<_> = (0..world.clients.len()).collect();
    for client in everyone {
        world.with(client, |client, agenda, network| client.stop(agenda, network));
    }
    world.run_for(Millis::seconds(60));
    check::empty(&mut world);
    std::mem::take(&mut world.agenda.trace)
}

/// How wild everyone is.
struct Temper {
    /// Between two acts of one client.
    pause: Millis,
    /// Of a hundred acts so many are accidents.
    accidents: u64,
    server_accidents: u64,
}

impl Temper {
    fn new(dice: &mut Dice) -> Self {
        Self {
            pause: dice.pick(&[Millis(100), Millis(400), Millis(2_000)]),
            accidents: dice.pick(&[0, 3, 10, 30]),
            server_accidents: dice.pick(&[0, 0, 1, 3]),
        }
    }
}

fn plan(seed: u64, shards: usize, dice: &mut Dice) -> Plan {
    let kinds = [RoomKind::Project, RoomKind::Video];
    let count = 1 + dice.below(4);
    let names = ["atlas", "birch", "cedar", "delta"];
    let rooms = names[..count].iter().flat_map(|name| kinds.map(|kind| key(name, kind))).collect();
    let weather = Weather {
        latency: dice.pick(&[(Millis(1), Millis(5)), (Millis(10), Millis(80)), (Millis(1), Millis(600))]),
        jitter: dice.pick(&[Millis(0), Millis(20), Millis(300)]),
        hostility: dice.pick(&[0, 0, 0, 10]),
    };
    // What gets lost is never acknowledged: no socket loses, so no hub needs to bear with that for long.
    let unacknowledged = if weather.hostility > 0 { 64 * 1024 } else { dice.pick(&[100, 1_000, 64 * 1024]) };
    let limits = Limits {
        users_per_room: dice.pick(&[2, 100, 100]),
        rooms_per_user: dice.pick(&[2, 10, 10]),
        sessions_per_user: dice.pick(&[3, 8]),
        instances: dice.pick(&[3, 200, 200]),
        unacknowledged_bytes: unacknowledged,
        queued_bytes: dice.pick(&[12 * 1024, 1024 * 1024]),
        ..Limits::default()
    };
    let flush_every = dice.pick(&[Millis::ZERO, Millis(8), Millis(20), Millis(50)]);
    let timing = Timing { flush_every, ..Timing::default() };
    Plan { seed, shards, weather, timing, limits, rooms }
}

fn populate(world: &mut World, dice: &mut Dice) {
    let users = 1 + dice.below(4);
    for number in 0..1 + dice.below(7) {
        let user = ["ann", "bob", "cid", "dan"][number % users];
        // Some share an instance with the user's other tabs.
        let instance = format!("{}-{}", dice.pick(&[user, user, "Any"]), dice.below(2));
        let skew = dice.pick(&[Millis(0), Millis::seconds(3_600), Millis(777)]);
        let client = world.add_client(user, &instance, skew);
        world.agenda.after(dice.between(Millis(0), Millis::seconds(3)), Event::ClientReturns(client));
    }
}

fn plan_accidents(world: &mut World, dice: &mut Dice, temper: &Temper) {
    for _ in 0..dice.below(temper.server_accidents as usize + 1) {
        let at = dice.between(Millis::seconds(3), Millis::seconds(50));
        if dice.chance(60) {
            world.agenda.after(at, Event::ServerDies);
            world.agenda.after(at + dice.between(Millis(0), Millis::seconds(12)), Event::ServerStarts);
        } else {
            world.agenda.after(at, Event::ServerFreezes);
            world.agenda.after(at + dice.between(Millis(10), Millis::seconds(70)), Event::ServerThaws);
        }
    }
}

/// A page is opened: it wants what its app wants, and starts.
fn come_back(world: &mut World, client: usize) {
    if world.clients[client].fate != Fate::Closed {
        return;
    }
    let rooms = world.rooms.clone();
    world.with(client, |client, agenda, network| {
        let stored = client.session_id().cloned().filter(|_| agenda.dice.chance(80));
        let before: Vec<_> =
            client.wants.iter().map(|(room, kind)| RoomKey { room: room.clone(), kind: *kind }).collect();
        client.open(agenda, stored);
        let starts_first = agenda.dice.chance(20);
        if starts_first {
            client.start(agenda, network);
        }
        if agenda.dice.chance(70) {
            client.set_presence(agenda, network, true);
        }
        if agenda.dice.chance(80) {
            for key in &before {
                client.enter(agenda, network, key);
            }
        }
        if client.wants.is_empty() {
            let key = rooms[agenda.dice.below(rooms.len())].clone();
            client.enter(agenda, network, &key);
        }
        if !starts_first {
            client.start(agenda, network);
        }
        agenda.after(Millis(1), Event::ClientActs(client.number));
    });
}

fn act(world: &mut World, client: usize, temper: &Temper) {
    if world.clients[client].fate == Fate::Closed {
        return;
    }
    let agenda = &mut world.agenda;
    let pause = agenda.dice.between(Millis(10), temper.pause + temper.pause);
    agenda.after(pause, Event::ClientActs(client));
    if agenda.dice.chance(temper.accidents) {
        suffer(world, client);
    } else if !world.clients[client].is_frozen() {
        use_app(world, client);
    }
}

fn use_app(world: &mut World, client: usize) {
    let key = world.rooms[world.agenda.dice.below(world.rooms.len())].clone();
    let lease = world.server.timing.typing_lease;
    world.with(client, |client, agenda, network| match agenda.dice.below(100) {
        0..45 => {
            let (x, y) = (agenda.dice.fraction(), agenda.dice.fraction());
            client.point(agenda, network, &key.room, Cursor::at(x, y));
        }
        45..50 => {
            let moment = Cursor { timestamp: Some(agenda.dice.fraction() * 100.0), ..Cursor::default() };
            client.point(agenda, network, &key.room, moment);
        }
        50..55 => client.point(agenda, network, &key.room, Cursor::default()),
        55..62 => client.type_in(agenda, network, &key.room, lease),
        62..66 => client.stop_typing(agenda, network, &key.room),
        66..69 => {
            let key = conversation(&mut agenda.dice);
            client.converse(agenda, network, &key, lease);
        }
        69 => {
            let key = conversation(&mut agenda.dice);
            client.stop_conversing(agenda, network, &key);
        }
        70..75 => client.touch(agenda, network),
        75..85 => client.enter(agenda, network, &key),
        85..90 => client.leave(agenda, network, &key.room),
        90..93 => {
            let on = !client.wants_presence;
            client.set_presence(agenda, network, on);
        }
        // Away and at once back: whoever looks only at the newest wish sees nothing of it.
        93..96 => {
            client.leave(agenda, network, &key.room);
            client.enter(agenda, network, &key);
        }
        96..98 if client.fate == Fate::Runs => client.stop(agenda, network),
        _ if client.fate == Fate::Stopped => client.start(agenda, network),
        _ => {}
    });
}

/// All lines heal, all pages run or are gone for good; then everyone says a last thing, so that holes show.
fn calm_down(world: &mut World) {
    world.agenda.note("calm", 0, 0);
    world.server.is_up = true;
    world.server.thaw(&mut world.agenda, &mut world.network);
    let was_hostile = std::mem::take(&mut world.network.weather.hostility) > 0;
    world.network.heal_all(&mut world.agenda);
    for client in 0..world.clients.len() {
        world.with(client, |client, agenda, network| {
            client.thaw(agenda, network);
            client.bring_back(agenda, network);
            if client.fate == Fate::Stopped && agenda.dice.chance(50) {
                client.start(agenda, network);
            }
        });
    }
    world.run_for(CALM);
    let last = world.add_client("eve", "eve-0", Millis::ZERO);
    let rooms = world.rooms.clone();
    world.with(last, |client, agenda, network| {
        client.open(agenda, None);
        client.set_presence(agenda, network, true);
        for key in &rooms {
            client.enter(agenda, network, key);
        }
        client.start(agenda, network);
    });
    for client in 0..world.clients.len() {
        for room in world.clients[client].wants.keys().cloned().collect::<Vec<_>>() {
            world.with(client, |client, agenda, network| {
                if was_hostile || agenda.dice.chance(50) {
                    let (x, y) = (agenda.dice.fraction(), agenda.dice.fraction());
                    client.point(agenda, network, &room, Cursor::at(x, y));
                }
            });
        }
        if world.agenda.dice.chance(50) {
            world.with(client, |client, agenda, network| client.touch(agenda, network));
        }
    }
    write_for_a_while(world);
}

/// Some keep typing, so that all views have to show it, and in the midst of it someone comes anew and has to
/// see it in a picture.
fn write_for_a_while(world: &mut World) {
    let lease = world.server.timing.typing_lease;
    let (mut writers, mut talkers, mut newcomer) = (vec![], vec![], None);
    for client in 0..world.clients.len() {
        if world.clients[client].fate == Fate::Runs && world.agenda.dice.chance(30) {
            talkers.push((client, conversation(&mut world.agenda.dice)));
        }
        let Client { fate, wants, mirror, .. } = &world.clients[client];
        let mut own = wants.iter().filter(|(room, _)| *fate == Fate::Runs && mirror.is_in(room));
        let Some((room, kind)) = own.next() else { continue };
        let key = RoomKey { room: room.clone(), kind: *kind };
        if world.agenda.dice.chance(30) {
            writers.push((client, key.room));
        } else if world.agenda.dice.chance(20) {
            newcomer = Some((client, key));
        }
    }
    for second in 0..20 {
        for (client, room) in &writers {
            world.with(*client, |client, agenda, network| client.type_in(agenda, network, room, lease));
        }
        for (client, key) in &talkers {
            world.with(*client, |client, agenda, network| client.converse(agenda, network, key, lease));
        }
        if let Some((client, key)) = newcomer.take_if(|_| second == 8) {
            world.with(client, |client, agenda, network| {
                client.leave(agenda, network, &key.room);
                client.enter(agenda, network, &key);
            });
        }
        world.run_for(Millis::seconds(1));
    }
}
