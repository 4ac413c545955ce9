//! Everything that happens comes in by one kind of callback: each kind more would be code in the module
//! and in the package.

use alloc::boxed::Box;
use alloc::rc::Weak;

use wasm_bindgen::JsValue;

use crate::driver::Driver;
use crate::web::Callback;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The socket.
    Opened,
    Said,
    Closed,
    /// The time has come.
    Due,
    /// The person touched the page.
    Touched,
    /// The page was hidden, shown or thawed.
    Looked,
    /// The network is back.
    Online,
    /// The page goes away, or was brought back.
    PutAway,
    BroughtBack,
    /// The answer of Web Locks: a lock, or null. Then what ends a lock we hold.
    LockAnswered,
    LockKept,
    /// Nothing to do about it.
    Ignored,
}

/// What signals come in through. An engine that was freed hears nothing any more.
#[derive(Clone)]
pub struct Ear {
    driver: Weak<Driver>,
}

impl Ear {
    pub fn new(driver: Weak<Driver>) -> Self {
        Self { driver }
    }

    /// A function that tells the driver of a signal.
    pub fn callback(&self, signal: Signal) -> Callback {
        let driver = self.driver.clone();
        let hear = move |what| driver.upgrade().map_or(JsValue::UNDEFINED, |driver| driver.hear(signal, what));
        Callback::wrap(Box::new(hear))
    }
}
