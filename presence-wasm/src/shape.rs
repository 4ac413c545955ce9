//! The objects that JavaScript sees. Their TypeScript types are generated from here
//! (`js/src/types.gen.ts`), and every object handed out is checked against those in a test.

use js_sys::{Array, Float64Array, Object, Reflect};
use wasm_bindgen::JsValue;

use presence_model::small_map::SmallMap;
use std::cell::RefCell;

/// A value as JavaScript sees it; `None` leaves the property out.
pub trait ToJs {
    fn to_js(&self) -> Option<JsValue>;
}

impl ToJs for bool {
    fn to_js(&self) -> Option<JsValue> {
        Some(JsValue::from_bool(*self))
    }
}

impl ToJs for f64 {
    fn to_js(&self) -> Option<JsValue> {
        Some(JsValue::from_f64(*self))
    }
}

impl ToJs for String {
    fn to_js(&self) -> Option<JsValue> {
        Some(JsValue::from_str(self))
    }
}

/// One of a few words: cached, as property names are.
impl ToJs for &'static str {
    fn to_js(&self) -> Option<JsValue> {
        Some(word(self))
    }
}

impl<T: ToJs> ToJs for Option<T> {
    fn to_js(&self) -> Option<JsValue> {
        self.as_ref().and_then(T::to_js)
    }
}

impl<T: ToJs> ToJs for Vec<T> {
    fn to_js(&self) -> Option<JsValue> {
        Some(self.iter().filter_map(T::to_js).collect::<Array>().into())
    }
}

/// Rows of numbers, as one typed array.
pub struct Numbers(pub Vec<f64>);

impl ToJs for Numbers {
    fn to_js(&self) -> Option<JsValue> {
        Some(Float64Array::from(self.0.as_slice()).into())
    }
}

thread_local! {
    static WORDS: RefCell<SmallMap<&'static str, JsValue>> = RefCell::default();
}

/// A word that JavaScript sees often, made into its string once.
pub fn word(text: &'static str) -> JsValue {
    WORDS.with_borrow_mut(|words| {
        if let Some(word) = words.get(&text) {
            return word.clone();
        }
        let word = JsValue::from_str(text);
        words.insert(text, word.clone());
        word
    })
}

/// A struct, the object it becomes and its TypeScript type, from one list of fields.
macro_rules! shapes {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$attribute:meta])* $key:literal $field:ident: $type:ty, )* } )*) => { $(
        $(#[$doc])*
        #[cfg_attr(test, derive(ts_rs::TS))]
        pub struct $name {
            $( $(#[$attribute])* #[cfg_attr(test, ts(rename = $key))] pub $field: $type, )*
        }

        impl ToJs for $name {
            fn to_js(&self) -> Option<JsValue> {
                let object = Object::new();
                $( if let Some(value) = self.$field.to_js() {
                    // A plain object takes every property.
                    let _ = Reflect::set(&object, &word($key), &value);
                } )*
                Some(object.into())
            }
        }
    )* };
}

shapes! {
    /// Where the line to the server stands.
    ConnectionView {
        #[cfg_attr(test, ts(type = "ConnectionState"))]
        "state" state: &'static str,
        /// Since when, as `Date.now()` gives it.
        #[cfg_attr(test, ts(type = "Millis"))]
        "since" since: f64,
        /// Attempts since the line was last up.
        "attempt" attempt: f64,
        /// When the next attempt is made, as `Date.now()` gives it; absent unless waiting for it.
        #[cfg_attr(test, ts(optional, type = "Millis"))]
        "retryAt" retry_at: Option<f64>,
        /// The WebSocket close code the last line ended with.
        #[cfg_attr(test, ts(optional))]
        "closeCode" close_code: Option<f64>,
        /// That code in words, where it is one of ours.
        #[cfg_attr(test, ts(optional))]
        "closeReason" close_reason: Option<&'static str>,
    }

    /// Who we are, as the server says.
    SelfView {
        "userId" user_id: String,
        "name" name: String,
        "sessionId" session_id: String,
        "instanceId" instance_id: String,
    }

    /// One installed client in the list of who is here.
    InstanceView {
        /// Unique in the list: the user and the instance id without regard to case.
        "id" id: String,
        "instanceId" instance_id: String,
        "userId" user_id: String,
        "name" name: String,
        #[cfg_attr(test, ts(optional))]
        "host" host: Option<String>,
        #[cfg_attr(test, ts(optional))]
        "ip" ip: Option<String>,
        #[cfg_attr(test, ts(optional))]
        "clientId" client_id: Option<String>,
        #[cfg_attr(test, ts(optional))]
        "version" version: Option<String>,
        #[cfg_attr(test, ts(optional))]
        "platform" platform: Option<String>,
        #[cfg_attr(test, ts(optional))]
        "deviceFamily" device_family: Option<String>,
        #[cfg_attr(test, ts(optional))]
        "modelIdentifier" model_identifier: Option<String>,
        #[cfg_attr(test, ts(optional))]
        "mode" mode: Option<String>,
        #[cfg_attr(test, ts(optional))]
        "agentId" agent_id: Option<String>,
        "roles" roles: Vec<String>,
        "scopes" scopes: Vec<String>,
        #[cfg_attr(test, ts(type = "Status"))]
        "status" status: &'static str,
        #[cfg_attr(test, ts(type = "Liveness"))]
        "liveness" liveness: &'static str,
        /// When the person last touched anything, by the server's clock.
        #[cfg_attr(test, ts(optional, type = "Millis"))]
        "lastInputAt" last_input_at: Option<f64>,
        "reason" reason: String,
        /// Newest life sign that we were told of, by the server's clock.
        #[cfg_attr(test, ts(type = "Millis"))]
        "ts" ts: f64,
        /// The sessions (tabs) behind this entry, oldest first.
        "sessions" sessions: Vec<String>,
        /// Whether this is the instance we are.
        "own" own: bool,
    }

    /// One session in a room.
    MemberView {
        "sessionId" session_id: String,
        "userId" user_id: String,
        /// The member's number in the room, which cursor rows name.
        "slot" slot: f64,
        "name" name: String,
        #[cfg_attr(test, ts(optional))]
        "image" image: Option<String>,
        /// `#RRGGBB`, unique in the room, readable on white and on black.
        "color" color: String,
        #[cfg_attr(test, ts(type = "Status"))]
        "status" status: &'static str,
        #[cfg_attr(test, ts(type = "Liveness"))]
        "liveness" liveness: &'static str,
        /// By the server's clock; 0 when unknown.
        #[cfg_attr(test, ts(type = "Millis"))]
        "lastActiveAt" last_active_at: f64,
        /// By the server's clock.
        #[cfg_attr(test, ts(type = "Millis"))]
        "joinedAt" joined_at: f64,
        /// Where the member is typing, perhaps an empty text; absent while not typing.
        #[cfg_attr(test, ts(optional))]
        "typing" typing: Option<String>,
        /// Whether this is our own session.
        "own" own: bool,
    }

    /// A request that the server turned down.
    RefusalView {
        /// Stable, listed in `PROTOCOL.md`.
        "code" code: &'static str,
        "message" message: String,
        /// Path of the field at fault.
        #[cfg_attr(test, ts(optional))]
        "field" field: Option<String>,
        /// Whether the same request may succeed later.
        "retryable" retryable: bool,
    }

    ConnectionUpdate {
        #[cfg_attr(test, ts(type = "\"connection\""))]
        "kind" kind: &'static str,
        "connection" connection: ConnectionView,
    }

    SelfUpdate {
        #[cfg_attr(test, ts(type = "\"self\""))]
        "kind" kind: &'static str,
        "self" own: SelfView,
    }

    InstancesUpdate {
        #[cfg_attr(test, ts(type = "\"instances\""))]
        "kind" kind: &'static str,
        /// What is not in `changed` is gone.
        "whole" whole: bool,
        /// New entries and those that changed.
        "changed" changed: Vec<InstanceView>,
        /// Ids of entries that left.
        "left" left: Vec<String>,
        /// There are more than the list shows.
        "truncated" truncated: bool,
    }

    RoomUpdate {
        #[cfg_attr(test, ts(type = "\"room\""))]
        "kind" kind: &'static str,
        "roomId" room_id: String,
        #[cfg_attr(test, ts(type = "RoomState"))]
        "state" state: &'static str,
        /// What is not in `changed` is gone.
        "whole" whole: bool,
        /// New members and those who changed.
        "changed" changed: Vec<MemberView>,
        /// Sessions that left.
        "left" left: Vec<String>,
        #[cfg_attr(test, ts(optional))]
        "refusal" refusal: Option<RefusalView>,
    }

    CursorsUpdate {
        #[cfg_attr(test, ts(type = "\"cursors\""))]
        "kind" kind: &'static str,
        "roomId" room_id: String,
        /// Rows of slot, x, y (fractions of the surface) and media time in seconds; `NaN` where absent,
        /// all three when the cursor left the surface. Never our own.
        #[cfg_attr(test, ts(type = "Float64Array"))]
        "moves" moves: Numbers,
    }

    RefusedUpdate {
        #[cfg_attr(test, ts(type = "\"refused\""))]
        "kind" kind: &'static str,
        /// The message that was refused.
        "about" about: String,
        "refusal" refusal: RefusalView,
    }
}
