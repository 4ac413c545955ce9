//! What a gateway client's socket has to remember: how far its handshake is, what it was granted, which
//! questions wait for an answer. The words are in `presence_model::wire::gateway`.

mod device;

pub mod talk;
