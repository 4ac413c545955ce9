//! The ways into the shards, held by everyone who has something to say to one.
//!
//! Connections wait when a shard's inbox is full, and so stop reading their sockets. Shards never wait
//! for each other, or two with full inboxes would wait forever: what crosses between them goes through
//! queues without a bound of their own. These stay short all the same: a shard takes nothing from its
//! inbox while a queue it may write to is [`CROWDED`], so one grows past that only by what the shards
//! make of the input that they hold already.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use presence_hub::hub::{Counts, PresenceList};
use presence_hub::io::{Input, PeerMessage, Shard};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

/// Inputs that may wait for a shard, and the most that it takes in before it looks at its deadlines.
pub const INBOX: usize = 1_024;

/// Peer messages that wait for a shard when it counts as behind.
const CROWDED: usize = 4_096;

/// What connections and HTTP have to say to a shard.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every errand is an input, and a box would cost each an allocation"
)]
pub enum Errand {
    Input(Input),
    /// Who is here?
    Presence(oneshot::Sender<PresenceList>),
    /// How much is there?
    Count(oneshot::Sender<Counts>),
}

/// A shard's ends of its queues.
#[derive(Debug)]
pub struct Inlet {
    pub errands: mpsc::Receiver<Errand>,
    peers: mpsc::UnboundedReceiver<PeerMessage>,
    waiting: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct Way {
    errands: mpsc::Sender<Errand>,
    peers: mpsc::UnboundedSender<PeerMessage>,
    waiting: Arc<AtomicUsize>,
}

#[derive(Clone, Debug)]
pub struct Router {
    ways: Arc<[Way]>,
}

/// A shard does not run any more. It ends only with the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server is going down")]
pub struct Ended;

impl Router {
    pub fn new(shards: usize) -> (Self, Vec<Inlet>) {
        let (ways, inlets): (Vec<_>, Vec<_>) = (0..shards).map(|_| way()).unzip();
        (Self { ways: ways.into() }, inlets)
    }

    pub fn shards(&self) -> usize {
        self.ways.len()
    }

    /// Hands the input over; gives it back when the shard has no place for it now.
    pub fn offer(&self, shard: Shard, input: Input) -> Option<Input> {
        match self.ways.get(shard.0)?.errands.try_send(Errand::Input(input)) {
            Err(TrySendError::Full(Errand::Input(input))) => Some(input),
            // With its shard gone an input has lost its meaning.
            _ => None,
        }
    }

    /// A place in the shard's inbox, once there is one.
    pub async fn place(self, shard: Shard) -> Result<mpsc::OwnedPermit<Errand>, Ended> {
        let way = self.ways.get(shard.0).ok_or(Ended)?;
        way.errands.clone().reserve_owned().await.map_err(|_| Ended)
    }

    pub async fn send(&self, shard: Shard, input: Input) -> Result<(), Ended> {
        let way = self.ways.get(shard.0).ok_or(Ended)?;
        way.errands.send(Errand::Input(input)).await.map_err(|_| Ended)
    }

    pub async fn presence(&self) -> Result<PresenceList, Ended> {
        let (answer, list) = oneshot::channel();
        let lobby = self.ways.get(Shard::LOBBY.0).ok_or(Ended)?;
        lobby.errands.send(Errand::Presence(answer)).await.map_err(|_| Ended)?;
        list.await.map_err(|_| Ended)
    }

    /// Over all shards.
    pub async fn counts(&self) -> Result<Counts, Ended> {
        let mut all = Counts::default();
        for way in self.ways.iter() {
            let (answer, counts) = oneshot::channel();
            way.errands.send(Errand::Count(answer)).await.map_err(|_| Ended)?;
            all = all + counts.await.map_err(|_| Ended)?;
        }
        Ok(all)
    }

    /// From shard to shard; never waits.
    pub fn tell_peer(&self, shard: Shard, message: PeerMessage) {
        let Some(way) = self.ways.get(shard.0) else { return };
        way.waiting.fetch_add(1, Ordering::Relaxed);
        // A shard that ended needs to hear nothing.
        let _ = way.peers.send(message);
    }

    /// Whether some other shard is behind with what its peers told it.
    pub fn is_crowded_beside(&self, own: Shard) -> bool {
        let others = self.ways.iter().enumerate().filter(|(index, _)| *index != own.0);
        others.map(|(_, way)| way.waiting.load(Ordering::Relaxed)).any(|waiting| waiting >= CROWDED)
    }
}

impl Inlet {
    pub fn waiting_peers(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    pub fn try_peer(&mut self) -> Option<PeerMessage> {
        let message = self.peers.try_recv().ok()?;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        Some(message)
    }

    /// The next thing said to this shard, peers' first. `None` when nobody is left who could say any.
    pub async fn next(&mut self, takes_errands: bool) -> Option<Word> {
        tokio::select! {
            biased;
            message = self.peers.recv() => message.map(|message| {
                self.waiting.fetch_sub(1, Ordering::Relaxed);
                Word::Peer(message)
            }),
            errand = self.errands.recv(), if takes_errands => errand.map(Word::Errand),
        }
    }
}

#[derive(Debug)]
pub enum Word {
    Peer(PeerMessage),
    Errand(Errand),
}

fn way() -> (Way, Inlet) {
    let (errands, errands_in) = mpsc::channel(INBOX);
    let (peers, peers_in) = mpsc::unbounded_channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    let inlet = Inlet { errands: errands_in, peers: peers_in, waiting: waiting.clone() };
    (Way { errands, peers, waiting }, inlet)
}
