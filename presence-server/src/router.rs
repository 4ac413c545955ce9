//! The ways into the shards, held by everyone who has something to say to one.
//!
//! Shards never wait for each other, or two with full inboxes would wait forever: what they have to say to
//! each other goes through queues without a bound of their own. These stay short all the same: a shard reads
//! nothing from its sockets while a queue it may write to is [`CROWDED`], so one grows past that only by
//! what the shards make of the input that they hold already. Everyone else waits for an answer before he
//! asks again.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

use bytes::Bytes;
use mio::net::TcpStream;
use mio::{Poll, Token, Waker};
use presence_hub::hub::{Counts, PresenceList};
use presence_hub::io::{Input, Output, PeerMessage, Shard};
use presence_model::grant::Granted;
use presence_model::id::{ConnectionId, UserId};
use tokio::sync::oneshot;

use crate::auth::offer::Offer;
use crate::dialect::Dialect;
use crate::farewell::Farewell;

/// The event that says: look into the inbox.
pub const NEWS: Token = Token(usize::MAX);

/// Posts that wait for a shard when it counts as behind.
const CROWDED: usize = 4_096;

/// A socket whose handshake is done, on its way to the shard that will own it.
pub struct Newcomer {
    pub stream: TcpStream,
    /// What came behind the request that opened the socket.
    pub read: Bytes,
    pub dialect: Dialect,
    pub offer: Offer,
    pub ip: String,
    /// The server waits for the last of these before it ends.
    pub in_use: tokio::sync::mpsc::Sender<Infallible>,
}

/// What can be said to a shard.
pub enum Post {
    /// From the door: a socket to own.
    Adopt(Box<Newcomer>),
    /// From another shard: what one of its sockets said.
    Input(Box<Input>),
    /// From another shard's hub to this one's.
    Peer(PeerMessage),
    /// From another shard's hub to sockets of this shard.
    Output(Output),
    /// What the app's backend grants the user of a socket of this shard.
    Granted { connection: ConnectionId, user: UserId, granted: Granted },
    /// Who is here, perhaps with those who left lately?
    Presence { include_left: bool, answer: oneshot::Sender<PresenceList> },
    /// How much is there?
    Count(oneshot::Sender<Counts>),
    /// To all sockets, also to those that come later.
    CloseAll(Farewell),
    /// End now.
    End,
}

/// A shard's end of its inbox, and what it waits with for everything.
#[derive(Debug)]
pub struct Inlet {
    pub poll: Poll,
    posts: mpsc::Receiver<Post>,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: AtomicUsize,
    /// The shard was woken for the inbox and has not looked into it yet.
    is_woken: AtomicBool,
}

#[derive(Debug)]
struct Way {
    posts: mpsc::Sender<Post>,
    state: Arc<State>,
    waker: Waker,
}

#[derive(Clone, Debug)]
pub struct Router {
    ways: Arc<[Way]>,
    /// Counts newcomers, so that each shard gets as many as the others.
    newcomers: Arc<AtomicUsize>,
}

/// A shard does not run any more. It ends only with the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the server is going down")]
pub struct Ended;

impl Router {
    pub fn new(shards: usize) -> io::Result<(Self, Vec<Inlet>)> {
        let both: io::Result<Vec<_>> = (0..shards).map(|_| way()).collect();
        let (ways, inlets): (Vec<_>, Vec<_>) = both?.into_iter().unzip();
        Ok((Self { ways: ways.into(), newcomers: Arc::default() }, inlets))
    }

    pub fn shards(&self) -> usize {
        self.ways.len()
    }

    /// Never waits. What is said to a shard that ended is lost, and needs nobody any more.
    pub fn post(&self, shard: Shard, post: Post) {
        if let Some(way) = self.ways.get(shard.0) {
            way.post(post);
        }
    }

    /// Gives a socket to a shard that will own it.
    pub fn adopt(&self, newcomer: Newcomer) {
        self.post(self.next_owner(), Post::Adopt(Box::new(newcomer)));
    }

    /// Whose the next socket is.
    pub fn next_owner(&self) -> Shard {
        Shard(self.newcomers.fetch_add(1, Ordering::Relaxed) % self.shards().max(1))
    }

    pub fn close_all(&self, farewell: &Farewell) {
        self.ways.iter().for_each(|way| way.post(Post::CloseAll(farewell.clone())));
    }

    pub fn end(&self) {
        self.ways.iter().for_each(|way| way.post(Post::End));
    }

    pub async fn presence(&self, include_left: bool) -> Result<PresenceList, Ended> {
        let (answer, list) = oneshot::channel();
        self.post(Shard::LOBBY, Post::Presence { include_left, answer });
        list.await.map_err(|_| Ended)
    }

    /// Over all shards.
    pub async fn counts(&self) -> Result<Counts, Ended> {
        let mut all = Counts::default();
        for way in self.ways.iter() {
            let (answer, counts) = oneshot::channel();
            way.post(Post::Count(answer));
            all = all + counts.await.map_err(|_| Ended)?;
        }
        Ok(all)
    }

    /// Whether some other shard is behind with what it was told.
    pub fn is_crowded_beside(&self, own: Shard) -> bool {
        let others = self.ways.iter().enumerate().filter(|(index, _)| *index != own.0);
        others.map(|(_, way)| way.state.waiting.load(Ordering::Relaxed)).any(|waiting| waiting >= CROWDED)
    }
}

impl Way {
    fn post(&self, post: Post) {
        self.state.waiting.fetch_add(1, Ordering::Relaxed);
        if self.posts.send(post).is_err() {
            self.state.waiting.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        if !self.state.is_woken.swap(true, Ordering::AcqRel)
            && let Err(error) = self.waker.wake()
        {
            tracing::error!(%error, "a shard cannot be woken");
        }
    }
}

impl Inlet {
    /// Takes what waits, in the order in which each sender said it.
    pub fn take(&mut self) -> Vec<Post> {
        // Before the look: what comes later wakes again. A swap, as the other side does it, so that one of the two
        // sees the other.
        self.state.is_woken.swap(false, Ordering::AcqRel);
        // As far as it waits now: sockets and deadlines must have their turn too.
        let waiting = self.state.waiting.load(Ordering::Relaxed);
        let posts: Vec<_> = self.posts.try_iter().take(waiting).collect();
        let left = self.state.waiting.fetch_sub(posts.len(), Ordering::Relaxed) - posts.len();
        if left > 0 {
            // Nobody else will wake us for what was left over.
            self.state.is_woken.store(true, Ordering::Release);
        }
        posts
    }

    pub fn has_news(&self) -> bool {
        self.state.is_woken.load(Ordering::Acquire)
    }
}

fn way() -> io::Result<(Way, Inlet)> {
    let poll = Poll::new()?;
    let waker = Waker::new(poll.registry(), NEWS)?;
    let (posts, posts_in) = mpsc::channel();
    let state = Arc::new(State::default());
    let inlet = Inlet { poll, posts: posts_in, state: state.clone() };
    Ok((Way { posts, state, waker }, inlet))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(posts: Vec<Post>) -> Vec<usize> {
        let numbers = posts.into_iter().map(|post| match post {
            Post::Peer(PeerMessage::Ended { session }) => session.as_str().parse().unwrap(),
            _ => panic!("not a peer's message"),
        });
        numbers.collect()
    }

    fn message(number: usize) -> Post {
        let session = presence_model::id::SessionId::parse(&number.to_string()).unwrap();
        Post::Peer(PeerMessage::Ended { session })
    }

    #[test]
    fn a_shard_is_woken_and_finds_all_in_order() {
        let (router, mut inlets) = Router::new(2).unwrap();
        let mut events = mio::Events::with_capacity(4);
        for round in 0..3 {
            assert!(!inlets[1].has_news());
            (0..5).for_each(|n| router.post(Shard(1), message(5 * round + n)));
            inlets[1].poll.poll(&mut events, None).unwrap();
            assert!(events.iter().any(|event| event.token() == NEWS) && inlets[1].has_news());
            assert_eq!(numbers(inlets[1].take()), (5 * round..5 * round + 5).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_shard_behind_holds_up_the_others_and_not_itself() {
        let (router, mut inlets) = Router::new(2).unwrap();
        (0..CROWDED).for_each(|n| router.post(Shard(1), message(n)));
        assert!(router.is_crowded_beside(Shard(0)) && !router.is_crowded_beside(Shard(1)));
        assert_eq!(inlets[1].take().len(), CROWDED);
        assert!(!router.is_crowded_beside(Shard(0)));
    }
}
