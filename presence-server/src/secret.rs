//! A text that is used and never shown: keys of tokens, the key of the server's own clients.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

const HIDDEN: &str = "[secret]";

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// For who computes with it, and for nobody else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(HIDDEN)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Serde's own words would quote what they found.
        match Value::deserialize(deserializer) {
            Ok(Value::String(text)) => Ok(Self(text)),
            _ => Err(de::Error::custom("a secret must be a text, in quotes where the file needs them")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_and_never_shown() {
        let secret: Secret = serde_json::from_str(r#""hush""#).unwrap();
        assert_eq!(secret.expose(), "hush");
        assert_eq!(format!("{secret:?} {}", serde_json::to_string(&secret).unwrap()), "[secret] \"[secret]\"");
        let error = serde_json::from_str::<Secret>("1234567").unwrap_err().to_string();
        assert!(error.contains("must be a text") && !error.contains("1234567"), "{error}");
    }
}
