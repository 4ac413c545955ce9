//! The objects that JavaScript sees. Their TypeScript types are generated from here
//! (`js/src/types.gen.ts`), and every object handed out is checked against those in a test.

use wasm_bindgen::JsValue;

use crate::web::{List, Object, text};

/// A value that can be a property.
trait Property {
    fn put(&self, object: &Object, key: &str);
}

impl Property for bool {
    fn put(&self, object: &Object, key: &str) {
        object.set(key, &JsValue::from_bool(*self));
    }
}

impl Property for f64 {
    fn put(&self, object: &Object, key: &str) {
        object.set(key, &JsValue::from_f64(*self));
    }
}

impl Property for &str {
    fn put(&self, object: &Object, key: &str) {
        object.set(key, &text(self));
    }
}

impl Property for JsValue {
    fn put(&self, object: &Object, key: &str) {
        object.set(key, self);
    }
}

/// What is absent is left out.
impl<T: Property> Property for Option<T> {
    fn put(&self, object: &Object, key: &str) {
        if let Some(value) = self {
            value.put(object, key);
        }
    }
}

pub fn texts(items: &mut dyn Iterator<Item = &str>) -> JsValue {
    let list = List::new();
    for item in items {
        list.push(&text(item));
    }
    list.into()
}

/// A struct, the object it becomes and its TypeScript type, from one list of fields.
macro_rules! shapes {
    ($( $(#[$doc:meta])* $name:ident<$life:lifetime> { $( $(#[$attribute:meta])* $key:literal $field:ident: $type:ty, )* } )*) => { $(
        $(#[$doc])*
        #[cfg_attr(test, derive(ts_rs::TS))]
        pub struct $name<$life> {
            $( $(#[$attribute])* #[cfg_attr(test, ts(rename = $key))] pub $field: $type, )*
        }

        impl $name<'_> {
            pub fn to_js(&self) -> JsValue {
                let object = Object::new();
                $( self.$field.put(&object, $key); )*
                object.into()
            }
        }
    )* };
}

shapes! {
    /// Where the line to the server stands.
    ConnectionView<'a> {
        #[cfg_attr(test, ts(type = "ConnectionState"))]
        "state" state: &'a str,
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
        "closeReason" close_reason: Option<&'a str>,
    }

    /// Who we are, as the server says.
    SelfView<'a> {
        "userId" user_id: &'a str,
        "name" name: &'a str,
        "sessionId" session_id: &'a str,
        "instanceId" instance_id: &'a str,
    }

    /// One installed client in the list of who is here.
    InstanceView<'a> {
        /// Unique in the list: the user and the instance id.
        "id" id: &'a str,
        "instanceId" instance_id: &'a str,
        "userId" user_id: &'a str,
        "name" name: &'a str,
        #[cfg_attr(test, ts(optional))]
        "host" host: Option<&'a str>,
        #[cfg_attr(test, ts(optional))]
        "ip" ip: Option<&'a str>,
        #[cfg_attr(test, ts(optional))]
        "clientId" client_id: Option<&'a str>,
        #[cfg_attr(test, ts(optional))]
        "version" version: Option<&'a str>,
        #[cfg_attr(test, ts(optional))]
        "platform" platform: Option<&'a str>,
        #[cfg_attr(test, ts(optional))]
        "deviceFamily" device_family: Option<&'a str>,
        #[cfg_attr(test, ts(optional))]
        "modelIdentifier" model_identifier: Option<&'a str>,
        #[cfg_attr(test, ts(optional))]
        "mode" mode: Option<&'a str>,
        #[cfg_attr(test, ts(optional))]
        "agentId" agent_id: Option<&'a str>,
        #[cfg_attr(test, ts(type = "Array<string>"))]
        "roles" roles: JsValue,
        #[cfg_attr(test, ts(type = "Array<string>"))]
        "scopes" scopes: JsValue,
        #[cfg_attr(test, ts(type = "Status"))]
        "status" status: &'a str,
        #[cfg_attr(test, ts(type = "Liveness"))]
        "liveness" liveness: &'a str,
        /// When the person last touched anything, by the server's clock.
        #[cfg_attr(test, ts(optional, type = "Millis"))]
        "lastInputAt" last_input_at: Option<f64>,
        "reason" reason: &'a str,
        /// Newest life sign that we were told of, by the server's clock.
        #[cfg_attr(test, ts(type = "Millis"))]
        "ts" ts: f64,
        /// The sessions (tabs) behind this entry, oldest first.
        #[cfg_attr(test, ts(type = "Array<string>"))]
        "sessions" sessions: JsValue,
        /// Whether this is the instance we are.
        "own" own: bool,
    }

    /// One session in a room.
    MemberView<'a> {
        "sessionId" session_id: &'a str,
        "userId" user_id: &'a str,
        /// The member's number in the room, which cursor rows name.
        "slot" slot: f64,
        "name" name: &'a str,
        #[cfg_attr(test, ts(optional))]
        "image" image: Option<&'a str>,
        /// `#RRGGBB`, unique in the room, readable on white and on black.
        "color" color: &'a str,
        #[cfg_attr(test, ts(type = "Status"))]
        "status" status: &'a str,
        #[cfg_attr(test, ts(type = "Liveness"))]
        "liveness" liveness: &'a str,
        /// By the server's clock; 0 when unknown.
        #[cfg_attr(test, ts(type = "Millis"))]
        "lastActiveAt" last_active_at: f64,
        /// By the server's clock.
        #[cfg_attr(test, ts(type = "Millis"))]
        "joinedAt" joined_at: f64,
        /// Where the member is typing, perhaps an empty text; absent while not typing.
        #[cfg_attr(test, ts(optional))]
        "typing" typing: Option<&'a str>,
        /// Whether this is our own session.
        "own" own: bool,
    }

    /// A request that the server turned down.
    RefusalView<'a> {
        /// Stable, listed in `PROTOCOL.md`.
        "code" code: &'a str,
        "message" message: &'a str,
        /// Path of the field at fault.
        #[cfg_attr(test, ts(optional))]
        "field" field: Option<&'a str>,
        /// Whether the same request may succeed later.
        "retryable" retryable: bool,
    }

    ConnectionUpdate<'a> {
        #[cfg_attr(test, ts(type = "\"connection\""))]
        "kind" kind: &'a str,
        #[cfg_attr(test, ts(type = "ConnectionView"))]
        "connection" connection: JsValue,
    }

    SelfUpdate<'a> {
        #[cfg_attr(test, ts(type = "\"self\""))]
        "kind" kind: &'a str,
        #[cfg_attr(test, ts(type = "SelfView"))]
        "self" own: JsValue,
    }

    InstancesUpdate<'a> {
        #[cfg_attr(test, ts(type = "\"instances\""))]
        "kind" kind: &'a str,
        /// What is not in `changed` is gone.
        "whole" whole: bool,
        /// New entries and those that changed.
        #[cfg_attr(test, ts(type = "Array<InstanceView>"))]
        "changed" changed: JsValue,
        /// Ids of entries that left.
        #[cfg_attr(test, ts(type = "Array<string>"))]
        "left" left: JsValue,
        /// There are more than the list shows.
        "truncated" truncated: bool,
    }

    RoomUpdate<'a> {
        #[cfg_attr(test, ts(type = "\"room\""))]
        "kind" kind: &'a str,
        "roomId" room_id: &'a str,
        #[cfg_attr(test, ts(type = "RoomState"))]
        "state" state: &'a str,
        /// What is not in `changed` is gone.
        "whole" whole: bool,
        /// New members and those who changed.
        #[cfg_attr(test, ts(type = "Array<MemberView>"))]
        "changed" changed: JsValue,
        /// Sessions that left.
        #[cfg_attr(test, ts(type = "Array<string>"))]
        "left" left: JsValue,
        #[cfg_attr(test, ts(optional, type = "RefusalView"))]
        "refusal" refusal: Option<JsValue>,
    }

    CursorsUpdate<'a> {
        #[cfg_attr(test, ts(type = "\"cursors\""))]
        "kind" kind: &'a str,
        "roomId" room_id: &'a str,
        /// Rows of slot, x, y (fractions of the surface) and media time in seconds; `NaN` where absent,
        /// all three when the cursor left the surface. Never our own.
        #[cfg_attr(test, ts(type = "Float64Array"))]
        "moves" moves: JsValue,
    }

    RefusedUpdate<'a> {
        #[cfg_attr(test, ts(type = "\"refused\""))]
        "kind" kind: &'a str,
        /// The message that was refused.
        "about" about: &'a str,
        #[cfg_attr(test, ts(type = "RefusalView"))]
        "refusal" refusal: JsValue,
    }
}
