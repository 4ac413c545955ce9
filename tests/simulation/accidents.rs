//! What befalls tabs and their lines.

use presence_model::room::RoomKey;
use presence_model::time::Millis;

use crate::agenda::{Agenda, Event};
use crate::client::{Client, Fate};
use crate::link::Network;
use crate::world::World;

/// Something befalls a tab or its line.
pub fn suffer(world: &mut World, client: usize) {
    let number = client;
    let roll = world.agenda.dice.below(100);
    if roll < 5 && world.clients.len() < 8 {
        duplicate(world, client);
        return;
    }
    world.with(client, |client, agenda, network| {
        client.disturbed_at = agenda.now;
        match roll {
            0..35 => harm_link(client, agenda, network),
            35..55 => {
                client.close(agenda, network);
                let away = agenda.dice.pick(&[Millis(200), Millis::seconds(3), Millis::seconds(8)]);
                agenda.sometime(Millis(0), away, Event::ClientReturns(number));
            }
            55..65 => {
                lose_page(client, agenda, network);
                if agenda.dice.chance(70) {
                    agenda.sometime(Millis(100), Millis::seconds(60), Event::ClientReturns(number));
                }
            }
            65..80 => match client.fate {
                Fate::Runs => client.put_away(agenda, network),
                _ => client.bring_back(agenda, network),
            },
            80..90 if client.fate == Fate::Runs => {
                client.freeze(agenda);
                agenda.sometime(Millis(100), Millis::seconds(55), Event::ClientThaws(number));
            }
            90..100 if client.fate == Fate::Runs => sleep(client, agenda, network),
            _ => {}
        }
    });
}

fn harm_link(client: &Client, agenda: &mut Agenda, network: &mut Network) {
    let Some(link) = client.link else { return };
    let soon = |agenda: &mut Agenda| Some(agenda.dice.between(Millis(0), Millis::seconds(3)));
    match agenda.dice.below(5) {
        0 | 1 => {
            agenda.note("link swallows", link.0, 0);
            network.swallow(link);
            agenda.sometime(Millis(100), Millis::seconds(50), Event::Heals(link));
        }
        2 => {
            agenda.note("link cut", link.0, 0);
            let (server, client) = (soon(agenda), soon(agenda));
            network.cut(agenda, link, server, client);
        }
        3 => {
            agenda.note("link half open for the client", link.0, 0);
            let server = soon(agenda);
            network.cut(agenda, link, server, None);
        }
        _ => {
            agenda.note("link half open for the server", link.0, 0);
            let client = soon(agenda);
            network.cut(agenda, link, None, client);
        }
    }
}

/// The process is killed, and the system closes its sockets; or the machine is gone, and nobody does.
fn lose_page(client: &mut Client, agenda: &mut Agenda, network: &mut Network) {
    agenda.note("page lost", client.number as u64, 0);
    if let Some(link) = client.link {
        let server = agenda.dice.chance(50).then_some(Millis(20));
        network.cut(agenda, link, server, None);
    }
    client.vanish(agenda.now);
}

/// The machine sleeps: its pages stand still, and its lines swallow.
fn sleep(client: &mut Client, agenda: &mut Agenda, network: &mut Network) {
    client.freeze(agenda);
    let wakes = agenda.now + agenda.dice.between(Millis::seconds(1), Millis::seconds(90));
    if let Some(link) = client.link {
        network.swallow(link);
        agenda.at(wakes, Event::Heals(link));
    }
    agenda.at(wakes, Event::ClientThaws(client.number));
}

/// The browser copies a tab together with its storage: two pages know the same session.
fn duplicate(world: &mut World, client: usize) {
    let original = &world.clients[client];
    let (owner, stored) = (original.owner.clone(), original.session_id().cloned());
    let wants = original.wants.clone();
    let copy = world.add_client(&owner.user, owner.instance.as_str(), owner.skew);
    world.with(copy, |client, agenda, network| {
        client.open(agenda, stored);
        client.set_presence(agenda, network, true);
        for (room, kind) in wants {
            client.enter(agenda, network, &RoomKey { room, kind });
        }
        client.start(agenda, network);
        agenda.after(Millis(1), Event::ClientActs(client.number));
    });
}
