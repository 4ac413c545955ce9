//! Examples of the originals' pages, and how ours are held against them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// The example as it stands in the file.
pub(crate) fn text(path: &str) -> String {
    std::fs::read_to_string(folder().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn value(path: &str) -> Value {
    serde_json::from_str(&text(path)).unwrap()
}

/// Every example there is, as `kleoz/ping.json`.
pub(crate) fn all() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for dialect in ["kleoz", "koko", "code-cloud-agents", "htmlgraph"] {
        for file in folder().join(dialect).read_dir().unwrap() {
            found.insert(format!("{dialect}/{}", file.unwrap().file_name().to_str().unwrap()));
        }
    }
    found
}

/// Asserts that `ours` says all that the example says, and beyond it exactly the fields in `beyond`.
pub(crate) fn assert_says(example: &str, ours: &Value, beyond: &[&str]) {
    let mut found = BTreeSet::new();
    compare("", ours, &value(example), &mut found);
    let beyond: BTreeSet<String> = beyond.iter().map(|&path| path.to_owned()).collect();
    assert_eq!(found, beyond, "fields beyond {example} in {ours:#}");
}

fn compare(path: &str, ours: &Value, page: &Value, beyond: &mut BTreeSet<String>) {
    match (ours, page) {
        (Value::Object(ours), Value::Object(page)) => {
            let under = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            for (name, said) in page {
                let found = ours.get(name).unwrap_or_else(|| panic!("{} is missing", under(name)));
                compare(&under(name), found, said, beyond);
            }
            beyond.extend(ours.keys().filter(|name| !page.contains_key(*name)).map(|name| under(name)));
        }
        (Value::Array(ours), Value::Array(page)) => {
            assert_eq!(ours.len(), page.len(), "length of {path}");
            for (ours, page) in ours.iter().zip(page) {
                compare(&format!("{path}[]"), ours, page, beyond);
            }
        }
        (Value::String(ours), Value::String(page)) => assert_eq!(ours, &with_ms(page), "{path}"),
        (ours, page) => assert_eq!(ours, page, "{path}"),
    }
}

/// Koko's page writes moments without milliseconds, we always with them.
fn with_ms(text: &str) -> String {
    match text.strip_suffix('Z') {
        Some(moment) if moment.len() == "2025-01-15T10:30:00".len() && moment.contains('T') => format!("{moment}.000Z"),
        _ => text.to_owned(),
    }
}
