//! A shard's sockets, and which of them are to be read, looked after, or looked at later.

use mio::Token;
use mio::event::Event;
use presence_hub::io::Shard;
use presence_model::id::ConnectionId;
use presence_model::time::Millis;
use slab::Slab;

use crate::place::{connection_at, slot_of};
use crate::shard::alarms::Alarms;
use crate::shard::socket::Socket;

pub struct Sockets {
    shard: Shard,
    /// Boxed, so that growing does not move them and holes cost a pointer.
    slots: Slab<Box<Socket>>,
    opened: u32,
    alarms: Alarms,
    to_read: Vec<usize>,
    touched: Vec<usize>,
}

impl Sockets {
    pub fn new(shard: Shard) -> Self {
        Self { shard, slots: Slab::new(), opened: 0, alarms: Alarms::default(), to_read: vec![], touched: vec![] }
    }

    /// The id and the token of the next socket.
    pub fn next_place(&mut self) -> (ConnectionId, Token) {
        let slot = self.slots.vacant_key();
        self.opened = self.opened.wrapping_add(1);
        (connection_at(self.shard, slot, self.opened), Token(slot))
    }

    /// Puts a socket into the place that was asked for last.
    pub fn insert(&mut self, socket: Socket) {
        let slot = self.slots.insert(Box::new(socket));
        self.touch(slot);
    }

    pub fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Socket> {
        let socket = self.slots.get_mut(slot_of(id))?;
        (socket.connection.id == id).then_some(&mut **socket)
    }

    /// The socket in a slot that came from one of the lists here.
    pub fn at(&mut self, slot: usize) -> Option<&mut Socket> {
        self.slots.get_mut(slot).map(|socket| &mut **socket)
    }

    pub fn note(&mut self, event: &Event) {
        let slot = event.token().0;
        let Some(socket) = self.at(slot) else { return };
        socket.note(event);
        if socket.has_to_write() {
            self.touch(slot);
        }
        self.plan(slot);
    }

    /// Sees to it that the socket is looked after before the shard waits again.
    pub fn touch(&mut self, slot: usize) {
        if let Some(socket) = self.slots.get_mut(slot) {
            list_once(&mut self.touched, slot, &mut socket.is_touched);
        }
    }

    /// The same for one that was told something.
    pub fn touch_told(&mut self, id: ConnectionId) {
        self.touch(slot_of(id));
    }

    pub fn touch_all(&mut self, visit: impl Fn(&mut Socket)) {
        for (slot, socket) in &mut self.slots {
            visit(socket);
            list_once(&mut self.touched, slot, &mut socket.is_touched);
        }
    }

    pub fn take_touched(&mut self) -> Option<usize> {
        let slot = self.touched.pop()?;
        if let Some(socket) = self.at(slot) {
            socket.is_touched = false;
        }
        Some(slot)
    }

    /// Plans what comes next for a socket that was looked after.
    pub fn plan(&mut self, slot: usize) {
        let Some(socket) = self.slots.get_mut(slot) else { return };
        if socket.is_gone() {
            self.slots.remove(slot);
            return;
        }
        let at = socket.next();
        self.alarms.set(&mut socket.alarm, socket.connection.id, at);
        if socket.has_to_read() {
            list_once(&mut self.to_read, slot, &mut socket.is_to_read);
        }
    }

    /// Takes the list of those to read: who is put in meanwhile has his turn next time.
    pub fn take_to_read(&mut self) -> Vec<usize> {
        let slots = std::mem::take(&mut self.to_read);
        for slot in &slots {
            if let Some(socket) = self.slots.get_mut(*slot) {
                socket.is_to_read = false;
            }
        }
        slots
    }

    pub fn has_to_read(&self) -> bool {
        !self.to_read.is_empty()
    }

    /// Takes a socket whose alarm rings.
    pub fn ring(&mut self, now: Millis) -> Option<usize> {
        while let Some(id) = self.alarms.pop(now) {
            if let Some(socket) = self.get_mut(id) {
                socket.alarm.ring();
                return Some(slot_of(id));
            }
        }
        None
    }

    pub fn next_alarm(&self) -> Option<Millis> {
        self.alarms.next()
    }
}

/// Puts a slot on a list, unless the flag says that it is there.
fn list_once(list: &mut Vec<usize>, slot: usize, is_listed: &mut bool) {
    if !std::mem::replace(is_listed, true) {
        list.push(slot);
    }
}
