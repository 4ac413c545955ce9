//! The first of two steps: the envelope tells which message it is; its fields wait for whoever knows them.

use alloc::format;
use alloc::string::String;
use alloc::string::ToString;

use serde_json::{Map, Value};

use crate::refusal::{Code, Refusal};
use crate::wire::json::inbound::{NO_NAME, NOT_JSON, Refused};
use crate::wire::json::plain;

/// Objects and arrays within each other. Our deepest message has four; more only costs stack.
pub(crate) const MAX_DEPTH: usize = 32;

pub(crate) struct Envelope {
    pub(crate) kind: String,
    pub(crate) fields: Map<String, Value>,
}

impl Envelope {
    pub(crate) fn open(text: &str) -> Result<Self, Refused> {
        let not_json =
            |why: &str| Refused { about: NOT_JSON, refusal: Refusal::new(Code::BadJson, format!("{NOT_JSON}: {why}")) };
        // Before parsing, since the parser keeps a stack frame for each level.
        if is_too_deep(text) {
            return Err(not_json(&format!("too deep, at most {MAX_DEPTH} levels are read")));
        }
        let value = plain::parse(text).map_err(|error| not_json(&error.to_string()))?;
        let Value::Object(mut fields) = value else { return Err(not_json("the message must be an object")) };

        let nameless = |refusal: Refusal| Refused { about: NO_NAME, refusal };
        match fields.remove("type") {
            Some(Value::String(kind)) => Ok(Self { kind, fields }),
            None | Some(Value::Null) => Err(nameless(Refusal::missing_field(NO_NAME, "type"))),
            Some(_) => Err(nameless(Refusal::bad_field(NO_NAME, "type", "be a text"))),
        }
    }
}

/// Counts brackets outside of strings. Whether they match is the parser's business.
pub(crate) fn is_too_deep(text: &str) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return true;
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(levels: usize) -> String {
        format!(r#"{{"type":"t","x":{}{}}}"#, "[".repeat(levels - 1), "]".repeat(levels - 1))
    }

    fn refusal(text: &str) -> Refused {
        Envelope::open(text).err().unwrap()
    }

    #[test]
    fn the_name_is_taken_out_and_the_fields_stay() {
        let envelope = Envelope::open(r#"{"type":"cursor","roomId":"r"}"#).unwrap();
        assert_eq!(envelope.kind, "cursor");
        assert_eq!(Value::Object(envelope.fields), serde_json::json!({ "roomId": "r" }));
    }

    #[test]
    fn what_is_no_object_is_no_json_message() {
        for text in ["", "ping", "null", "[]", "7", "\"ping\"", "{", r#"{"type":NaN}"#, r#"{"type":"a"} x"#] {
            let Refused { about, refusal } = refusal(text);
            assert_eq!((about, refusal.code), (NOT_JSON, Code::BadJson), "{text}");
        }
    }

    #[test]
    fn a_message_needs_a_name() {
        for (text, code) in [
            ("{}", Code::MissingField),
            (r#"{"type":null}"#, Code::MissingField),
            (r#"{"type":1}"#, Code::BadField),
            (r#"{"type":["join"]}"#, Code::BadField),
        ] {
            let Refused { about, refusal } = refusal(text);
            assert_eq!((about, refusal.code, refusal.field.as_deref()), (NO_NAME, code, Some("type")), "{text}");
        }
    }

    #[test]
    fn depth_is_bounded_before_it_costs_anything() {
        assert!(Envelope::open(&nested(MAX_DEPTH)).is_ok());
        assert!(refusal(&nested(MAX_DEPTH + 1)).refusal.message.contains("too deep"));
        assert!(refusal(&"[".repeat(1_000_000)).refusal.message.contains("too deep"));
    }

    #[test]
    fn brackets_in_strings_are_letters() {
        let text = format!(r#"{{"type":"t","x":"\\\"{}"}}"#, "[{".repeat(100));
        assert!(Envelope::open(&text).is_ok());
    }
}
