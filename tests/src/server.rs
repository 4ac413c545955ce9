//! A server in this process, on a free port.

use std::net::SocketAddr;
use std::time::Duration;

use presence_model::limit::Timing;
use presence_model::time::Millis;
use presence_server::config::Config;
use presence_server::serve::{ServeError, serve};
use presence_server::store::kept::Kept;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long a test waits for anything before it fails. Long, because machines that run tests are slow.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Ends when dropped; [`Server::stop`] also checks that it ended well.
pub struct Server {
    pub address: SocketAddr,
    shutdown: oneshot::Sender<()>,
    life: JoinHandle<Result<(), ServeError>>,
}

impl Server {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// A server whose settings `change` has changed. It keeps nothing unless it is given a directory.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config { shards: 2, data_dir: "none".into(), ..Config::default() };
        change(&mut config);
        let kept = Kept::open(&config).expect("the data directory can be used");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (shutdown, stopped) = oneshot::channel();
        let life = tokio::spawn(serve(listener, config, kept, async {
            let _ = stopped.await;
        }));
        Self { address, shutdown, life }
    }

    pub fn ws(&self, path: &str) -> String {
        format!("ws://{}{path}", self.address)
    }

    /// Asks it to end; the answer comes with [`Stopping::ended`].
    pub fn stop(self) -> Stopping {
        let _ = self.shutdown.send(());
        Stopping { life: self.life }
    }
}

pub struct Stopping {
    life: JoinHandle<Result<(), ServeError>>,
}

impl Stopping {
    pub async fn ended(self) {
        let life = timeout(PATIENCE, self.life).await.expect("the server ends in time");
        life.expect("the server does not panic").expect("the server ends well");
    }
}

/// Timings under which a dead line is noticed within a second.
pub fn impatient() -> Timing {
    Timing {
        ping_every: Millis(100),
        suspect_after: Millis(300),
        gone_after: Millis(500),
        hello_timeout: Millis(300),
        keepalive_every: Millis(150),
        drain: Millis(1_000),
        ..Timing::default()
    }
}
