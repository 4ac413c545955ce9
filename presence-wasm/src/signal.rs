//! Everything that happens comes in by one kind of callback: each kind more would be code in the module
//! and in the package.

use alloc::boxed::Box;
use alloc::rc::Weak;

use wasm_bindgen::JsValue;

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

/// Who is told of signals.
pub trait Hear {
    /// What it returns is what the callback returns to JavaScript.
    fn hear(&self, signal: Signal, what: JsValue) -> JsValue;
}

/// What signals come in through. An engine that was freed hears nothing any more.
#[derive(Clone)]
pub struct Ear {
    listener: Weak<dyn Hear>,
}

impl Ear {
    pub fn new(listener: Weak<dyn Hear>) -> Self {
        Self { listener }
    }

    /// A function that tells the listener of a signal.
    pub fn callback(&self, signal: Signal) -> Callback {
        let listener = self.listener.clone();
        let hear = move |what| listener.upgrade().map_or(JsValue::UNDEFINED, |listener| listener.hear(signal, what));
        Callback::wrap(Box::new(hear))
    }
}
