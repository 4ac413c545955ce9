//! JSON text to values, each key as it is written. While any crate of a build wants serde_json's raw values, serde_json
//! gives one key a meaning of its own: who writes it has a text read as JSON, behind our check of depth.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Error, Map, Value};

pub(crate) fn parse(text: &str) -> Result<Value, Error> {
    serde_json::from_str(text).map(|Plain(value)| value)
}

struct Plain(Value);

struct Reader;

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader).map(Self)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(flag.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Plain(item)) = from.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some((name, Plain(value))) = from.next_entry::<String, Plain>()? {
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn values_are_what_is_written() {
        for text in [
            "null",
            "true",
            "-7",
            "18446744073709551615",
            "0.1",
            r#""a \"b\"""#,
            r#"[1,[],{"a":null}]"#,
            r#"{"a":{"b":[false]},"c":"d"}"#,
            r#"{"$serde_json::private::RawValue":"[[[]]]"}"#,
            r#"{"$serde_json::private::Number":"7"}"#,
        ] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
        for text in ["", "{", "nul", "[1,]", r#"{"a"}"#, "1 2"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
