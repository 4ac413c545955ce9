//! What a store promises.

use presence_hub::saved::{Change, Saved};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{0}")]
    Unusable(String),
}

/// Keeps changes across restarts.
pub trait Store: Send {
    /// All that was kept.
    fn load(&mut self) -> Result<Saved, StoreError>;

    /// Keeps all of these, in this order, or none.
    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError>;
}
