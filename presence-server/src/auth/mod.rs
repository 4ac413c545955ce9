//! Who a request or a socket speaks for: where its token stands, whether it holds, whom it names.

pub mod offer;

pub mod claims;
pub mod keys;

pub mod gate;

pub mod publishing;

pub mod mint;
