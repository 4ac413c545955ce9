//! What a server has of its last life, and where it keeps what is to survive this one.

use std::sync::Arc;

use presence_hub::saved::{Change, Saved};

use crate::clock::wall_now;
use crate::config::Config;
use crate::store::contract::{Store, StoreError};
use crate::store::sqlite::SqliteStore;

#[derive(Default)]
pub struct Kept {
    pub saved: Arc<Saved>,
    /// What the disk has otherwise than that, and is to be told first.
    pub settled: Vec<Change>,
    /// None keeps nothing.
    pub store: Option<Box<dyn Store>>,
}

impl Kept {
    /// Opens what the configuration names, and reads all of it.
    pub fn open(config: &Config) -> Result<Self, StoreError> {
        let Some(dir) = config.keeps_in() else {
            tracing::info!("nothing is kept across restarts: `data_dir` is `none`");
            return Ok(Self::default());
        };
        let mut store = SqliteStore::open(dir)?;
        let mut saved = store.load()?;
        let settled = saved.settle(wall_now());
        tracing::info!(
            file = %store.file().display(),
            agents = saved.agents.len(),
            notifications = saved.notifications.len(),
            "state is kept across restarts"
        );
        Ok(Self { saved: Arc::new(saved), settled, store: Some(Box::new(store)) })
    }
}
