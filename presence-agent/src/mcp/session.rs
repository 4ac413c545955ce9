//! The agent's own session, as its tools have it.

use presence_model::id::{AgentId, RoomId};
use presence_model::room::RoomKey;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::address::ServerAddress;
use crate::credential::Credentials;
use crate::mcp::keeper::{Keeper, Order};
use crate::mcp::roster::{Heard, Room};
use crate::mcp::words::Stance;
use crate::trouble::Trouble;

/// Tools that are called at once are few.
const ORDERS: usize = 16;

#[derive(Debug)]
pub struct Session {
    orders: mpsc::Sender<Order>,
    life: JoinHandle<()>,
}

impl Session {
    /// `stance`: what was said before there was a room to say it in.
    pub fn begin(address: ServerAddress, agent: AgentId, credentials: Credentials, stance: Option<Stance>) -> Self {
        let (orders, taken) = mpsc::channel(ORDERS);
        let keeper = Keeper::new(address, agent, credentials, stance, taken);
        Self { orders, life: tokio::spawn(keeper.run()) }
    }

    pub fn speaker(&self) -> Speaker {
        Speaker(self.orders.clone())
    }

    /// Leaves all rooms.
    pub async fn end(self) {
        drop(self.orders);
        let _ = self.life.await;
    }
}

#[derive(Clone, Debug)]
pub struct Speaker(mpsc::Sender<Order>);

impl Speaker {
    pub async fn join(&self, key: RoomKey) -> Result<Room, Trouble> {
        let (reply, answer) = oneshot::channel();
        let _ = self.0.send(Order::Join(key, reply)).await;
        answer.await.unwrap_or(Err(Trouble::Ending))
    }

    pub async fn leave(&self, room: RoomId) -> bool {
        let (reply, answer) = oneshot::channel();
        let _ = self.0.send(Order::Leave(room, reply)).await;
        answer.await.unwrap_or(false)
    }

    pub async fn stand(&self, stance: Stance) {
        let _ = self.0.send(Order::Stand(stance)).await;
    }

    pub async fn stir(&self) {
        let _ = self.0.send(Order::Stir).await;
    }

    pub async fn look(&self) -> (Vec<Room>, Vec<Heard>) {
        let (reply, answer) = oneshot::channel();
        let _ = self.0.send(Order::Look(reply)).await;
        answer.await.unwrap_or_default()
    }
}
