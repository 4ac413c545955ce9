//! What std would bring: an allocator, and an end for panics.

use core::panic::PanicInfo;

use dlmalloc::GlobalDlmalloc;

use crate::driver;

#[global_allocator]
static ALLOCATOR: GlobalDlmalloc = GlobalDlmalloc;

/// A trap, which JavaScript sees as a `WebAssembly.RuntimeError`; the package makes a new engine then.
/// Without a text: making them would bring everything that formats.
#[panic_handler]
fn trap(_: &PanicInfo<'_>) -> ! {
    driver::wreck();
    core::arch::wasm32::unreachable()
}
