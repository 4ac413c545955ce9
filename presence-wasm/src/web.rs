//! How the engine reaches into JavaScript: a few general ways in place of many typed ones, since the
//! module and the package's script carry a name and a function for each.

use alloc::string::String;
use alloc::vec::Vec;

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = globalThis)]
    static GLOBAL: JsValue;

    #[wasm_bindgen(catch, js_namespace = Reflect, js_name = get)]
    fn reflect_get(of: &JsValue, key: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = Reflect, js_name = apply)]
    fn reflect_apply(method: &JsValue, on: &JsValue, arguments: &List) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = Date, js_name = now)]
    fn date_now() -> f64;

    /// Anything that has properties.
    pub type Object;

    #[wasm_bindgen(constructor)]
    pub fn new() -> Object;

    #[wasm_bindgen(method, structural, indexing_setter)]
    pub fn set(this: &Object, key: &str, value: &JsValue);

    #[wasm_bindgen(js_name = Array)]
    pub type List;

    #[wasm_bindgen(constructor, js_class = "Array")]
    pub fn new() -> List;

    #[wasm_bindgen(method)]
    pub fn push(this: &List, value: &JsValue);

    #[wasm_bindgen(js_name = Float64Array)]
    pub type Numbers;

    #[wasm_bindgen(constructor, js_class = "Float64Array")]
    pub fn copy_of(numbers: &[f64]) -> Numbers;

    #[wasm_bindgen(js_name = Uint8Array)]
    pub type Bytes;

    #[wasm_bindgen(constructor, js_class = "Uint8Array")]
    pub fn copy_of(bytes: &[u8]) -> Bytes;

    #[wasm_bindgen(constructor, js_class = "Uint8Array")]
    pub fn of(buffer: &JsValue) -> Bytes;

    #[wasm_bindgen(method, getter, structural)]
    fn length(this: &Bytes) -> u32;

    #[wasm_bindgen(js_namespace = ["Uint8Array", "prototype", "set"], js_name = call)]
    fn copy_into(to: &mut [u8], from: &Bytes);
}

impl Bytes {
    pub fn to_vec(&self) -> Vec<u8> {
        let mut bytes = alloc::vec![0; self.length() as usize];
        copy_into(&mut bytes, self);
        bytes
    }
}

/// One function for everything that calls back: it takes what the caller gives first.
pub type Callback = Closure<dyn Fn(JsValue) -> JsValue>;

pub fn global() -> JsValue {
    GLOBAL.with(JsValue::clone)
}

/// The wall clock, in milliseconds.
pub fn wall_clock() -> f64 {
    date_now()
}

/// A property that is there and may be read: browsers throw at the storage of a page that may have none.
pub fn get(of: &JsValue, key: &str) -> Option<JsValue> {
    reflect_get(of, key).ok().filter(|value| !value.is_undefined() && !value.is_null())
}

pub fn get_text(of: &JsValue, key: &str) -> Option<String> {
    get(of, key)?.as_string()
}

/// Calls a method; `None` when there is none, it throws, or it has nothing to say.
pub fn call(on: &JsValue, method: &str, arguments: &[JsValue]) -> Option<JsValue> {
    let method = get(on, method)?;
    let list = List::new();
    for argument in arguments {
        list.push(argument);
    }
    reflect_apply(&method, on, &list).ok().filter(|value| !value.is_undefined() && !value.is_null())
}

/// Texts in a row. `concat` of slices would bring a kilobyte for all that it can do.
pub fn joined(parts: &[&str]) -> String {
    let mut joined = String::new();
    for part in parts {
        joined.push_str(part);
    }
    joined
}

pub fn text(text: &str) -> JsValue {
    JsValue::from_str(text)
}

/// A listener that ends when dropped.
pub struct Listener {
    on: JsValue,
    arguments: [JsValue; 3],
    _callback: Callback,
}

impl Listener {
    /// Listens before what is on the way to its target does, so that nobody can keep the event from us.
    pub fn new(on: &JsValue, event: &str, callback: Callback) -> Self {
        let arguments = [text(event), callback.as_ref().clone(), JsValue::TRUE];
        call(on, "addEventListener", &arguments);
        Self { on: on.clone(), arguments, _callback: callback }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        call(&self.on, "removeEventListener", &self.arguments);
    }
}

/// A timer that is set again and again, and ends when dropped.
pub struct Timer {
    id: Option<JsValue>,
    callback: Callback,
}

impl Timer {
    pub fn new(callback: Callback) -> Self {
        Self { id: None, callback }
    }

    /// Forgets an earlier moment.
    pub fn set(&mut self, wait: Option<f64>) {
        if let Some(id) = self.id.take() {
            call(&global(), "clearTimeout", &[id]);
        }
        self.id = wait.and_then(|wait| {
            let callback = self.callback.as_ref().clone();
            call(&global(), "setTimeout", &[callback, JsValue::from_f64(wait)])
        });
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.set(None);
    }
}
