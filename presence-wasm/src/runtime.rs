//! What std would bring: an allocator, and an end for panics.

use core::panic::PanicInfo;

use lol_alloc::{AssumeSingleThreaded, FreeListAllocator};

/// One list of what is free, sorted by address, neighbours joined: a page may live for weeks. The list is short,
/// since an engine holds a few hundred texts at most.
///
/// SAFETY: this target has no threads. (With a lock, an engine whose memory is in pieces would spin for ever
/// where it now traps.)
#[global_allocator]
#[allow(unsafe_code, reason = "a static allocator has to be shared, and nobody is there to share it")]
static ALLOCATOR: AssumeSingleThreaded<FreeListAllocator> =
    unsafe { AssumeSingleThreaded::new(FreeListAllocator::new()) };

/// A trap, which JavaScript sees as a `WebAssembly.RuntimeError`; the package makes a new engine then.
/// Without a text: making them would bring everything that formats.
#[panic_handler]
fn trap(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
