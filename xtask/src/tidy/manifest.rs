//! What must stay pure cannot even name what is not: the manifests of model and hub.

use crate::tidy::source::Source;
use crate::tidy::violation::Violation;

const PURE: [&str; 2] = ["presence-model/Cargo.toml", "presence-hub/Cargo.toml"];

/// Runtimes, sockets, the browser, and randomness that no seed repeats.
const IMPURE: [&str; 5] = ["tokio", "axum", "web-sys", "js-sys", "rand"];

/// Lines of a pure manifest that depend on something impure.
pub(crate) fn violations(source: &Source) -> Vec<Violation> {
    if !PURE.contains(&source.path.as_str()) {
        return Vec::new();
    }
    let mut in_dependencies = false;
    let mut found = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.starts_with('[') {
            in_dependencies = line.contains("dependencies");
        }
        if !in_dependencies {
            continue;
        }
        let names = line.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_');
        for name in names.filter(|name| IMPURE.contains(name)) {
            let text = format!(
                "depends on {name}, but this crate knows neither clock nor I/O nor chance: take the \
                 value as an argument and let presence-server or presence-wasm get it"
            );
            found.push(source.violation(index + 1, text));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        violations(&Source::new(path, text)).iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn impure_dependencies_are_found() {
        let text = "[package]\ndescription = \"no tokio\"\n[dependencies]\nserde = \"1\" # not tokio\n\
                    tokio.workspace = true\nx = { package = \"rand\" }\n[dev-dependencies.axum]\nv = \"1\"\n";
        assert_eq!(lines("presence-model/Cargo.toml", text), [5, 6, 7]);
        assert!(lines("presence-server/Cargo.toml", text).is_empty());
    }
}
