//! The network: each link carries messages both ways, in order, with a delay. It can swallow (both
//! ends think it open, what was sent arrives when it heals), break for both ends or for one, and be
//! hostile: then single messages get lost or change places, which no WebSocket does.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;
use presence_model::command::Command;
use presence_model::time::Millis;
use presence_model::wire::binary::downstream::Downstream;
use presence_model::wire::binary::frame::frames;
use presence_model::wire::binary::upstream::Upstream;

use crate::agenda::{Agenda, Event, LinkId, Side};

/// From client to server.
#[derive(Debug)]
pub enum Up {
    Connect,
    Frame(Vec<u8>),
    Pong,
    Close(u16),
}

/// From server to client.
#[derive(Debug)]
pub enum Down {
    Accepted,
    Frame(Bytes),
    Ping,
    /// `None` when no socket came about.
    Close(Option<u16>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Open,
    Swallows,
    Dead,
}

#[derive(Debug)]
struct Lane<T> {
    under_way: VecDeque<T>,
    last_at: Millis,
    /// How many should have arrived while the link swallowed.
    stuck: usize,
}

impl<T> Lane<T> {
    const fn new() -> Self {
        Self { under_way: VecDeque::new(), last_at: Millis::ZERO, stuck: 0 }
    }

    /// Takes the next one, unless the link swallows.
    fn arrive(&mut self, flow: Flow) -> Option<T> {
        match flow {
            Flow::Open => self.under_way.pop_front(),
            Flow::Swallows => {
                self.stuck += 1;
                None
            }
            Flow::Dead => None,
        }
    }
}

#[derive(Debug)]
pub struct Link {
    pub client: usize,
    flow: Flow,
    latency: Millis,
    up: Lane<Up>,
    down: Lane<Down>,
    run: u32,
    /// Bytes on their way to the client.
    pub in_flight: usize,
    /// The newest wishes sent, as they went.
    wished: Option<Vec<u8>>,
}

/// How links are.
#[derive(Clone, Debug)]
pub struct Weather {
    pub latency: (Millis, Millis),
    pub jitter: Millis,
    /// Of a hundred messages that may be harmed, so many are.
    pub hostility: u64,
}

#[derive(Debug)]
pub struct Network {
    pub weather: Weather,
    links: BTreeMap<LinkId, Link>,
    opened: u64,
    /// Clients whose new links swallow everything.
    blocked: BTreeSet<usize>,
    /// The next message from a client gets lost.
    pub loses_next: bool,
    /// Whether anything was ever harmed.
    pub has_harmed: bool,
}

impl Network {
    pub const fn new(weather: Weather) -> Self {
        Self {
            weather,
            links: BTreeMap::new(),
            opened: 0,
            blocked: BTreeSet::new(),
            loses_next: false,
            has_harmed: false,
        }
    }

    pub fn open(&mut self, agenda: &mut Agenda, client: usize) -> LinkId {
        self.opened += 1;
        let id = LinkId(self.opened);
        let (low, high) = self.weather.latency;
        let latency = agenda.dice.between(low, high);
        let (up, down) = (Lane::new(), Lane::new());
        let flow = if self.blocked.contains(&client) { Flow::Swallows } else { Flow::Open };
        self.links.insert(id, Link { client, flow, latency, up, down, run: 0, in_flight: 0, wished: None });
        self.send_up(agenda, id, Up::Connect);
        id
    }

    pub fn find(&self, id: LinkId) -> Option<&Link> {
        self.links.get(&id)
    }

    pub fn send_up(&mut self, agenda: &mut Agenda, id: LinkId, up: Up) {
        let Some(link) = self.links.get_mut(&id).filter(|link| link.flow != Flow::Dead) else { return };
        if std::mem::take(&mut self.loses_next) {
            self.has_harmed = true;
            return;
        }
        let hostility = self.weather.hostility;
        let mut late = None;
        if hostility > 0 {
            match said(&up) {
                // Its owner points again.
                Some(Command::Cursor { .. }) if agenda.dice.chance(hostility) => return,
                // An old one comes late, and once more.
                Some(Command::Wish(_)) => {
                    let Up::Frame(wish) = &up else { return };
                    late = link.wished.replace(wish.clone()).filter(|_| agenda.dice.chance(hostility));
                }
                _ => {}
            }
        }
        for up in std::iter::once(up).chain(late.map(Up::Frame)) {
            link.up.under_way.push_back(up);
            let at = soon(agenda, link.latency, self.weather.jitter, &mut link.up.last_at);
            agenda.at(at, Event::Arrives { link: id, side: Side::Server, run: link.run });
        }
    }

    pub fn send_down(&mut self, agenda: &mut Agenda, id: LinkId, down: Down) {
        let Some(link) = self.links.get_mut(&id).filter(|link| link.flow != Flow::Dead) else { return };
        let hostility = self.weather.hostility;
        let is_fragile = hostility > 0 && may_be_harmed(&down);
        if is_fragile && agenda.dice.chance(hostility) {
            self.has_harmed = true;
            return;
        }
        if let Down::Frame(frame) = &down {
            link.in_flight += frame.len();
        }
        let overtakes = is_fragile
            && link.down.under_way.len() > link.down.stuck
            && link.down.under_way.back().is_some_and(may_be_harmed)
            && agenda.dice.chance(hostility);
        self.has_harmed |= overtakes;
        let place = link.down.under_way.len() - usize::from(overtakes);
        link.down.under_way.insert(place, down);
        let at = soon(agenda, link.latency, self.weather.jitter, &mut link.down.last_at);
        agenda.at(at, Event::Arrives { link: id, side: Side::Client, run: link.run });
    }

    pub fn arrive_up(&mut self, id: LinkId, run: u32) -> Option<Up> {
        let link = self.links.get_mut(&id).filter(|link| link.run == run)?;
        link.up.arrive(link.flow)
    }

    pub fn arrive_down(&mut self, id: LinkId, run: u32) -> Option<Down> {
        let link = self.links.get_mut(&id).filter(|link| link.run == run)?;
        let down = link.down.arrive(link.flow)?;
        if let Down::Frame(frame) = &down {
            link.in_flight -= frame.len();
        }
        Some(down)
    }

    /// From now on nothing gets through, and neither end knows.
    pub fn swallow(&mut self, id: LinkId) {
        if let Some(link) = self.links.get_mut(&id).filter(|link| link.flow == Flow::Open) {
            link.flow = Flow::Swallows;
        }
    }

    pub fn heal(&mut self, agenda: &mut Agenda, id: LinkId) {
        let Some(link) = self.links.get_mut(&id).filter(|link| link.flow == Flow::Swallows) else { return };
        link.flow = Flow::Open;
        for (side, stuck) in [(Side::Server, &mut link.up.stuck), (Side::Client, &mut link.down.stuck)] {
            for _ in 0..std::mem::take(stuck) {
                agenda.at(agenda.now, Event::Arrives { link: id, side, run: link.run });
            }
        }
    }

    pub fn heal_all(&mut self, agenda: &mut Agenda) {
        self.blocked.clear();
        for id in self.links.keys().copied().collect::<Vec<_>>() {
            self.heal(agenda, id);
        }
    }

    /// The client loses its network: its link breaks, and the server hears of it at once. What it opens from
    /// now on goes nowhere until it is unblocked.
    pub fn block(&mut self, agenda: &mut Agenda, client: usize, link: Option<LinkId>) {
        self.blocked.insert(client);
        if let Some(link) = link {
            self.cut(agenda, link, Some(Millis(0)), Some(Millis(0)));
        }
    }

    pub fn unblock(&mut self, agenda: &mut Agenda, client: usize) {
        self.blocked.remove(&client);
        let own = self.links.iter().filter(|(_, link)| link.client == client).map(|(id, _)| *id);
        for id in own.collect::<Vec<_>>() {
            self.heal(agenda, id);
        }
    }

    /// Breaks the link; each end hears of it after its time, or never.
    pub fn cut(&mut self, agenda: &mut Agenda, id: LinkId, server: Option<Millis>, client: Option<Millis>) {
        let Some(link) = self.links.get_mut(&id) else { return };
        link.flow = Flow::Dead;
        link.run += 1;
        link.up.under_way.clear();
        link.down.under_way.clear();
        for (side, after) in [(Side::Server, server), (Side::Client, client)] {
            if let Some(after) = after {
                agenda.after(after, Event::Breaks { link: id, side });
            }
        }
    }
}

/// When what is sent now arrives: after what was sent before.
fn soon(agenda: &mut Agenda, latency: Millis, jitter: Millis, last_at: &mut Millis) -> Millis {
    let delay = agenda.dice.between(latency, latency + jitter);
    *last_at = (agenda.now + delay).max(*last_at);
    *last_at
}

/// What a session makes good by itself: holes in versions, lost places of cursors, lost receipts.
fn may_be_harmed(down: &Down) -> bool {
    let Down::Frame(frame) = down else { return false };
    let first = frames(frame).next().and_then(Result::ok).and_then(|f| Downstream::read(f.kind, f.body).ok().flatten());
    matches!(
        first,
        Some(
            Downstream::RoomChanged { .. }
                | Downstream::PresenceChanged { .. }
                | Downstream::Cursors { .. }
                | Downstream::WishesTaken { .. }
        )
    )
}

fn said(up: &Up) -> Option<Command> {
    let Up::Frame(frame) = up else { return None };
    let first = frames(frame).next()?.ok()?;
    match Upstream::read(first.kind, first.body).ok()?? {
        Upstream::Command(command) => Some(command),
        _ => None,
    }
}
