//! The input of a procedure as the message that a socket would say it with. Inputs are flat, as Koko writes its
//! schemas; who writes them as the messages are, with `data`, is understood too.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use serde_json::{Map, Value};

use crate::refusal::{Code, Refusal};

const DATA: &str = "data";
const ROOM: &str = "roomId";

/// Where the message has what the procedure takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// At top level.
    Plain,
    /// In `data`, all but the room.
    Data,
    /// The same, and there must be something.
    Something,
    /// The same, with whether somebody types.
    Typing(bool),
}

/// The fields of a message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Input {
    pub(crate) fields: Map<String, Value>,
    /// Whether `data` is ours, so that paths must not name it.
    is_flat: bool,
}

impl Input {
    /// `about` names the message in errors.
    pub(crate) fn new(about: &str, input: Value, shape: Shape) -> Result<Self, Refusal> {
        match input {
            Value::Null => Ok(Self::shaped(Map::new(), shape)),
            Value::Object(fields) => Ok(Self::shaped(fields, shape)),
            _ => Err(Refusal::new(Code::BadField, format!("{about}: the input must be an object")).at("input")),
        }
    }

    fn shaped(mut fields: Map<String, Value>, shape: Shape) -> Self {
        let is_flat = is_flat(&fields, shape);
        if is_flat {
            let room = fields.remove(ROOM);
            let rest = core::mem::take(&mut fields);
            fields.extend(room.map(|room| (ROOM.to_owned(), room)));
            if shape != Shape::Something || !rest.is_empty() {
                fields.insert(DATA.to_owned(), Value::Object(rest));
            }
        }
        if let (Shape::Typing(is_typing), Some(Value::Object(data))) = (shape, fields.get_mut(DATA)) {
            data.insert("isTyping".to_owned(), Value::Bool(is_typing));
        }
        Self { fields, is_flat }
    }

    /// Names fields as they were written.
    pub(crate) fn blame(&self, refusal: Refusal) -> Refusal {
        if self.is_flat { flattened(refusal) } else { refusal }
    }
}

/// Whether the fields that a socket's message has in `data` stand beside `roomId`.
pub(crate) fn is_flat(fields: &Map<String, Value>, shape: Shape) -> bool {
    shape != Shape::Plain && !fields.contains_key(DATA)
}

/// Names fields of a flat input as they were written.
pub fn flattened(refusal: Refusal) -> Refusal {
    let Refusal { message, field, .. } = &refusal;
    let message = message.replace("`data.", "`");
    let field = field.as_deref().map(|field| field.strip_prefix("data.").unwrap_or(field).to_owned());
    Refusal { message, field, ..refusal }
}
