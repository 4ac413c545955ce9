//! What a tool was given. Whoever fills it in is a model: what is wrong with it is told in a sentence that it can act on.

use presence_model::limit::MAX_TEXT_BYTES;
use serde_json::{Map, Value};

#[derive(Debug)]
pub struct Arguments<'a> {
    given: &'a Map<String, Value>,
}

impl<'a> Arguments<'a> {
    /// Names that the tool does not know are refused: they are mistakes that would be obeyed by nobody.
    pub fn new(given: &'a Map<String, Value>, known: &[&str]) -> Result<Self, String> {
        match given.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(Self { given }),
            Some(_) if known.is_empty() => Err("this tool takes no arguments".to_owned()),
            Some(_) => Err(format!("an argument is not known here; known are {}", quoted(known))),
        }
    }

    /// `None` where it is absent, `null` or blank.
    pub fn text(&self, name: &str) -> Result<Option<&'a str>, String> {
        match self.given.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.len() > MAX_TEXT_BYTES => {
                Err(format!("`{name}` must have at most {MAX_TEXT_BYTES} bytes: say it in fewer words"))
            }
            Some(Value::String(text)) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
            Some(_) => Err(format!("`{name}` must be a text")),
        }
    }

    pub fn required(&self, name: &str) -> Result<&'a str, String> {
        self.text(name)?.ok_or_else(|| format!("`{name}` is missing"))
    }

    /// A text of as many characters at most.
    pub fn sentence(&self, name: &str, most: usize) -> Result<Option<&'a str>, String> {
        let text = self.text(name)?;
        if text.is_some_and(|text| text.chars().count() > most) {
            return Err(format!("`{name}` must have at most {most} characters: say it in fewer words"));
        }
        Ok(text)
    }

    /// One of several words.
    pub fn choice(&self, name: &str, words: &[&'static str]) -> Result<Option<&'static str>, String> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let word = words.iter().find(|word| **word == text).copied();
        word.map(Some).ok_or_else(|| format!("`{name}` must be one of {}", quoted(words)))
    }

    pub fn count(&self, name: &str) -> Result<Option<u64>, String> {
        match self.given.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                value.as_u64().map(Some).ok_or_else(|| format!("`{name}` must be a whole number, 0 or more"))
            }
        }
    }
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_wrong_is_said_by_name() {
        let given =
            json!({ "a": " x ", "b": 7, "c": "", "d": "y".repeat(300), "e": -1, "f": null, "g": "ä".repeat(11) });
        let given = given.as_object().unwrap();
        let names: Vec<&str> = given.keys().map(String::as_str).collect();
        let arguments = Arguments::new(given, &names).unwrap();
        assert_eq!(arguments.text("a"), Ok(Some("x")));
        assert_eq!((arguments.text("c"), arguments.text("f"), arguments.text("z")), (Ok(None), Ok(None), Ok(None)));
        assert_eq!((arguments.count("b"), arguments.count("f")), (Ok(Some(7)), Ok(None)));
        assert_eq!(arguments.sentence("g", 11), Ok(Some("äääääääääää")));
        for (wrong, name) in [
            (arguments.text("b").unwrap_err(), "b"),
            (arguments.text("d").unwrap_err(), "d"),
            (arguments.required("c").unwrap_err(), "c"),
            (arguments.choice("a", &["y"]).unwrap_err(), "a"),
            (arguments.count("a").unwrap_err(), "a"),
            (arguments.count("e").unwrap_err(), "e"),
            (arguments.sentence("g", 10).unwrap_err(), "g"),
        ] {
            assert!(wrong.starts_with(&format!("`{name}` ")), "{wrong}");
        }
        let unknown = Arguments::new(given, &["a"]).unwrap_err();
        assert!(unknown.contains("`a`"), "{unknown}");
    }
}
