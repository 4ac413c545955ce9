//! A server's life: its parts are started, told to end, and waited for.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use presence_hub::hub::HubConfig;
use presence_hub::io::Shard;
use presence_model::close::Close;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::app::App;
use crate::auth::gate::Gate;
use crate::auth::keys::KeyError;
use crate::backend::Backend;
use crate::callers;
use crate::calls::Calls;
use crate::clock::{Clock, length};
use crate::config::Config;
use crate::metrics::Metrics;
use crate::origin::Origins;
use crate::own;
use crate::quotas::Quotas;
use crate::router::Router;
use crate::routes;
use crate::shard::threads::Shards;
use crate::store::kept::Kept;
use crate::store::writer::Writer;

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(
        "in development mode anyone may call himself anyone, so the server listens on this machine only: {0} would be open to others; use 127.0.0.1 or [::1], or configure a key such as PRESENCE_JWT_SECRET"
    )]
    Exposed(SocketAddr),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("the threads of the rooms cannot be started")]
    Shards(#[source] io::Error),
    #[error("the thread that writes to the disk cannot be started")]
    Store(#[source] io::Error),
    #[error("the listener cannot be used")]
    Address(#[source] io::Error),
    #[error("the thread of shard {} ended by itself", .0.0)]
    ShardFailed(Shard),
}

/// Whether a server of this configuration may listen there: with keys that hold anywhere, and without any
/// on this machine only, since then any name is taken for true.
pub fn check(config: &Config, address: SocketAddr) -> Result<Gate, ServeError> {
    let gate = Gate::open(config)?;
    if matches!(gate, Gate::Development) && !address.ip().to_canonical().is_loopback() {
        return Err(ServeError::Exposed(address));
    }
    Ok(gate)
}

/// Serves until `shutdown` completes, then ends in order: accepts nothing more, tells every socket that
/// the server restarts, waits for them, at most as long as `timing.drain`, and for the disk as long again.
pub async fn serve(
    listener: TcpListener,
    config: Config,
    kept: Kept,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let address = listener.local_addr().map_err(ServeError::Address)?;
    let gate = check(&config, address)?;
    let places = gate.places(&config);
    let clock = Clock::start();
    let backend = Backend::of(&config, &config.timing);
    let (timing, limits) = (Arc::new(config.timing), Arc::new(config.limits));
    let quotas = Quotas::new(limits.rates.other);
    let postings_of = Quotas::new(limits.rates.posting);
    let own = own::describe();
    let host = own.info.host.as_deref().unwrap_or_default().into();
    let hub = HubConfig {
        timing: timing.clone(),
        limits: limits.clone(),
        epoch: rand::random(),
        shards: config.shards,
        own: Some(own),
        saved: kept.saved,
    };
    let (router, inlets) = Router::new(config.shards).map_err(ServeError::Shards)?;

    let metrics = Metrics::new();
    let store = match kept.store {
        Some(store) => Writer::start(store, length(timing.store_every), metrics.store()).map_err(ServeError::Store)?,
        None => Writer::default(),
    };
    kept.settled.into_iter().for_each(|change| store.keep(change));
    let (in_use, mut unused) = mpsc::channel(1);
    let drain = length(timing.drain);
    let app = Arc::new(App {
        clock,
        timing,
        limits,
        places,
        backend,
        quotas,
        postings_of,
        calls: Calls::default(),
        postings: Calls::default(),
        store,
        public_dashboards: config.public_dashboards || matches!(gate, Gate::Development),
        origins: Origins::new(&config.allowed_origins, !matches!(gate, Gate::Development)),
        gate,
        demo: config.demo,
        host,
        router: router.clone(),
        in_use: in_use.downgrade(),
        metrics,
    });
    let (http, callers) = mpsc::unbounded_channel();
    let listener = listener.into_std().map_err(ServeError::Address)?;
    let listener = mio::net::TcpListener::from_std(listener);
    let mut shards = Shards::start(&app, &hub, inlets, listener, http).map_err(ServeError::Shards)?;
    // What was kept is the hubs' now.
    drop(hub);

    let (stop_accepting, stopped) = oneshot::channel::<()>();
    let accepting = tokio::spawn(callers::answer(callers, routes::service(app.clone()), async {
        // Dropped or used: both say stop.
        let _ = stopped.await;
    }));

    let failed = tokio::select! {
        () = shutdown => None,
        shard = shards.failed() => Some(shard),
    };

    tracing::info!("going down");
    drop(stop_accepting);
    drop(in_use);
    router.close_all(&Close::ServiceRestart.into());
    let drained = timeout(drain, async {
        let _ = accepting.await;
        // Nothing is ever sent: this is the end of the last who could.
        let _ = unused.recv().await;
    });
    if drained.await.is_err() {
        tracing::warn!("some sockets did not end in time");
    }
    app.calls.close();
    app.postings.close();
    shards.end().await;
    app.store.end(drain).await;
    failed.map_or(Ok(()), |shard| Err(ServeError::ShardFailed(shard)))
}
