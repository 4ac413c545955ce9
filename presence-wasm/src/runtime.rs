//! What std would bring: an allocator, and an end for panics.

use core::panic::PanicInfo;

use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

use crate::driver;

/// Half the size of std's, and what is freed is used again: a page may live for weeks.
#[global_allocator]
static ALLOCATOR: WasmDynamicTalc = new_wasm_dynamic_allocator();

/// A trap, which JavaScript sees as a `WebAssembly.RuntimeError`; the package makes a new engine then.
/// Without a text: making them would bring everything that formats.
#[panic_handler]
fn trap(_: &PanicInfo<'_>) -> ! {
    driver::wreck();
    core::arch::wasm32::unreachable()
}
