//! The threads of all shards: started, watched, ended.

use std::io;
use std::sync::Arc;
use std::thread;

use mio::net::TcpListener;
use presence_hub::hub::HubConfig;
use presence_hub::io::Shard;
use tokio::sync::{mpsc, watch};

use crate::app::App;
use crate::callers::Caller;
use crate::router::{Inlet, Router};
use crate::shard::doorway::Doorway;
use crate::shard::driver::Driver;

/// All shards of a server. They end when they are told to.
#[derive(Debug)]
pub struct Shards {
    router: Router,
    /// Its end says that the shards were told to stop.
    alive: watch::Sender<()>,
    /// Yields a shard that ended before it was told to; closes when the last one has ended.
    ended: mpsc::Receiver<Shard>,
}

impl Shards {
    /// The first shard lets in who comes to the listener, and gives to `http` who wants no socket.
    pub fn start(
        app: &Arc<App>,
        config: &HubConfig,
        inlets: Vec<Inlet>,
        listener: TcpListener,
        http: mpsc::UnboundedSender<Caller>,
    ) -> io::Result<Self> {
        let (alive, stop) = watch::channel(());
        let (running, ended) = mpsc::channel(inlets.len().max(1));
        let mut door = Some((listener, http));
        for (index, inlet) in inlets.into_iter().enumerate() {
            let shard = Shard(index);
            let open = |(listener, http)| Doorway::open(listener, inlet.poll.registry(), http);
            let doorway = door.take().map(open).transpose()?;
            let driver = Driver::new(app.clone(), shard, config.clone(), inlet, doorway);
            let end = End { shard, running: running.clone(), stop: stop.clone() };
            thread::Builder::new().name(format!("shard-{index}")).spawn(move || {
                // Here, so that it is dropped when the thread ends, and last.
                let _end = end;
                if let Err(error) = driver.run() {
                    tracing::error!(shard = index, %error, "a shard cannot wait for its sockets");
                }
            })?;
        }
        Ok(Self { router: app.router.clone(), alive, ended })
    }

    /// Waits for a shard that ends although nobody told it to. What it owned is lost.
    pub async fn failed(&mut self) -> Shard {
        match self.ended.recv().await {
            Some(shard) => shard,
            None => std::future::pending().await,
        }
    }

    pub async fn end(self) {
        let Self { router, alive, mut ended } = self;
        drop(alive);
        router.end();
        while ended.recv().await.is_some() {}
    }
}

/// Says that a shard's thread ended before it was told to: it panicked, or the system failed it.
struct End {
    shard: Shard,
    running: mpsc::Sender<Shard>,
    stop: watch::Receiver<()>,
}

impl Drop for End {
    fn drop(&mut self) {
        let was_told = self.stop.has_changed().is_err();
        if !was_told {
            // There is a place for each shard, and each says it once.
            let _ = self.running.try_send(self.shard);
        }
    }
}
