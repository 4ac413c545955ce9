//! Where a connection's socket is. Its id says so: the shard, the slot there, and a count that tells it from earlier
//! sockets in that slot.

use presence_hub::io::Shard;
use presence_model::id::ConnectionId;

use crate::config::MAX_SHARDS;

const SHARD_BITS: u32 = 8;
const SLOT_BITS: u32 = 24;

const _: () = assert!(MAX_SHARDS == 1 << SHARD_BITS, "every shard has a number, and every number a shard");

/// `count` rises with every socket of the shard.
pub const fn connection_at(shard: Shard, slot: usize, count: u32) -> ConnectionId {
    ConnectionId(((count as u64) << SLOT_BITS | slot as u64) << SHARD_BITS | shard.0 as u64)
}

pub const fn shard_of(id: ConnectionId) -> Shard {
    Shard(id.0 as usize & (MAX_SHARDS - 1))
}

pub const fn slot_of(id: ConnectionId) -> usize {
    (id.0 >> SHARD_BITS) as usize & ((1 << SLOT_BITS) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_where_its_socket_is() {
        for (shard, slot, count) in [(0, 0, 1), (7, 3, 9), (MAX_SHARDS - 1, (1 << SLOT_BITS) - 1, u32::MAX)] {
            let id = connection_at(Shard(shard), slot, count);
            assert_eq!((shard_of(id), slot_of(id)), (Shard(shard), slot));
            assert_ne!(id, connection_at(Shard(shard), slot, count - 1));
        }
    }
}
