//! A hash that is the same after a restart and on any machine, unlike the standard hasher.

/// FNV-1a. Not for what somebody could gain by a collision.
pub fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
